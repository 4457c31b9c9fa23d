"""How tickets come out wrong: every reading of a refused ticket that a known slip would explain.

A reading is a key, two names and a text. Right generators and careful typists need only one; the others
each stand for one slip: one other name, one way to mistake a key, one way to lose a character. Two slips
at once are not read: each factor more would leave less room for calling a hit more than chance.

Sources: IBM z/OS "Preventing errors" and IBM Explorer for z/OS "Using PassTickets" (APPLIDs that differ,
OMVSAPPL, MVS and SMF ID); RACF Security Administrator's Guide (TSO and SMF ID); IMS Connect and the Zowe
API Mediation Layer (values folded to upper case, names given in lower case); IBM's sample
EnhancedPassTicketGenerator (names in EBCDIC, padded with blanks).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.passticket import enhanced, evaluation, legacy
from ptktctl.passticket.keys import ENHANCED_KEY_MAX, LEGACY_KEY_LENGTH, EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.names import EBCDIC, EBCDIC_BLANK, NAME_CHARACTERS, NAME_LENGTH, ApplId, UserId
from ptktctl.passticket.reserved import PRODUCT_DEFAULTS, SMFID_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptktctl.passticket.keys import SecuredSignonKey

SMFID_PREFIXES = ("TSO", "MVS")
# CA ACF2, "PassTickets": SY*6 gives SY6. What RACF does is not documented.
SMFID_HINT = "only A-Z 0-9 @ # $ can be part of an APPLID; ACF2 leaves other characters out"
DEFAULT_APPLIDS = ("OMVSAPPL", "FEKAPPL", *PRODUCT_DEFAULTS)
ASCII_BLANK = b"\x20"
ZERO = b"\x00"
# What hands and eyes take for one another on paper and screens.
LOOKALIKES = ("0OoQD", "1Iil", "2Zz", "5Ss", "6Gb", "8B", "UuVv", "-_")
MOST_MISREAD = 2
SPACE_BITS = {TicketType.LEGACY: 32, **enhanced.TIME_BITS}


class Tier(enum.Enum):
    """Readings by how readily they are believed, the plainest first."""

    AS_GIVEN = "as given"
    OTHER = "another name, key or kind"
    MISMADE = "a fault of the generator"
    MISCOPIED = "a fault on the way"


class Slip(enum.Enum):
    """What went wrong, by the name that scripts see."""

    NONE = ("none", Tier.AS_GIVEN)
    OTHER_USERID = ("other-userid", Tier.OTHER)
    OTHER_APPLID = ("other-applid", Tier.OTHER)
    OTHER_KEY = ("other-key", Tier.OTHER)
    OTHER_TYPE = ("other-type", Tier.OTHER)
    KEY_CUT = ("key-cut", Tier.MISMADE)
    KEY_BYTES_SWAPPED = ("key-bytes-swapped", Tier.MISMADE)
    KEY_HALVES_EXCHANGED = ("key-halves-exchanged", Tier.MISMADE)
    KEY_NIBBLES_REVERSED = ("key-nibbles-reversed", Tier.MISMADE)
    KEY_READ_AS_TEXT = ("key-read-as-text", Tier.MISMADE)
    NAMES_IN_ASCII = ("names-in-ascii", Tier.MISMADE)
    NAMES_NOT_PADDED = ("names-not-padded", Tier.MISMADE)
    NAMES_IN_LOWER_CASE = ("names-in-lower-case", Tier.MISMADE)
    CASE_LOST = ("case-lost", Tier.MISCOPIED)
    MISREAD = ("misread", Tier.MISCOPIED)

    def __init__(self, label: str, tier: Tier) -> None:
        self.label = label
        self.tier = tier


class WireName(UserId, ApplId):
    """A name in the bytes that a faulty generator puts in.

    Attributes:
        value: the name as it should be.
        raw: 1 to 8 bytes, where a right generator has the name in EBCDIC.
        fill: the byte that pads them to 8; empty when nothing does.
    """

    __slots__ = ("fill", "raw")

    def __init__(self, value: str, raw: bytes, fill: bytes) -> None:
        super().__init__(value)
        self.raw = raw
        self.fill = fill

    @property
    def ebcdic(self) -> bytes:
        """The bytes that stand for the name, not padded."""
        return self.raw

    @property
    def padded(self) -> bytes:
        """The bytes that stand for the name, padded in the generator's way."""
        return self.raw + self.fill * (NAME_LENGTH - len(self.raw))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WireName) and (self.raw, self.fill) == (other.raw, other.fill)

    def __hash__(self) -> int:
        return hash((self.raw, self.fill))


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A stored key that may have made the ticket.

    Attributes:
        applid: the application whose profile holds it.
        name: the profile's name, qualifiers and all, such as FEKAPPL.SYS1.
        key: the secured signon key.
        tried: whether a verifier tries it for the user ID and APPLID that were meant.
        pending: whether it is the key that shall replace the profile's current one.
    """

    applid: ApplId
    name: str
    key: SecuredSignonKey
    tried: bool
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Suspects:
    """Who and what could have been meant.

    Attributes:
        userids: first the user ID that was meant, then others it may have been made for.
        applids: first the APPLID that was meant, then others.
        keys: all keys at hand.
    """

    userids: tuple[UserId, ...]
    applids: tuple[ApplId, ...]
    keys: tuple[KnownKey, ...]

    @property
    def tried(self) -> tuple[KnownKey, ...]:
        """The keys that a verifier tries."""
        return tuple(known for known in self.keys if known.tried)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a ticket.

    Attributes:
        slip: what must have gone wrong.
        userid, applid, key: what the ticket must have been made of.
        text: the ticket as it must have left its maker; not shown, for what was given may be a password.
        known: the stored key that `key` is, or comes from.
        detail: which form of the slip, in words.
    """

    slip: Slip
    userid: UserId
    applid: ApplId
    key: SecuredSignonKey
    text: str = field(repr=False)
    known: KnownKey
    detail: str = ""

    @property
    def ticket_type(self) -> TicketType:
        """The kind of ticket that this reading takes it for."""
        return self.key.ticket_type

    def identity(self) -> tuple[object, ...]:
        """Equal for two readings that decode alike."""
        secret = self.key.without_parity if isinstance(self.key, LegacyKey) else self.key.secret
        return self.ticket_type, secret, self.userid.ebcdic, self.userid.padded, self.applid.padded, self.text

    def generated(self) -> int | None:
        """The second (epoch seconds) that the text carries when read so; some second for each possible ticket."""
        return evaluation.decode(self.text, self.userid, self.applid, self.key)


