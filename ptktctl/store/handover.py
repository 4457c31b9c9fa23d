"""A key as a sealed file, for another person or another machine.

The file is text that survives mail: TOML like the store's. It says in clear which key it holds and how it is sealed,
then follows the sealed key, then a checksum over all before it, so that damage on the way is told from a wrong
passphrase. All that stands before the sealed key is bound by the seal, so nobody can pass a key off as another's.

How it is sealed, one of:

- **by a passphrase**: AES-256-GCM under scrypt of the passphrase, with the store's own parameters and a salt of its own
  (`sealing`); what a file asks of scrypt is bounded on reading. A file travels, and whoever has it can guess for years:
  that is why a short passphrase is refused.
- **for a recipient's public key**: HPKE, see `handover_recipient`.

The file holds neither check value nor fingerprint of the key. Both let guesses at a DES key be tried offline (see
`check_values`), which the seal would otherwise prevent; they are told by the commands on both sides instead.

The first 80 bits of the file's checksum are its **file check**. Read out by the sender and compared by the recipient
it shows that the file is the sender's: nobody can make another with the same digits, and they say nothing of the key.

The sender's settings of the application go along for information: they are what both sides must agree on besides the
key.
"""

from typing import Self

from ptktctl.errors import InputError, StoreDamagedError, StoreError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey, TicketType
from ptktctl.record import Record
from ptktctl.store import handover_recipient, sealing
from ptktctl.store.definitions import LONGEST_TIMEOUT, SHORTEST_TIMEOUT, Application, Component, Replay
from ptktctl.store.framing import framed
from ptktctl.store.handover_recipient import Identity, PublicKey
from ptktctl.store.keysfile import KeyKind, KeyName, key_name, name_members
from ptktctl.store.sealing import Passphrase
from ptktctl.store.tables import FORMAT, LATEST, Members, base64_of, checksum_of, read_tables

HEADER = "# A key sealed by ptktctl for hand-over. It is opened by: ptktctl key import FILE\n"
SEALED_START = b'\n[sealed]\nkey = "'
CHECKSUM_START = b'checksum = "'
STRING_END = b'"\n'
TAG = b"ptktctl handover 1"
BY_PASSPHRASE = "scrypt, AES-256-GCM"  # noqa: S105 - the name of a construction
FOR_RECIPIENT = "HPKE base mode, X25519, HKDF-SHA256, AES-256-GCM"
# The largest file of the kind, an enhanced key of 256 bytes, has less than 2 KB.
MOST_BYTES = 16 * 1024
GROUPS, GROUP = 5, 4
HINT = "ask the sender for the file again"


class Settings(Record):
    """What the sender's definition of the application says, and the host's must say too."""

    component: Component
    ticket: TicketType | None
    timeout: int
    replay: Replay

    @classmethod
    def of(cls, application: Application) -> Self:
        """Those of a definition."""
        return cls(application.component, application.ticket, application.timeout, application.replay)


class Contents(Record):
    """What a sealed file says of the key in it, readable by everybody.

    Attributes:
        name: which key, as the sender stores it.
        created: when the key was made or first stored, in epoch seconds.
        sealed_at: when the file was made, in epoch seconds.
        settings: the sender's.
    """

    name: KeyName
    created: int
    sealed_at: int
    settings: Settings


class PassphraseLock(Record):
    """The file opens with a passphrase, stretched by scrypt with these parameters."""

    salt: bytes
    n: int
    r: int
    p: int


class RecipientLock(Record):
    """The file opens with the private key that belongs to a public key."""

    recipient: PublicKey


class SealedFile(Record):
    """A sealed file, whole and well formed.

    Attributes:
        bound: what its seal binds.
        check: its file check: five groups of four hexadecimal digits with hyphens between.
    """

    contents: Contents
    lock: PassphraseLock | RecipientLock
    bound: bytes
    sealed: bytes
    check: str

    def open(self, secret: Passphrase | Identity) -> SecuredSignonKey | None:
        """The key in it; None when the secret is not the one that opens it, or somebody changed the file on purpose.

        Raises:
            InputError: it opens, but holds no key of the kind it says.
        """
        clear = None
        if isinstance(self.lock, PassphraseLock) and isinstance(secret, Passphrase):
            clear = sealing.unseal(_stretch(self.lock, secret), self.sealed, self.bound)
        if isinstance(self.lock, RecipientLock) and isinstance(secret, Identity):
            clear = handover_recipient.open_with(secret, self.sealed, self.bound)
        if clear is None:
            return None
        return LegacyKey(clear) if self.contents.name.kind is KeyKind.LEGACY else EnhancedKey(clear)


def seal_by_passphrase(
    contents: Contents, key: SecuredSignonKey, passphrase: Passphrase, scrypt_n: int | None = None
) -> bytes:
    """Make a file that opens with a passphrase.

    Args:
        scrypt_n: the cost, a power of two; that of the store when it is left out.
    """
    import os

    salt = os.urandom(sealing.SALT_LENGTH)
    lock = PassphraseLock(salt, scrypt_n or sealing.SCRYPT_N, sealing.SCRYPT_R, sealing.SCRYPT_P)
    head = _head(contents, lock)
    return _finished(head, sealing.seal(_stretch(lock, passphrase), key.secret, _bound(head)))


def seal_for(contents: Contents, key: SecuredSignonKey, recipient: PublicKey) -> bytes:
    """Make a file that opens with the private key of a recipient.

    Raises:
        InputError: the public key is nobody's.
    """
    head = _head(contents, RecipientLock(recipient))
    return _finished(head, handover_recipient.seal_for(recipient, key.secret, _bound(head)))


def file_check(data: bytes) -> str:
    """The file check of a file that was just made."""
    return _check(data.rpartition(CHECKSUM_START)[2])


