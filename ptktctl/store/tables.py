"""Strict reading of the store's TOML files: every fault is named with file, table and member."""

import enum
from typing import NoReturn, TypeVar

from ptktctl.errors import StoreDamagedError, StoreError

FORMAT = 1
# Beyond any clock: MIXED tickets count seconds in 48 bits.
LATEST = 2**48 - 1
Choice = TypeVar("Choice", bound=enum.Enum)


class Members:
    """One table: each member is taken once, of the type asked for, and none may be left over."""

    __slots__ = ("_left", "_where")

    def __init__(self, table: object, where: str) -> None:
        """Take a table as tomllib reads it.

        Args:
            where: how messages name it, such as "/home/me/keys.toml, entry FEKAPPL".

        Raises:
            StoreDamagedError: it is no table.
        """
        if not isinstance(table, dict):
            raise StoreDamagedError(f"{where}: is not a table")
        self._left: dict[str, object] = dict(table)
        self._where = where

    def fail(self, what: str) -> NoReturn:
        """Refuse the table.

        Raises:
            StoreDamagedError: always.
        """
        raise StoreDamagedError(f"{self._where}: {what}")

    def has(self, name: str) -> bool:
        """Whether a member is there and not taken yet."""
        return name in self._left

    def take(self, name: str) -> object:
        """Take a member that must be there."""
        if name not in self._left:
            self.fail(f"{name} is missing")
        return self._left.pop(name)

    def text(self, name: str) -> str:
        """Take a string."""
        value = self.take(name)
        return value if isinstance(value, str) else self.fail(f"{name} is not a string")

    def number(self, name: str, low: int, high: int) -> int:
        """Take an integer from low to high."""
        value = self.take(name)
        if type(value) is not int:
            self.fail(f"{name} is not an integer")
        return value if low <= value <= high else self.fail(f"{name} is not between {low} and {high}")

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        """Take a string that is a value of an enum."""
        text = self.text(name)
        known = {member.value: member for member in kind}
        return known[text] if text in known else self.fail(f"{name} is none of {', '.join(known)}")

    def binary(self, name: str) -> bytes:
        """Take a string of base64 as bytes."""
        import binascii

        try:
            return binascii.a2b_base64(self.text(name).encode("ascii"), strict_mode=True)
        except ValueError:
            self.fail(f"{name} is not base64")

    def end(self) -> None:
        """Refuse what nobody took."""
        for name in self._left:
            self.fail(f"{name!r} is unknown")


def read_tables(data: bytes, path: str) -> Members:
    """Read a TOML file of the store down to the members of its root, its format checked and taken.

    Raises:
        StoreDamagedError: it is no UTF-8 or no TOML, or not of the store.
        StoreError: a later version of ptktctl wrote it.
    """
    import tomllib

    try:
        # ValueError: also no UTF-8, and integers too long to convert. RecursionError: brackets without end.
        root = Members(tomllib.loads(data.decode()), path)
    except (ValueError, RecursionError) as error:
        raise StoreDamagedError(f"{path} is not TOML: {_first_line(error)}", "take it from a backup") from None
    written = root.number("format", 1, LATEST)
    if written != FORMAT:
        raise StoreError(f"{path} has format {written}, this ptktctl knows only {FORMAT}", "update ptktctl")
    return root


def checksum_of(data: bytes) -> str:
    """SHA-256 in 64 hexadecimal digits, against chance and slips: anybody can make it anew."""
    import hashlib

    return hashlib.sha256(data).hexdigest()


def base64_of(data: bytes) -> str:
    """The other way round of Members.binary."""
    import binascii

    return binascii.b2a_base64(data, newline=False).decode()


def _first_line(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error).partition("\n")[0]
