"""Unlock keys in the keyring of the operating system, through the package keyring (the extra `ptktctl[keyring]`).

What lies there is one line as in an unlock key file, under the service "ptktctl" and an account of its own for each
slot, so that a store on several machines can have a slot for the keyring of each. The package is imported only here and
only when a slot asks for it: it brings much along.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from ptktctl.errors import StoreDamagedError, StoreError, StoreLockedError
from ptktctl.store import sealing
from ptktctl.store.sealing import KeyringKey
from ptktctl.store.unlock_key import key_file_line, key_of_line

SERVICE = "ptktctl"
ACCOUNT_BYTES = 8


def new_key() -> KeyringKey:
    """Make an unlock key and put it into the keyring; it has been read back when this returns.

    Raises:
        StoreError: the package is not installed.
        StoreLockedError: there is no keyring, it does not open, or it does not keep what it is given.
    """
    keyring = _package()
    key = KeyringKey(sealing.new_key(), os.urandom(ACCOUNT_BYTES).hex())
    with _answering():
        keyring.set_password(SERVICE, key.account, key_file_line(key.value).decode().strip())
    # A backend that keeps nothing takes everything.
    if find(key.account) != key:
        raise StoreLockedError("the OS keyring did not keep what was put into it", "keyring diagnose shows its backend")
    return key


def find(account: str) -> KeyringKey | None:
    """The unlock key of an account, None when the keyring has none.

    Raises:
        StoreError: the package is not installed.
        StoreLockedError: there is no keyring, or it does not open.
        StoreDamagedError: what lies there is no unlock key.
    """
    keyring = _package()
    with _answering():
        line = keyring.get_password(SERVICE, account)
    if line is None:
        return None
    key = key_of_line(str(line).encode(errors="replace"))
    if key is None:
        raise StoreDamagedError(
            f"what the OS keyring has for {SERVICE}, {account} is not an unlock key", "open the store another way"
        )
    return KeyringKey(key, account)


def backend() -> str:
    """What keeps the keys, as the package names it: some of its backends are mere files.

    Raises:
        StoreError: the package is not installed.
        StoreLockedError: there is no keyring.
    """
    keyring = _package()
    with _answering():
        return str(keyring.get_keyring().name)


def _package() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise StoreError(
            "the OS keyring is reached through the package keyring, which is not installed",
            "pip install 'ptktctl[keyring]'",
        ) from None
    return keyring


@contextmanager
def _answering() -> Iterator[None]:
    """Say what became of a question to the keyring. Backends raise what they like; what it says is not repeated."""
    from keyring.errors import NoKeyringError

    try:
        yield
    except NoKeyringError:
        raise StoreLockedError(
            "there is no OS keyring here that the package keyring knows", "keyring diagnose says what it looked for"
        ) from None
    except Exception as error:
        raise StoreLockedError(
            f"the OS keyring did not answer ({type(error).__name__})", "unlock it, or open the store another way"
        ) from None