def neighbours(applid: ApplId, others: Iterable[ApplId]) -> tuple[ApplId, ...]:
    """An APPLID and those it may have been confused with: the others given and products' defaults."""
    return tuple(dict.fromkeys((applid, *others, *map(ApplId, DEFAULT_APPLIDS))))


def system_applids(smfids: Iterable[str]) -> tuple[ApplId, ...]:
    """The APPLIDs of TSO and batch on the systems with these SMF IDs.

    Raises:
        InputError: an SMF ID that has not 1 to 4 characters, or others than A-Z 0-9 @ # $.
    """
    for smfid in smfids:
        if not 0 < len(smfid) <= SMFID_LENGTH:
            raise InputError(f"SMF ID {smfid!r}: {len(smfid)} characters", f"an SMF ID has 1 to {SMFID_LENGTH}")
        wrong = next((n for n, each in enumerate(smfid.upper(), start=1) if each not in NAME_CHARACTERS), None)
        if wrong:
            raise InputError(f"SMF ID {smfid!r}: character {wrong} is {smfid[wrong - 1]!r}", SMFID_HINT)
    return tuple(ApplId.parse(prefix + smfid) for smfid in smfids for prefix in SMFID_PREFIXES)


def possible_types(text: str) -> tuple[TicketType, ...]:
    """The kinds of PassTicket that a text can be under some key; none for most texts but 8 letters and digits."""
    return tuple(ticket_type for ticket_type in TicketType if is_possible(text, ticket_type))


