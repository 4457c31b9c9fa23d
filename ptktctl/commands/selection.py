"""Which application and which keys a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError, StoreMissingError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId
    from ptktctl.store.definitions import Application, Definitions
    from ptktctl.store.ledgers import UsedTickets
    from ptktctl.store.sealing import Secret, Slot
    from ptktctl.store.unlocking import Unlocker
    from ptktctl.store.vault import StoredKey, Unlock, Vault

DEFAULT_APPLID = "PTKTCTL_APPLID"
LEDGER = "PTKTCTL_LEDGER"
LEGACY_DIGITS = 16
# More than the longest key in hexadecimal, with room for line ends.
MOST_BYTES = 4096


def choose_applid(context: Context, given: ApplId | None) -> ApplId:
    """The APPLID given, else that of PTKTCTL_APPLID, else the only one defined.

    Raises:
        InputError: none of these; the message lists the APPLIDs defined.
    """
    return _noted(context, _choose(context, given, None))


def _choose(context: Context, given: ApplId | None, definitions: Definitions | None) -> ApplId:
    if given:
        return given
    if named := context.environ.get(DEFAULT_APPLID):
        return _applid_of_environment(named)
    known = load_definitions(context) if definitions is None else definitions
    defined = [application.applid for application in known]
    if len(defined) == 1:
        return defined[0]
    if not defined:
        raise InputError("which APPLID? none is defined yet", "define one: ptktctl applid add APPLID")
    names = ", ".join(map(str, defined))
    raise InputError(f"which APPLID? defined are {names}", f"give -a APPLID, or set {DEFAULT_APPLID}")


def _noted(context: Context, applid: ApplId) -> ApplId:
    """Let the audit trail know an APPLID that need not be on the command line."""
    context.use.applids = [applid.value]
    return applid


def _applid_of_environment(text: str) -> ApplId:
    from ptktctl.passticket.names import ApplId

    try:
        return ApplId.parse(text)
    except InputError as error:
        raise InputError(f"{DEFAULT_APPLID}: {error.message}", error.hint) from None


def load_definitions(context: Context) -> Definitions:
    """The applications that this user has defined."""
    from ptktctl.store.definitions import Definitions

    return Definitions.load(context.places().definitions)


def find_application(context: Context, applid: ApplId) -> Application:
    """The definition of an APPLID.

    Raises:
        InputError: it is not defined.
    """
    return require_defined(load_definitions(context), applid)


def require_defined(definitions: Definitions, applid: ApplId) -> Application:
    """The definition of an APPLID among those loaded.

    Raises:
        InputError: it is not defined.
    """
    found = definitions.get(applid)
    if found is None:
        raise InputError(f"the APPLID {applid} is not defined", f"ptktctl applid add {applid}")
    return found


def choose_application(context: Context, given: ApplId | None) -> Application:
    """The definition of the APPLID that `choose_applid` chooses, with one look at the file.

    Raises:
        InputError: as `choose_applid` and `find_application`.
        StoreMissingError: neither that definition nor a store exists.
    """
    definitions = load_definitions(context)
    if not definitions:
        _require_store(context)
    applid = _noted(context, _choose(context, given, definitions))
    if not definitions.get(applid):
        _require_store(context)
    return require_defined(definitions, applid)


def _require_store(context: Context) -> None:
    """Tell of a missing store first: `init` comes before all else, and a wrong PTKTCTL_HOME shows by it.

    Raises:
        StoreMissingError: there is none.
    """
    import os

    path = context.places().keys
    if not os.path.lexists(path):
        from ptktctl.store import vault

        raise vault.missing(path)


def require_known(context: Context, applid: ApplId) -> None:
    """Refuse an APPLID that is not defined, unless keys were left behind for it.

    Raises:
        InputError: it is neither defined nor are keys stored for it.
    """
    if not has_keys(context, applid):
        find_application(context, applid)


def unlocker(context: Context, passphrase_file: str | None, key_file: str | None) -> Unlocker:
    """How the store is to be unlocked: options first, then the environment, the key file remembered, a prompt."""
    from ptktctl.store.unlocking import Unlocker

    prompt = context.ask_secret if context.has_terminal() else None
    return Unlocker(context.environ, passphrase_file=passphrase_file, key_file=key_file, prompt=prompt)


def unlock_once(unlocker: Unlocker) -> Unlock:
    """An unlocker that asks, and spends scrypt's time, only once for a command that opens the store again."""
    known: dict[tuple[Slot, ...], bytes] = {}

    def unlock(path: str, slots: Sequence[Slot]) -> bytes:
        if tuple(slots) not in known:
            known[tuple(slots)] = unlocker.data_key(path, slots)
        return known[tuple(slots)]

    return unlock


