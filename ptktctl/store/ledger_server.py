"""What ledgers on a server have in common: their URLs, which may hold a password, and whose clock counts.

Forgetting goes by the server's clock, and a machine whose clock is more than CLOCKS_APART from it is not served. So
the clocks of any two machines differ by no more than KEPT_LONGER, which is how long a use is remembered beyond the
window of its ticket: what one machine may still accept, the ledger has not forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from ptktctl.errors import InputError, StoreError
from ptktctl.store.ledger import KEPT_LONGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.store.ledgers import Use

FORMS = "give a path, redis://HOST, rediss://HOST, unix:///SOCKET or postgresql://USER@HOST/DATABASE"
CLOCKS_APART = KEPT_LONGER // 2
# Seconds to wait for a server, unless its URL says otherwise.
PATIENCE = 10
ENGINES = {
    "redis": "Redis",
    "rediss": "Redis",
    "unix": "Redis",
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
}
# Strict, so that no part of a password that was not escaped is ever taken for the name of a host, and shown.
HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._%-]*)(?::[0-9]{1,5})?"
FORM = rf"([a-z]+)://(?:([^@/?#]*)@)?({HOST}(?:,{HOST})*)(/[^@?#]*)?(?:\?([^@#]*))?"
ESCAPES = "in a password write @ : / ? # % as %40 %3A %2F %3F %23 %25"


class Server:
    """Where a ledger is served. Shows no password, neither here nor in its errors.

    Attributes:
        engine: "Redis" or "PostgreSQL".
        url: as it was given; a secret.
        place: what of it may be shown.
    """

    __slots__ = ("_passwords", "engine", "place", "url")

    def __init__(self, engine: str, url: str, place: str) -> None:
        """Take the parts of a URL that was found to be well-formed."""
        self.engine = engine
        self.url = url
        self.place = place
        self._passwords = passwords_in(url)

    @classmethod
    def parse(cls, url: str, source: str) -> Server:
        """Read the URL of a server.

        Args:
            source: where it was given, for messages.

        Raises:
            InputError: it is malformed, or its engine is none that is known.
        """
        scheme = url.partition("://")[0]
        if scheme not in ENGINES:
            raise InputError(f"{source}: no ledger is known by such a URL", FORMS)
        match = re.fullmatch(FORM, url)
        if not match or not url.isprintable():
            raise InputError(f"{source}: the URL of the ledger is malformed", f"{FORMS}; {ESCAPES}")
        host = match[3] or _host_in(match[5] or "")
        return cls(ENGINES[scheme], url, f"{scheme}://{host}{match[4] or ''}")

    def malformed(self) -> InputError:
        """What its client library can't make sense of."""
        return InputError(f"the URL of the ledger at {self.place} is not one that {self.engine} has", ESCAPES)

    def require_client(self, module: str, extra: str) -> None:
        """Find the Python client.

        Raises:
            StoreError: it is not installed.
        """
        import importlib

        try:
            importlib.import_module(module)
        except ImportError:
            what = f"the ledger at {self.place} needs the Python client of {self.engine}"
            raise StoreError(what, f"pip install 'ptktctl[{extra}]'") from None

    def unserved(
        self, what: str, error: Exception, hint: str | None = None, kind: type[StoreError] = StoreError
    ) -> StoreError:
        """The server did not do it; with the first line of what its client says."""
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        for password in self._passwords:
            said = said.replace(password, "…")
        return kind(f"{self.engine} at {self.place} {what}: {said}", hint)

    def require_same_clock(self, uses: Sequence[Use], server_now: int) -> None:
        """Refuse what a machine brings whose clock is far from the server's.

        Raises:
            StoreError: it is.
        """
        for use in uses:
            if abs(use.now - server_now) > CLOCKS_APART:
                raise StoreError(
                    f"the clock of this machine says {use.now}, that of {self.engine} at {self.place} {server_now}",
                    "a shared ledger needs clocks that agree; set the one that is wrong",
                )

    def unknown_use(self, latest: int) -> NoReturn:
        """Nobody knows any more whether a ticket was used.

        Raises:
            StoreError: always.
        """
        raise StoreError(
            f"whether this ticket was used before is no longer known: {self.engine} at {self.place} has forgotten "
            f"tickets made up to {latest}",
            "a clock was set back; tickets made later than that are accepted",
        )


def seconds_to_keep(use: Use, server_now: int) -> int:
    """How long a use is to be remembered from now on."""
    return max(use.keep_until - server_now, 0) + KEPT_LONGER


def passwords_in(url: str) -> tuple[str, ...]:
    """Every password that a URL holds, as written and as meant; also of one that is malformed."""
    from urllib.parse import parse_qs, unquote

    rest = url.partition("://")[2]
    written = rest.rpartition("@")[0].partition(":")[2]
    asked = [each for values in _passwords_asked(parse_qs(rest.partition("?")[2])) for each in values]
    return tuple(dict.fromkeys(filter(None, (written, unquote(written), *asked))))


def _passwords_asked(query: dict[str, list[str]]) -> list[list[str]]:
    return [values for name, values in query.items() if "password" in name.lower()]


def _host_in(query: str) -> str:
    """The host or socket folder that PostgreSQL's URLs may name behind the question mark."""
    from urllib.parse import parse_qs

    return parse_qs(query).get("host", [""])[0]