def is_possible(text: str, ticket_type: TicketType) -> bool:
    """Whether some key of this kind makes this ticket at some second; costs no cipher operation."""
    if ticket_type is TicketType.LEGACY:
        return legacy.untranslate(text) is not None
    digits = _digits(ticket_type)
    if len(text) != enhanced.TICKET_LENGTH or not all(character in digits for character in text):
        return False
    return ticket_type is TicketType.MIXED or int(text, 36) < 1 << enhanced.TIME_BITS[ticket_type]


def _digits(ticket_type: TicketType) -> str:
    """The characters of a kind of ticket."""
    return (
        enhanced.ALPHABET if ticket_type is TicketType.MIXED else enhanced.ALPHABET[: enhanced.BASES[TicketType.UPPER]]
    )


def readings(tier: Tier, text: str, suspects: Suspects) -> Iterator[Reading]:
    """The readings of one tier, some of them twice or impossible."""
    if tier is Tier.AS_GIVEN:
        yield from (_plain(known, text, suspects) for known in suspects.tried)
    elif tier is Tier.OTHER:
        yield from _other_names(text, suspects)
        yield from _other_keys(text, suspects)
    elif tier is Tier.MISMADE:
        for known in suspects.tried:
            yield from _mistaken_keys(known, text, suspects)
            yield from _mistaken_names(known, text, suspects)
    else:
        for known in suspects.tried:
            yield from _miscopied(known, text, suspects)


def _plain(known: KnownKey, text: str, suspects: Suspects) -> Reading:
    return Reading(Slip.NONE, suspects.userids[0], suspects.applids[0], known.key, text, known)


def _other_names(text: str, suspects: Suspects) -> Iterator[Reading]:
    meant = suspects.applids[0]
    for userid, known in product(suspects.userids[1:], suspects.keys):
        if known.applid == meant:
            yield Reading(Slip.OTHER_USERID, userid, meant, known.key, text, known)
    for applid, known in product(suspects.applids[1:], suspects.keys):
        if known.applid == applid or known.tried:
            yield Reading(Slip.OTHER_APPLID, suspects.userids[0], applid, known.key, text, known)


def _other_keys(text: str, suspects: Suspects) -> Iterator[Reading]:
    userid, applid = suspects.userids[0], suspects.applids[0]
    for known in suspects.keys:
        if not known.tried:
            yield Reading(Slip.OTHER_KEY, userid, applid, known.key, text, known)
        elif isinstance(known.key, EnhancedKey):
            other = EnhancedKey(known.key.secret, _other_type(known.key.ticket_type))
            yield Reading(Slip.OTHER_TYPE, userid, applid, other, text, known)


def _other_type(ticket_type: TicketType) -> TicketType:
    return TicketType.UPPER if ticket_type is TicketType.MIXED else TicketType.MIXED


def _mistaken_keys(known: KnownKey, text: str, suspects: Suspects) -> Iterator[Reading]:
    userid, applid = suspects.userids[0], suspects.applids[0]
    for slip, detail, secret in _mistaken_secrets(known.key.secret):
        key = _like(known.key, secret)
        if key:
            yield Reading(slip, userid, applid, key, text, known, detail)
    if isinstance(known.key, EnhancedKey):
        cut = LegacyKey(known.key.secret[:LEGACY_KEY_LENGTH])
        yield Reading(Slip.KEY_CUT, userid, applid, cut, text, known)


def _like(key: SecuredSignonKey, secret: bytes) -> SecuredSignonKey | None:
    """A key of the same kind; None when the secret is too long for it."""
    if isinstance(key, LegacyKey):
        return LegacyKey(secret[:LEGACY_KEY_LENGTH])
    return EnhancedKey(secret, key.ticket_type) if len(secret) <= ENHANCED_KEY_MAX else None


def _mistaken_secrets(secret: bytes) -> Iterator[tuple[Slip, str, bytes]]:
    digits, half = secret.hex(), len(secret) // 2
    yield Slip.KEY_BYTES_SWAPPED, "end to end", secret[::-1]
    yield Slip.KEY_BYTES_SWAPPED, "in twos", _turned(secret, 2)
    yield Slip.KEY_BYTES_SWAPPED, "in fours", _turned(secret, 4)
    yield Slip.KEY_HALVES_EXCHANGED, "", secret[half:] + secret[:half]
    yield Slip.KEY_NIBBLES_REVERSED, "in each byte", bytes(byte >> 4 | byte << 4 & 0xFF for byte in secret)
    yield Slip.KEY_NIBBLES_REVERSED, "end to end", bytes.fromhex(digits[::-1])
    for coding, charset in (("ASCII", "ascii"), ("EBCDIC", EBCDIC)):
        yield Slip.KEY_READ_AS_TEXT, coding, digits.upper().encode(charset)
        yield Slip.KEY_READ_AS_TEXT, f"{coding}, small letters", digits.encode(charset)