def open_vault(context: Context, passphrase_file: str | None, key_file: str | None) -> Vault:
    """The sealed keys, opened."""
    from ptktctl.store.vault import Vault

    return Vault.open(context.places().keys, unlocker(context, passphrase_file, key_file).data_key)


def open_ledger(context: Context, given: str | None = None) -> UsedTickets:
    """The ledger given, else that of PTKTCTL_LEDGER, else this user's own file.

    Raises:
        InputError: the URL is malformed.
        StoreError: the client library of its server is not installed.
    """
    from ptktctl.store import ledger, ledger_urls

    if given is not None:
        return ledger_urls.open_ledger(given, "--ledger")
    if url := context.environ.get(LEDGER):
        return ledger_urls.open_ledger(url, LEDGER)
    return ledger.Ledger(context.places().ledger)


def ensure_store(context: Context, unlocker: Unlocker) -> None:
    """Create the store for its first key, when there is none yet and a way to unlock it is given.

    Raises:
        InputError: that is a passphrase of fewer than 12 characters.
    """
    import os

    from ptktctl.store import unlocking, vault

    def secret() -> Secret:
        given = unlocker.secret()
        unlocking.require_strength(given, remedy="ptktctl init --weak-passphrase takes it as it is")
        return given

    path = context.places().keys
    if not os.path.lexists(path) and unlocker.is_given():
        vault.create(path, secret, created=context.clock())


def has_keys(context: Context, applid: ApplId) -> bool:
    """Whether keys are stored for an APPLID, as far as can be seen without unlocking."""
    from ptktctl.store.vault import listed_names

    return any(name.applid == applid for name in listed_names(context.places().keys))


def create_store(
    context: Context, path: str, key_file: str | None, passphrase_file: str | None, *, keyring: bool, weak: bool
) -> None:
    """Create the store, sealed by a new unlock key in a file or the OS keyring, or by a passphrase typed twice.

    Args:
        weak: whether a passphrase of fewer than 12 characters will do.

    Raises:
        InputError: there is one already; the two passphrases typed differ; the passphrase is short.
        StoreLockedError: nothing was given to seal it by.
    """
    from ptktctl.store import os_keyring, unlocking, vault

    typed = unlocking.Unlocker(
        context.environ,
        passphrase_file=passphrase_file,
        prompt=(lambda prompt: ask_twice(context, prompt)) if context.has_terminal() else None,
    )

    def secret() -> Secret:
        if keyring:
            return os_keyring.new_key()
        made = unlocking.new_key_file(key_file) if key_file else typed.secret()
        unlocking.require_strength(made, weak=weak)
        return made

    vault.create(path, secret, created=context.clock())


def ask_twice(context: Context, prompt: str) -> str:
    """A new passphrase typed twice without echo.

    Raises:
        InputError: the two differ.
    """
    first = context.ask_secret(prompt)
    if context.ask_secret("the same again: ") != first:
        raise InputError("the two passphrases differ", "nothing was created; try again")
    return first


def keys_to_try(application: Application, stored: Sequence[StoredKey]) -> list[SecuredSignonKey]:
    """The keys that a ticket is evaluated under, in RACF's order, enhanced ones with the definition's type.

    Raises:
        StoreMissingError: there is none.
    """
    if not stored:
        raise _no_key(application, "key", "")
    return [_typed(each.key, application.enhanced_type) for each in stored]


