"""Sealed files: who can open them, and what is said of those that are not as they were sent."""

import time
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store import handover
from ptktctl.store.definitions import Component, Replay
from ptktctl.store.framing import framed
from ptktctl.store.handover import Contents, PassphraseLock, RecipientLock, SealedFile, Settings, parse
from ptktctl.store.handover_recipient import Identity
from ptktctl.store.keysfile import KeyKind, KeyName
from ptktctl.store.sealing import Passphrase
from ptktctl.store.tables import base64_of, checksum_of

NAME_TEXT = st.text("ABCXYZ019@#$", min_size=1, max_size=8)
QUALIFIERS = (st.none() | NAME_TEXT.map(GroupId.parse), st.none() | NAME_TEXT.map(UserId.parse), st.booleans())
INSTANTS = st.integers(0, 2**48 - 1)
SETTINGS = st.builds(
    Settings,
    st.sampled_from(Component),
    st.none() | st.sampled_from(TicketType),
    st.integers(1, 600),
    st.sampled_from(Replay),
)
LEGACY_CONTENTS = st.builds(
    Contents,
    st.builds(KeyName, NAME_TEXT.map(ApplId.parse), st.just(KeyKind.LEGACY), *QUALIFIERS),
    INSTANTS,
    INSTANTS,
    SETTINGS,
)
RIGHT = Passphrase(b"correct horse battery")
ALICE, BOB = Identity(bytes(range(32)), "/alice"), Identity(bytes(range(1, 33)), "/bob")
KEY = LegacyKey.from_hex("9D2CA7F4133E8B60")
CONTENTS = Contents(
    KeyName(ApplId("FEKAPPL"), KeyKind.LEGACY, GroupId("SYS1"), UserId("IBMUSER")),
    1_700_000_000,
    1_700_000_600,
    Settings(Component.RSE, TicketType.LEGACY, 60, Replay.DENY),
)
BY_PASSPHRASE = handover.seal_by_passphrase(CONTENTS, KEY, RIGHT, 2)
FOR_ALICE = handover.seal_for(CONTENTS, KEY, ALICE.public)


def flips(data: bytes) -> list[bytes]:
    """The data with each bit in turn the other way round."""
    number = int.from_bytes(data)
    return [(number ^ 1 << bit).to_bytes(len(data)) for bit in range(8 * len(data))]