def is_sealed_file(data: bytes) -> bool:
    """Whether this is, or once was, a sealed file."""
    return _as_written(data).startswith(HEADER.rstrip().encode())


def parse(data: bytes, path: str) -> SealedFile:
    """Read a sealed file, as far as that goes without opening it.

    Args:
        path: how messages name it.

    Raises:
        InputError: it is none, is cut short, damaged or of a later version; saying which.
    """
    data = _as_written(data)
    if not is_sealed_file(data):
        raise InputError(f"{path} is not a file of ptktctl key export", "its first line is another")
    head, sealed, checksum = _take_apart(data, path)
    try:
        return _parse(head, sealed, _check(checksum), path)
    except StoreDamagedError as error:
        raise InputError(error.message, HINT) from None
    except StoreError as error:  # a later version wrote it
        raise InputError(error.message, error.hint) from None


def _as_written(data: bytes) -> bytes:
    """The file without what editors and mail do to text: a mark before it, other line ends, no last line end."""
    return data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").strip(b"\n\r \t") + b"\n"


def _take_apart(data: bytes, path: str) -> tuple[bytes, bytes, bytes]:
    """What stands before the sealed key, that in base64, and the checksum, once it is found right."""
    before, start, checksum = data.rpartition(CHECKSUM_START)
    head, sealed_start, sealed = before.rpartition(SEALED_START)
    if not (start and sealed_start):
        raise InputError(f"{path} is cut short: its end is missing", HINT)
    if checksum != checksum_of(before + start).encode() + STRING_END:
        what = "cut short" if len(checksum) < len(checksum_of(b"") + '"\n') else "damaged"
        raise InputError(f"{path} is {what}: its checksum does not match", HINT)
    return head, sealed.removesuffix(STRING_END), checksum


def _check(checksum: bytes) -> str:
    digits = checksum[: GROUPS * GROUP].decode().upper()
    return "-".join(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))


def _parse(head: bytes, sealed: bytes, check: str, path: str) -> SealedFile:
    root = read_tables(head, path)
    contents = _contents(root, path)
    lock = _lock(Members(root.take("seal"), f"{path}, seal"))
    root.end()
    members = Members({"key": sealed.decode(errors="replace")}, f"{path}, sealed")
    return SealedFile(contents, lock, _bound(head), members.binary("key"), check)


def _contents(root: Members, path: str) -> Contents:
    key = Members(root.take("key"), f"{path}, key")
    name = key_name(key)
    created = key.number("created", 0, LATEST)
    key.end()
    settings = _settings(Members(root.take("definition"), f"{path}, definition"))
    return Contents(name, created, root.number("sealed_at", 0, LATEST), settings)


def _settings(members: Members) -> Settings:
    settings = Settings(
        component=members.choice("component", Component),
        ticket=members.choice("ticket", TicketType) if members.has("ticket") else None,
        timeout=members.number("timeout", SHORTEST_TIMEOUT, LONGEST_TIMEOUT),
        replay=members.choice("replay", Replay),
    )
    members.end()
    return settings


def _lock(members: Members) -> PassphraseLock | RecipientLock:
    construction = members.text("construction")
    if construction == FOR_RECIPIENT:
        lock: PassphraseLock | RecipientLock = RecipientLock(_recipient(members))
    elif construction == BY_PASSPHRASE:
        lock = _passphrase_lock(members)
    else:
        members.fail(f"the construction {construction!r} is unknown")
    members.end()
    return lock


def _recipient(members: Members) -> PublicKey:
    try:
        return PublicKey.parse(members.text("recipient"))
    except InputError as error:
        members.fail(f"recipient: {error.message}")


def _passphrase_lock(members: Members) -> PassphraseLock:
    n, r, p = (members.number(name, 1, sealing.MOST_WORK) for name in ("n", "r", "p"))
    if not sealing.is_bearable(n, r, p):
        members.fail(f"n = {n}, r = {r}, p = {p} ask for more work than scrypt is allowed")
    return PassphraseLock(members.binary("salt"), n, r, p)


def _head(contents: Contents, lock: PassphraseLock | RecipientLock) -> bytes:
    """All that stands before the sealed key."""
    import tomli_w

    settings = contents.settings
    ticket = {"ticket": settings.ticket.value} if settings.ticket else {}
    tables = {
        "format": FORMAT,
        "sealed_at": contents.sealed_at,
        "key": {**name_members(contents.name), "created": contents.created},
        "definition": {
            "component": settings.component.value,
            **ticket,
            "timeout": settings.timeout,
            "replay": settings.replay.value,
        },
        "seal": _seal_members(lock),
    }
    return (HEADER + tomli_w.dumps(tables)).encode()


def _seal_members(lock: PassphraseLock | RecipientLock) -> dict[str, str | int]:
    if isinstance(lock, RecipientLock):
        return {"construction": FOR_RECIPIENT, "recipient": str(lock.recipient)}
    costs = {"n": lock.n, "r": lock.r, "p": lock.p}
    return {"construction": BY_PASSPHRASE, **costs, "salt": base64_of(lock.salt)}


def _bound(head: bytes) -> bytes:
    return framed(TAG, head)


def _finished(head: bytes, sealed: bytes) -> bytes:
    summed = head + SEALED_START + base64_of(sealed).encode() + STRING_END + CHECKSUM_START
    return summed + checksum_of(summed).encode() + STRING_END


def _stretch(lock: PassphraseLock, passphrase: Passphrase) -> bytes:
    from Crypto.Protocol.KDF import scrypt

    return scrypt(passphrase.value, lock.salt, sealing.DATA_KEY_LENGTH, lock.n, lock.r, lock.p)