def answering(
    key: SecuredSignonKey | None, keys: Sequence[SecuredSignonKey], stored: Sequence[StoredKey]
) -> StoredKey | None:
    """Which of the stored keys answered; `keys` is what `keys_to_try` made of them. None when none did."""
    return next((each for tried, each in zip(keys, stored, strict=True) if tried is key), None)


def stage_of(stored: StoredKey | None) -> str | None:
    """The stage of a key as JSON names it, current or pending; None where there is no key."""
    if stored is None:
        return None
    return "pending" if stored.name.pending else "current"


def choose_key(
    application: Application, stored: Sequence[StoredKey], ticket_type: TicketType | None
) -> SecuredSignonKey:
    """The key that a ticket is made with.

    Args:
        application: its definition may name a kind of ticket.
        stored: the candidates in RACF's order: within a profile the enhanced key comes first.
        ticket_type: the kind asked for on the command line, if any.

    Raises:
        StoreMissingError: no key of that kind is stored.
    """
    wanted = ticket_type or application.ticket
    for each in stored:
        if wanted is None or isinstance(each.key, LegacyKey) == (wanted is TicketType.LEGACY):
            return _typed(each.key, ticket_type or application.enhanced_type)
    if wanted is None:
        raise _no_key(application, "key", "")
    if wanted is TicketType.LEGACY:
        raise _no_key(application, "legacy key", "")
    raise _no_key(application, "enhanced key", " --enhanced")


def _typed(key: SecuredSignonKey, ticket_type: TicketType) -> SecuredSignonKey:
    """An enhanced key with the type of ticket wanted."""
    return key if isinstance(key, LegacyKey) else EnhancedKey(key.secret, ticket_type)


def _no_key(application: Application, what: str, option: str) -> StoreMissingError:
    applid = application.applid
    return StoreMissingError(f"no {what} is stored for {applid}", f"ptktctl key generate {applid}{option}")


def read_key(context: Context, source: str, ticket_type: TicketType | None) -> SecuredSignonKey:
    """Read a key that is not in the store: 16 hexadecimal digits make a legacy key, more an enhanced one.

    Args:
        source: a file's path, or `-` for standard input.
        ticket_type: the kind of ticket asked for, if any; an enhanced key makes MIXED ones by default.
    """
    text = read_source(context, source, "key")
    if ticket_type is TicketType.LEGACY or (ticket_type is None and len(text) == LEGACY_DIGITS):
        return LegacyKey.from_hex(text)
    return EnhancedKey.from_hex(text, ticket_type or TicketType.MIXED)


def read_source(context: Context, source: str, what: str) -> str:
    """One line of text from a file, or from standard input for `-`.

    Raises:
        InputError: it can't be read, is not text, is empty or has several lines. The text is never repeated.
    """
    if source == "-":
        return read_line(context, what)
    try:
        with open(source, "rb") as file:
            _warn_if_open_to_others(context, file.fileno(), source, what)
            return _one_line(file.read(MOST_BYTES), source, what)
    except OSError as error:
        raise InputError(f"{source}: cannot read the {what}: {error.strerror}") from None


def _warn_if_open_to_others(context: Context, descriptor: int, source: str, what: str) -> None:
    import os
    import stat

    from ptktctl.store.places import OTHERS

    mode = os.fstat(descriptor).st_mode
    if os.name != "nt" and stat.S_ISREG(mode) and mode & OTHERS:
        context.note(f"warning: others can read {source}, which holds a {what}: chmod 600")


def read_line(context: Context, what: str) -> str:
    """The one line that standard input holds; typed without echo when that is a terminal."""
    if context.stdin.isatty() and context.has_terminal():
        return _one_line(context.ask_secret(f"{what} (not shown): ").encode(errors="replace"), "the prompt", what)
    return _one_line(context.stdin.read(MOST_BYTES), "standard input", what)


def _one_line(data: bytes, source: str, what: str) -> str:
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        raise InputError(f"{source}: the {what} is not text") from None
    if not text:
        raise InputError(f"{source}: there is no {what} in it")
    if len(text.splitlines()) > 1:
        raise InputError(f"{source}: more than one line", f"the {what} is expected on a line of its own")
    return text
