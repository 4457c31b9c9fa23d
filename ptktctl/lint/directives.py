"""The directives of JES Job Monitor's configuration file, with the values they take.

Confirmed by IBM's documentation are SERV_PORT's default, APPLID, LIMIT_COMMANDS, LOOPBACK_ONLY, CONSOLE_NAME and
GEN_CONSOLE_NAME (IBM Explorer for z/OS Host Configuration, "JMON, JES Job Monitor" and "Actions against jobs,
target limitations"; HCL Launch, "Deploying by using the Job Monitor"). The others are known from practice: a
finding that rests on them is a warning.
"""

from __future__ import annotations

from typing import NamedTuple


class Values(NamedTuple):
    """What a directive takes.

    Attributes:
        choices: the words it takes, in upper case; empty when it takes others too.
        least: the least number it takes; None when it takes no number.
        most: the greatest one, if there is a limit.
        most_characters: the greatest length, if there is a limit.
    """

    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    most_characters: int | None = None

    def __str__(self) -> str:
        if self.choices:
            return ", ".join(self.choices[:-1]) + " or " + self.choices[-1] if self.choices[1:] else self.choices[0]
        if self.least is not None:
            return f"a number from {self.least} to {self.most}" if self.most else f"a number from {self.least}"
        return f"{self.most_characters} character" if self.most_characters else "any text"

    def take(self, value: str) -> bool:
        """Whether a value is one of these; choices in any case."""
        if self.choices:
            return value.upper() in self.choices
        if self.least is not None:
            return value.isascii() and value.isdigit() and self._in_range(value.lstrip("0") or "0")
        return self.most_characters is None or len(value) <= self.most_characters

    def _in_range(self, digits: str) -> bool:
        # The length first: a number of a million digits takes long to convert.
        longest = len(str(self.most)) if self.most else 18
        return len(digits) <= longest and (self.least or 0) <= int(digits) <= (self.most or int(digits))


ANY = Values()
SWITCH = Values(choices=("ON", "OFF"))
NUMBER = Values(least=1)
LIMITS = Values(choices=("USERID", "LIMITED", "NOLIMIT"))
PORT = Values(least=1, most=65535)

DIRECTIVES = {
    "APPLID": ANY,
    "AUTHMETHOD": Values(choices=("SAF",)),
    "CODEPAGE": ANY,
    "CONCHAR": Values(most_characters=1),
    "CONSOLE_NAME": ANY,
    "GEN_CONSOLE_NAME": SWITCH,
    "HOST_CODEPAGE": ANY,
    "LIMIT_COMMANDS": LIMITS,
    "LIMIT_CONSOLE": LIMITS,
    "LIMIT_VIEW": LIMITS,
    "LISTEN_QUEUE_LENGTH": NUMBER,
    "LOOPBACK_ONLY": SWITCH,
    "MAX_DATASETS": NUMBER,
    "MAX_THREADS": NUMBER,
    "SEARCHALL": SWITCH,
    "SERV_PORT": PORT,
    "SUBMITMETHOD": Values(choices=("TSO", "JES")),
    "SUBMIT_TIMEOUT": NUMBER,
    "TIMEOUT": Values(least=0),
    "TIMEOUT_INTERVAL": Values(least=0),
    "TRACE_STORAGE": SWITCH,
    "TSO_TEMPLATE": ANY,
    "TZ": ANY,
    "_BPXK_SETIBMOPT_TRANSPORT": ANY,
}