def fault(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(data, "k.sealed")
    assert caught.value.message.startswith("k.sealed")
    return caught.value


def outcome(data: bytes) -> SealedFile | str:
    """The file, or "refused" for one good message."""
    try:
        return parse(data, "k.sealed")
    except InputError as error:
        return "refused" if error.message.startswith("k.sealed") and error.hint else error.message


@given(LEGACY_CONTENTS, st.binary(min_size=8, max_size=8), st.binary(min_size=1, max_size=40))
def test_what_is_sealed_by_a_passphrase_opens_with_it(contents: Contents, secret: bytes, passphrase: bytes) -> None:
    file = parse(handover.seal_by_passphrase(contents, LegacyKey(secret), Passphrase(passphrase), 2), "f")
    assert file.contents == contents
    opened = file.open(Passphrase(passphrase))
    assert opened is not None
    assert opened.secret == secret
    assert file.open(Passphrase(passphrase + b"x")) is None
    assert file.open(ALICE) is None


@given(LEGACY_CONTENTS, st.binary(min_size=32, max_size=256))
def test_what_is_sealed_for_a_recipient_opens_with_the_private_key(contents: Contents, secret: bytes) -> None:
    contents = contents.replaced(name=contents.name.replaced(kind=KeyKind.ENHANCED))
    file = parse(handover.seal_for(contents, EnhancedKey(secret), ALICE.public), "f")
    assert (file.contents, file.lock) == (contents, RecipientLock(ALICE.public))
    assert file.open(ALICE) == EnhancedKey(secret)
    assert file.open(BOB) is None
    assert file.open(RIGHT) is None


def test_the_passphrase_file_is_scrypt_and_aes_gcm_as_others_read_it() -> None:
    file = parse(BY_PASSPHRASE, "f")
    assert isinstance(file.lock, PassphraseLock)
    key = Scrypt(salt=file.lock.salt, length=32, n=2, r=8, p=1).derive(RIGHT.value)
    head = BY_PASSPHRASE[: BY_PASSPHRASE.index(b"\n[sealed]\n")]
    assert AESGCM(key).decrypt(file.sealed[:12], file.sealed[12:], framed(b"ptktctl handover 1", head)) == KEY.secret


def test_the_usual_work_is_that_of_the_store() -> None:
    file = parse(handover.seal_by_passphrase(CONTENTS, KEY, RIGHT), "f")
    assert isinstance(file.lock, PassphraseLock)
    assert (file.lock.n, file.lock.r, file.lock.p, len(file.lock.salt)) == (2**17, 8, 1, 16)
    assert file.open(RIGHT) == KEY


def test_the_file_check_is_the_start_of_the_checksum() -> None:
    for data in (BY_PASSPHRASE, FOR_ALICE):
        digits = data.decode().rpartition('checksum = "')[2][:20].upper()
        assert parse(data, "f").check == handover.file_check(data)
        assert handover.file_check(data).replace("-", "") == digits


def test_no_two_files_are_alike() -> None:
    again = handover.seal_by_passphrase(CONTENTS, KEY, RIGHT, 2)
    assert parse(again, "f").lock != parse(BY_PASSPHRASE, "f").lock
    assert parse(handover.seal_for(CONTENTS, KEY, ALICE.public), "f").sealed != parse(FOR_ALICE, "f").sealed


@pytest.mark.parametrize("data", [BY_PASSPHRASE, FOR_ALICE])
def test_no_key_check_value_or_fingerprint_is_in_it(data: bytes) -> None:
    from ptktctl.passticket.check_values import check_value

    for digits in (KEY.secret.hex(), check_value(KEY).digits, KEY.fingerprint):
        assert digits.casefold() not in data.decode().casefold()


@pytest.mark.parametrize(("data", "secret"), [(BY_PASSPHRASE, RIGHT), (FOR_ALICE, ALICE)])
def test_what_mail_and_editors_do_to_text_does_no_harm(data: bytes, secret: Passphrase | Identity) -> None:
    for changed in (data.replace(b"\n", b"\r\n"), data.rstrip(), b"\xef\xbb\xbf" + data, b"\n\n" + data + b"\n \n"):
        assert parse(changed, "f").open(secret) == KEY


@pytest.mark.parametrize(("data", "secret"), [(BY_PASSPHRASE, RIGHT), (FOR_ALICE, ALICE)])
def test_every_byte_changed_is_damage(data: bytes, secret: Passphrase | Identity) -> None:
    whole = parse(data, "f")
    for position in range(len(data)):
        for byte in (0, 9, 10, 13, 32, 34, 48, 255, data[position] ^ 1, data[position] ^ 0x20):
            changed = data[:position] + bytes([byte]) + data[position + 1 :]
            assert outcome(changed) in (whole, "refused")


@pytest.mark.parametrize("data", [BY_PASSPHRASE, FOR_ALICE])
def test_cut_short_at_any_byte(data: bytes) -> None:
    for length in range(len(handover.HEADER) + 1, len(data) - 1):
        assert "cut short" in fault(data[:length]).message
    for length in range(len(handover.HEADER) - 1):
        assert "not a file of ptktctl key export" in fault(data[:length]).message


def with_right_checksum(head: str, sealed: str) -> bytes:
    """A file as somebody without the secret can make it."""
    summed = head.encode() + b'\n[sealed]\nkey = "' + sealed.encode() + b'"\nchecksum = "'
    return summed + checksum_of(summed).encode() + b'"\n'


def test_whatever_somebody_changes_on_purpose_it_does_not_open() -> None:
    for data, secret in ((BY_PASSPHRASE, RIGHT), (FOR_ALICE, ALICE)):
        head, _, rest = data.decode().partition("\n[sealed]\n")
        sealed = rest.split('"')[1]
        changes = [
            ("FEKAPPL", "CICSPROD"),
            ("SYS1", "SYS2"),
            ("IBMUSER", "MIKEM"),
            ("1700000000", "1700000001"),
            ("1700000600", "1700000601"),
            ('"rse"', '"tso"'),
            ("timeout = 60", "timeout = 600"),
            ('"deny"', '"allow"'),
            ("[key]\n", "[key]\n# a remark\n"),
        ]
        assert parse(with_right_checksum(head, sealed), "f").open(secret) == KEY
        for old, new in changes:
            assert head.count(old) == 1
            assert parse(with_right_checksum(head.replace(old, new), sealed), "f").open(secret) is None
        for flipped in flips(parse(data, "f").sealed):
            assert parse(with_right_checksum(head, base64_of(flipped)), "f").open(secret) is None


def test_a_key_that_is_none_is_refused_though_it_opens() -> None:
    data = handover.seal_for(CONTENTS, EnhancedKey(bytes(32)), ALICE.public)  # said to be legacy
    with pytest.raises(InputError, match="legacy key"):
        parse(data, "f").open(ALICE)


HEAD = BY_PASSPHRASE.decode().partition("\n[sealed]\n")[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("format = 1", "format = 2", "has format 2, this ptktctl knows only 1"),
        ("format = 1", "", "format is missing"),
        ("[key]", "[kee]", "key is missing"),
        ('applid = "FEKAPPL"\n', "", "applid is missing"),
        ('"FEKAPPL"', '"FEK.APPL"', "character 4 is '.'"),
        ('"FEKAPPL"', '"fekappl"', "not in upper case"),
        ('kind = "legacy"', 'kind = "aes"', "kind is none of"),
        ('kind = "legacy"', 'kind = "legacy"\nstage = "next"', "stage is not pending"),
        ("timeout = 60", "timeout = 601", "timeout is not between"),
        ("timeout = 60", "timeout = 60\nmore = 1", "'more' is unknown"),
        ("sealed_at = 1700000600", "sealed_at = true", "sealed_at is not an integer"),
        ("construction = ", "construct = ", "construction is missing"),
        ('"scrypt, AES-256-GCM"', '"rot13"', "the construction 'rot13' is unknown"),
        ("n = 2", "n = 3", "n = 3, r = 8, p = 1 ask for more work"),
        ("n = 2", "n = 4194304", "ask for more work"),
        ("n = 2", "n = 99999999999", "n is not between"),
        ("p = 1", "p = 0", "p is not between"),
        ('salt = "', 'salt = "?', "salt is not base64"),
        ("[seal]", "[seal", "is not TOML"),
        ("[seal]", "extra = 1\n[seal]", "unknown"),
    ],
)
def test_a_file_that_somebody_made_wrongly_says_where(old: str, new: str, said: str) -> None:
    assert HEAD.count(old) == 1
    found = fault(with_right_checksum(HEAD.replace(old, new), "AAAA"))
    assert said in found.message
    assert found.hint


