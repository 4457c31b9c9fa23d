"""Where `key import` gets a key from: a sealed file, pages of key parts, or custodians who type them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.store.handover import SealedFile, Settings
    from ptktctl.store.sealing import Passphrase
    from ptktctl.store.vault import KeyName

ATTEMPTS = 3
# More than a page of each of nine parts of the longest key.
MOST_BYTES = 64 * 1024
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
OTHERS = 0o077


class Offer(Record):
    """A key that can be imported.

    Attributes:
        name: which key it is to its sender.
        key: itself.
        origin: where it comes from, for people: "3 key parts", "a file sealed by a passphrase at …".
        created: when it was made or first stored, in epoch seconds; None when nobody says so.
        settings: the sender's definition, if it came along.
        warnings: what is not as it should be about the files.
        file_check: of a sealed file.
        is_anonymous: whether anybody who knows the recipient's public key can have made it.
    """

    name: KeyName
    key: SecuredSignonKey
    origin: str
    created: int | None = None
    settings: Settings | None = None
    warnings: tuple[str, ...] = ()
    file_check: str | None = None
    is_anonymous: bool = False


class Source(Record):
    """A file that was read, `path` as messages name it, and whether others can read it too."""

    path: str
    data: bytes
    is_open_to_others: bool


def read_source(context: Context, path: str) -> Source:
    """Read a file, or standard input for `-`.

    Raises:
        InputError: it can't be read, is empty or far too large.
    """
    mode = 0
    try:
        if path == "-":
            data = context.stdin.read(MOST_BYTES + 1)
        else:
            with open(path, "rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from None
    path = "standard input" if path == "-" else path
    if not data.strip():
        raise InputError(f"{path} is empty", "it holds neither a sealed file nor key parts")
    if len(data) > MOST_BYTES:
        raise InputError(f"{path} has more than {MOST_BYTES // 1024} KB", "no file of ptktctl key export is that large")
    return Source(path, data, bool(mode & OTHERS) and os.name != "nt")


def offered(sources: Sequence[Source], open_sealed: Callable[[SealedFile, str], SecuredSignonKey]) -> Offer:
    """What files hold: one sealed file, or all parts of a key.

    Args:
        open_sealed: opens a sealed file; given its path too, for messages.

    Raises:
        InputError: they hold something else, or something damaged; naming the file and what is wrong.
    """
    from ptktctl.store import handover, handover_parts

    if any(handover.is_sealed_file(source.data) for source in sources):
        if len(sources) > 1:
            raise InputError(f"{len(sources)} files were given", "import one sealed file at a time")
        file = handover.parse(sources[0].data, sources[0].path)
        return _of_sealed(file, open_sealed(file, sources[0].path))
    for source in sources:
        if not handover_parts.is_part_page(source.data):
            raise _foreign(source)
    found = [page for source in sources for page in handover_parts.parse(source.data, source.path)]
    key = handover_parts.put_together(found)
    warnings = [
        f"others can read {source.path}, which holds key parts: chmod 600, and destroy it when it is not needed"
        for source in sources
        if source.is_open_to_others
    ]
    first = found[0]
    return Offer(first.name, key, f"{first.count} key parts", first.created, warnings=tuple(warnings))


def _of_sealed(file: SealedFile, key: SecuredSignonKey) -> Offer:
    from ptktctl.commands.wording import instant
    from ptktctl.store.handover import RecipientLock

    is_anonymous = isinstance(file.lock, RecipientLock)
    how = "for your public key" if is_anonymous else "by a passphrase"
    origin = f"a file sealed {how} at {instant(file.contents.sealed_at)}"
    contents = file.contents
    return Offer(contents.name, key, origin, contents.created, contents.settings, (), file.check, is_anonymous)


def open_sealed(
    context: Context, file: SealedFile, path: str, identity: str | None, passphrase: Callable[[], Passphrase]
) -> SecuredSignonKey:
    """Open a sealed file.

    Args:
        identity: where the private key lies.
        passphrase: gets the passphrase, when the file is sealed by one.

    Raises:
        StoreLockedError: the private key or the passphrase is another.
        InputError: the private key is the right one and does not open it: the file was changed on purpose.
        StoreError: the private key file is missing, damaged or open to others.
    """
    from ptktctl.commands.handing_over import identity_path
    from ptktctl.errors import StoreLockedError
    from ptktctl.store.handover import RecipientLock
    from ptktctl.store.handover_recipient import read_identity

    if isinstance(file.lock, RecipientLock):
        own = read_identity(identity_path(context, identity))
        if own.public != file.lock.recipient:
            raise StoreLockedError(
                f"{path} is sealed for {file.lock.recipient}, and {own.path} belongs to {own.public}",
                "name the right private key file with --identity, or have it sealed for yours",
            )
        if key := file.open(own):
            return key
        raise InputError(
            f"{path} does not open with the private key that it is sealed for: it was changed after it was sealed",
            "ask the sender for the file again, and trust no key from this one",
        )
    if key := file.open(passphrase()):
        return key
    raise StoreLockedError(
        f"the passphrase does not open {path}",
        "the file arrived whole, so the passphrase is another, or somebody changed the file on purpose",
    )


def typed_key(context: Context, count: int, *, enhanced: bool) -> SecuredSignonKey:
    """Have all parts of a key typed without echo, each by its custodian, each held against its check value.

    Args:
        count: of parts.
        enhanced: whether they are typed line by line, up to an empty one.

    Raises:
        InputError: nobody is there to type; a part was mistyped three times; the parts make another key.
    """
    from ptktctl.passticket.check_values import check_value
    from ptktctl.passticket.key_parts import combine

    if not context.has_terminal():
        raise InputError("key parts are typed on a terminal, and there is none", "name the files that hold them")
    key = combine([_typed_part(context, f"part {number} of {count}", enhanced) for number in range(1, count + 1)])
    expected = _digits(context.ask_secret("check value of the key (Enter: not compared): "))
    if expected and expected != check_value(key).digits:
        raise InputError(
            f"the parts make a key with the check value {check_value(key).digits}, not {expected}",
            "a part is of another key or another division; begin again",
        )
    return key


def _typed_part(context: Context, what: str, enhanced: bool) -> SecuredSignonKey:
    """One part; a slip is told, and the part asked for again."""
    for _ in range(ATTEMPTS):
        try:
            return _typed_once(context, what, enhanced)
        except InputError as error:
            slip = error
            context.note(f"{what}: {error.message}; again:")
    raise InputError(f"{what}: {slip.message}", slip.hint)


def _typed_once(context: Context, what: str, enhanced: bool) -> SecuredSignonKey:
    from ptktctl.passticket.check_values import check_value
    from ptktctl.passticket.keys import EnhancedKey, LegacyKey

    part: SecuredSignonKey
    if enhanced:
        part = EnhancedKey.from_hex(_typed_lines(context, what))
    else:
        part = LegacyKey.from_hex(_digits(context.ask_secret(f"{what} (not shown): ")))
    found = check_value(part).digits
    expected = _digits(context.ask_secret(f"check value of {what} (Enter: not compared): "))
    if expected and expected != found:
        raise InputError(f"its check value is {found}, not {expected}", "a digit is wrong")
    context.note(f"{what}: check value {found}")
    return part


def _typed_lines(context: Context, what: str) -> str:
    from ptktctl.passticket.keys import ENHANCED_KEY_MAX

    digits, number = "", 1
    while len(digits) < 2 * ENHANCED_KEY_MAX:
        line = _digits(context.ask_secret(f"{what}, line {number} (not shown; empty: all is typed): "))
        if not line:
            break
        digits, number = digits + line, number + 1
    return digits


def _digits(text: str) -> str:
    """What was typed, without the blanks and hyphens between groups of digits."""
    return "".join(text.split()).replace("-", "").upper()


def _foreign(source: Source) -> InputError:
    """Say what a file is that is no file of key export, as far as that shows."""
    from ptktctl.store.handover_recipient import IDENTITY_START, PUBLIC_START
    from ptktctl.store.keysfile import HEADER
    from ptktctl.store.unlock_key import KEY_FILE_START

    kinds = {
        HEADER.encode(): ("a store of sealed keys", "it is opened by its passphrase or unlock key, in its own place"),
        KEY_FILE_START.encode(): ("an unlock key file", "it opens a store, and is for nobody else"),
        IDENTITY_START.encode(): ("a private key file", "name it with --identity, and the sealed file as FILE"),
        PUBLIC_START.encode(): ("a public key", "name it with --to when exporting"),
    }
    for start, (kind, hint) in kinds.items():
        if source.data.startswith(start):
            return InputError(f"{source.path} is {kind}, not a file of ptktctl key export", hint)
    if HEX_DIGITS.issuperset(source.data.strip()):
        return InputError(f"{source.path} is a key in clear", f"ptktctl key set APPLID --from {source.path}")
    return InputError(
        f"{source.path} is neither a sealed file nor a page of key parts of ptktctl key export",
        "its beginning is another: it was changed, or made by something else",
    )
