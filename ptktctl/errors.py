"""What can go wrong, each kind with the exit status that scripts may rely on.

A message says what is wrong and where; a hint says what to do about it. Neither ever holds a key, a
passphrase or a ticket.
"""

from typing import ClassVar, Self


class PtktctlError(Exception):
    """A fault that is told to people in one to three lines, never as a traceback.

    Attributes:
        message: what is wrong, and where (file, line, option).
        hint: what to do about it, or None when the message says it all.
        exit_status: the status the process ends with.
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def bare(self) -> Self:
        """This error to be kept, without the way it came, which holds on to all that was in use there."""
        self.__traceback__ = self.__context__ = None
        return self


class InputError(PtktctlError, ValueError):
    """What was given is wrong: a malformed user ID, APPLID, key or time, an unreadable input file."""


class StoreError(PtktctlError):
    """The store can't serve."""

    exit_status: ClassVar[int] = 3


class StoreMissingError(StoreError):
    """There is no store, or it holds no key of that name."""


class StoreBusyError(StoreError):
    """Another process held the store's lock for too long."""


class StoreLockedError(StoreError):
    """No way to unlock the store was given, or the one given does not open it."""


class StoreDamagedError(StoreError):
    """A file of the store is not what ptktctl wrote."""


class UnsafePermissionsError(StoreError):
    """Others can read or write a file or folder of the store, or someone else owns it."""


class StoreWriteError(StoreError):
    """The store could not be written: full disk, read-only file system, no permission."""