def test_work_without_bound_is_refused_before_it_is_done() -> None:
    began = time.process_time()
    fault(with_right_checksum(HEAD.replace("n = 2", "n = 2097152"), "AAAA"))
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    ("recipient", "said"),
    [
        ("ptktctl-pub-abc", "has 3 characters"),
        ("age1xyz", "not a public key of ptktctl"),
    ],
)
def test_a_recipient_that_is_none(recipient: str, said: str) -> None:
    head = FOR_ALICE.decode().partition("\n[sealed]\n")[0].replace(str(ALICE.public), recipient)
    assert said in fault(with_right_checksum(head, "AAAA")).message


def test_the_sealed_key_that_is_no_base64() -> None:
    assert "key is not base64" in fault(with_right_checksum(HEAD, "A=A=")).message


@pytest.mark.parametrize("sealed", ["", "AAAA", base64_of(bytes(31))])
def test_a_sealed_key_too_short_to_be_one_does_not_open(sealed: str) -> None:
    assert parse(with_right_checksum(HEAD, sealed), "f").open(RIGHT) is None
    head = FOR_ALICE.decode().partition("\n[sealed]\n")[0]
    assert parse(with_right_checksum(head, sealed), "f").open(ALICE) is None


TOML_TEXT = st.text(st.sampled_from('[]{}"=.,#\n 01aAkeysl_-\x00é\\'), max_size=60)


@given(st.binary(max_size=200))
def test_any_bytes_get_one_message(junk: bytes) -> None:
    for data in (junk, handover.HEADER.encode() + junk, BY_PASSPHRASE[:-70] + junk):
        fault(data)


@given(TOML_TEXT, TOML_TEXT)
def test_any_text_with_a_right_checksum_gets_one_message(start: str, sealed: str) -> None:
    fault(with_right_checksum(handover.HEADER + start, sealed))


@given(st.data())
def test_any_member_of_any_other_kind_gets_one_message_or_is_as_good(data: st.DataObject) -> None:
    lines = HEAD.splitlines()
    numbers = [number for number, line in enumerate(lines) if " = " in line]
    number = data.draw(st.sampled_from(numbers))
    value = data.draw(st.sampled_from(["1", '""', "[]", "{}", "1979-05-27", "0.5", "true", "-1", "[[]]", "9" * 5000]))
    lines[number] = lines[number].partition(" = ")[0] + " = " + value
    found = outcome(with_right_checksum("\n".join(lines) + "\n", "AAAA"))
    assert found == "refused" or isinstance(found, SealedFile)


def test_deep_nesting_is_told() -> None:
    assert "nested too deeply" in fault(with_right_checksum(handover.HEADER + "a = " + "[" * 100_000, "")).message


def test_reading_takes_linear_time() -> None:
    def seconds(read: Callable[[bytes, str], object], data: bytes) -> float:
        began = time.process_time()
        with pytest.raises(InputError):
            read(data, "f")
        return time.process_time() - began

    assert seconds(parse, BY_PASSPHRASE + b'checksum = "\n' * 100_000) < 1
    assert seconds(parse, handover.HEADER.encode() + b"\n[sealed]\n" * 100_000) < 1


def test_secrets_do_not_show() -> None:
    shown = repr(parse(BY_PASSPHRASE, "f")) + repr(ALICE) + repr(RIGHT)
    for secret in (KEY.secret, ALICE.value, RIGHT.value):
        assert repr(secret) not in shown
        assert secret.hex() not in shown


def test_an_enhanced_pending_key_comes_back_as_one() -> None:
    name = CONTENTS.name.replaced(kind=KeyKind.ENHANCED, pending=True)
    file = parse(handover.seal_for(CONTENTS.replaced(name=name), EnhancedKey(bytes(range(64))), ALICE.public), "f")
    assert file.contents.name == name
    assert file.open(ALICE) == EnhancedKey(bytes(range(64)))
