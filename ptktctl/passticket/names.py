"""User IDs and application IDs as the algorithms see them.

Both are 1 to 8 of A-Z 0-9 @ # $, folded to upper case and taken as EBCDIC; code pages 037 and 1047
agree on all of these characters.
"""

import functools
from typing import ClassVar, Self

from ptktctl.errors import InputError

NAME_LENGTH = 8
NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$"
EBCDIC = "cp037"
EBCDIC_BLANK = b"\x40"


@functools.cache
def to_ebcdic(blank: bytes = EBCDIC_BLANK) -> bytes:
    """For `bytes.translate`: names in capitals from ASCII to EBCDIC, the blanks behind them to what is to pad them."""
    return bytes.maketrans(f"{NAME_CHARACTERS} ".encode(), NAME_CHARACTERS.encode(EBCDIC) + blank)


class _Name:
    """A checked name. Names of different kinds are never equal.

    Written out, not a dataclass: making dataclasses would be a good part of what a pipeline pays to start `gen`.
    """

    __slots__ = ("value",)
    what: ClassVar[str] = "name"

    def __init__(self, value: str) -> None:
        self.value = value

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a name as people write it: any case, 1 to 8 of A-Z 0-9 @ # $.

        Raises:
            InputError: naming the first character, or the length, that is wrong.
        """
        # Not str.upper() on just any text: it would fold "ß" to "SS" and so hide the offending character.
        folded = text.upper() if text.isascii() else "".join(c.upper() if c.isascii() else c for c in text)
        if not folded:
            raise InputError(f"the {cls.what} is empty", "give 1 to 8 of A-Z 0-9 @ # $")
        for position, character in enumerate(folded if folded.strip(NAME_CHARACTERS) else "", start=1):
            if character not in NAME_CHARACTERS:
                raise InputError(
                    f"{cls.what} {text!r}: character {position} is {character!r}",
                    "only A-Z 0-9 @ # $ are allowed",
                )
        if len(folded) > NAME_LENGTH:
            raise InputError(f"{cls.what} {text!r} has {len(folded)} characters", f"at most {NAME_LENGTH} are allowed")
        return cls(folded)

    @property
    def ebcdic(self) -> bytes:
        """The name in EBCDIC, 1 to 8 bytes, not padded."""
        return self.value.encode(EBCDIC)

    @property
    def padded(self) -> bytes:
        """The name in EBCDIC, padded on the right with blanks (X'40') to 8 bytes."""
        return self.ebcdic.ljust(NAME_LENGTH, EBCDIC_BLANK)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, _Name) and other.value == self.value

    def __hash__(self) -> int:
        return hash((type(self).what, self.value))

    def __str__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value!r})"


class UserId(_Name):
    """The user a PassTicket is made for."""

    __slots__ = ()
    what: ClassVar[str] = "user ID"


class ApplId(_Name):
    """The application a PassTicket is made for: the name of its PTKTDATA profile."""

    __slots__ = ()
    what: ClassVar[str] = "APPLID"


class GroupId(_Name):
    """The current connect group of a sign-on, as PTKTDATA profiles are qualified by it."""

    __slots__ = ()
    what: ClassVar[str] = "group"