def _turned(secret: bytes, size: int) -> bytes:
    """Each group of `size` bytes turned round, as a machine of the other byte order reads it."""
    return b"".join(secret[start : start + size][::-1] for start in range(0, len(secret), size))


def _mistaken_names(known: KnownKey, text: str, suspects: Suspects) -> Iterator[Reading]:
    userid, applid = suspects.userids[0], suspects.applids[0]
    for slip, detail, user, application in _mistaken_pairs(userid, applid):
        # DES takes whole blocks, so only an HMAC generator can leave a name as short as it is.
        whole = len(user.padded) == len(application.padded) == NAME_LENGTH
        if whole or isinstance(known.key, EnhancedKey):
            yield Reading(slip, user, application, known.key, text, known, detail)


def _mistaken_pairs(userid: UserId, applid: ApplId) -> Iterator[tuple[Slip, str, UserId, ApplId]]:
    yield Slip.NAMES_IN_ASCII, "", _in_ascii(userid), _in_ascii(applid)
    yield Slip.NAMES_NOT_PADDED, "filled with X'00'", _filled(userid, ZERO), _filled(applid, ZERO)
    yield Slip.NAMES_NOT_PADDED, "left short", _filled(userid, b""), _filled(applid, b"")
    yield Slip.NAMES_IN_LOWER_CASE, "the user ID", _in_lower_case(userid), applid
    yield Slip.NAMES_IN_LOWER_CASE, "the APPLID", userid, _in_lower_case(applid)
    yield Slip.NAMES_IN_LOWER_CASE, "both names", _in_lower_case(userid), _in_lower_case(applid)


def _filled(name: UserId | ApplId, fill: bytes) -> WireName:
    return WireName(name.value, name.ebcdic, fill)


def _in_ascii(name: UserId | ApplId) -> WireName:
    return WireName(name.value, name.value.encode("ascii"), ASCII_BLANK)


def _in_lower_case(name: UserId | ApplId) -> WireName:
    return WireName(name.value, name.value.lower().encode(EBCDIC), EBCDIC_BLANK)


def _miscopied(known: KnownKey, text: str, suspects: Suspects) -> Iterator[Reading]:
    userid, applid = suspects.userids[0], suspects.applids[0]
    if len(text) != enhanced.TICKET_LENGTH or not text.isascii():
        return
    for restored in _cases(text, known.key.ticket_type):
        yield Reading(Slip.CASE_LOST, userid, applid, known.key, restored, known)
    for meant in _misread(text, known.key.ticket_type):
        yield Reading(Slip.MISREAD, userid, applid, known.key, meant, known)


def _cases(text: str, ticket_type: TicketType) -> Iterator[str]:
    """What a text may have been before it was folded to one case: at most 2^8 texts."""
    if ticket_type is not TicketType.MIXED:
        yield text.upper()
    elif text in (text.upper(), text.lower()):
        for characters in product(*(dict.fromkeys((c.upper(), c.lower())) for c in text)):
            yield "".join(characters)


def _misread(text: str, ticket_type: TicketType) -> Iterator[str]:
    """The texts with one or two characters put right: at most 480, or 276 without small letters."""
    digits = _digits(ticket_type)
    lookalikes = [[c for c in _lookalikes(character) if c in digits] for character in text]
    for count in range(1, MOST_MISREAD + 1):
        for positions in combinations(range(len(text)), count):
            for meant in product(*(lookalikes[position] for position in positions)):
                characters = list(text)
                for position, character in zip(positions, meant, strict=True):
                    characters[position] = character
                yield "".join(characters)


def _lookalikes(character: str) -> str:
    groups = [group for group in LOOKALIKES if character in group]
    return "".join(groups).replace(character, "")
