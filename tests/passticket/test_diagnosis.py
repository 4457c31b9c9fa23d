"""Diagnosis: slips made by faulty generators of the test's own have to be named; strangers are not explained."""

import hmac
import random
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from Crypto.Cipher import DES
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, InputError, LegacyKey, TicketType, UserId, generate
from ptktctl.passticket import diagnosis, evaluation, legacy
from ptktctl.passticket.diagnosis import (
    BOUND,
    KnownKey,
    Moment,
    Net,
    Slip,
    Suspects,
    Tier,
    Verdict,
    allot,
    diagnose,
    neighbours,
    system_applids,
    zone_of,
)
from ptktctl.passticket.slips import SPACE_BITS, possible_types, readings

NOW = 1_700_000_000
HOUR, DAY = 3600, 86_400
IBMUSER, MIKEM = UserId("IBMUSER"), UserId("MIKEM")
FEKAPPL, CICSP, ZOWEAPPL = ApplId("FEKAPPL"), ApplId("CICSP"), ApplId("ZOWEAPPL")
DES_KEY = bytes.fromhex("9D3AC68F40B751E2")
CICS_KEY = bytes.fromhex("4F8A2B91D06C37E5")
SPARE_KEY = bytes.fromhex("51E6C2409B8D7F3A")
HMAC_KEY = bytes(range(100, 164))
LEGACY = KnownKey(FEKAPPL, "FEKAPPL", LegacyKey(DES_KEY), tried=True)
MIXED = KnownKey(FEKAPPL, "FEKAPPL", EnhancedKey(HMAC_KEY, TicketType.MIXED), tried=True)
UPPER = replace(MIXED, key=EnhancedKey(HMAC_KEY, TicketType.UPPER))
OF_CICS = KnownKey(CICSP, "CICSP", LegacyKey(CICS_KEY), tried=False)
SPARE = KnownKey(FEKAPPL, "FEKAPPL.SYS1", LegacyKey(SPARE_KEY), tried=False)
SecuredSignonKey = LegacyKey | EnhancedKey


def suspects(*keys: KnownKey, userids: tuple[UserId, ...] = (IBMUSER, MIKEM)) -> Suspects:
    return Suspects(userids, neighbours(FEKAPPL, (CICSP, FEKAPPL, *system_applids(["SYS1"]))), keys)


ALL = suspects(MIXED, LEGACY, OF_CICS, SPARE)


def faulty_legacy(secret: bytes, user: bytes, user_block: bytes, application: bytes, at: int = NOW) -> str:
    """A generator of legacy tickets that takes names and key as bytes, whatever they are."""
    des = DES.new(secret, DES.MODE_ECB).encrypt
    hidden = des(bytes(a ^ b for a, b in zip(des(user_block), application, strict=True)))
    word = int.from_bytes(hidden[:4]) ^ at
    pads = (user + b"\x55" * 12)[:12]
    left, right = f"{word:032b}"[:16], f"{word:032b}"[16:]
    for n, table in enumerate(legacy.PERMUTATIONS):
        pad = pads[6:] if n % 2 else pads[:6]
        mixed = int(left, 2) ^ int.from_bytes(des(int(right, 2).to_bytes(2) + pad)[:2])
        left, right = right, "".join(f"{mixed:016b}"[source - 1] for source in table)
    return legacy.translate(int(left + right, 2))


def faulty_enhanced(secret: bytes, names: bytes, *, upper: bool = False, at: int = NOW) -> str:
    """A generator of enhanced tickets that takes names and key as bytes, whatever they are."""
    number = at ^ int.from_bytes(hmac.digest(secret, names, "sha512")[:6])
    left, right = number >> 24, number & 0xFFFFFF
    for n in range(1, 7):
        digest = hmac.digest(secret, right.to_bytes(3) + bytes([n]) + names, "sha512")
        mixed = left ^ int.from_bytes(digest[:3])
        left, right = right, mixed & 0x1FFFF if upper and n % 2 else mixed
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
    base, number = 36 if upper else 64, left << 24 | right
    return "".join(digits[number // base**power % base] for power in range(7, -1, -1))


def ebcdic(text: str) -> bytes:
    return text.encode("cp1140")


def by_des(secret: bytes) -> str:
    return faulty_legacy(secret, ebcdic("IBMUSER"), ebcdic("IBMUSER "), ebcdic("FEKAPPL "))


def by_hmac(secret: bytes) -> str:
    return faulty_enhanced(secret, ebcdic("IBMUSER FEKAPPL "))


def test_the_faulty_generators_are_right_when_nothing_is_wrong() -> None:
    assert by_des(DES_KEY) == generate("IBMUSER", "FEKAPPL", LEGACY.key, at=NOW)
    assert by_hmac(HMAC_KEY) == generate("IBMUSER", "FEKAPPL", MIXED.key, at=NOW)
    upper = faulty_enhanced(HMAC_KEY, ebcdic("IBMUSER FEKAPPL "), upper=True)
    assert upper == generate("IBMUSER", "FEKAPPL", UPPER.key, at=NOW)


USER, USER_BLOCK, APPL_BLOCK = ebcdic("IBMUSER"), ebcdic("IBMUSER "), ebcdic("FEKAPPL ")
SLIPS = {
    "nothing": (Slip.NONE, "", by_des(DES_KEY)),
    "user": (Slip.OTHER_USERID, "", generate("MIKEM", "FEKAPPL", LEGACY.key, at=NOW)),
    "applid of the store": (Slip.OTHER_APPLID, "", generate("IBMUSER", "CICSP", OF_CICS.key, at=NOW)),
    "OMVSAPPL": (Slip.OTHER_APPLID, "", generate("IBMUSER", "OMVSAPPL", LEGACY.key, at=NOW)),
    "TSO": (Slip.OTHER_APPLID, "", generate("IBMUSER", "TSOSYS1", LEGACY.key, at=NOW)),
    "MVS": (Slip.OTHER_APPLID, "", generate("IBMUSER", "MVSSYS1", MIXED.key, at=NOW)),
    "key of another applid": (Slip.OTHER_KEY, "", by_des(CICS_KEY)),
    "key of another profile": (Slip.OTHER_KEY, "", by_des(SPARE_KEY)),
    "other type": (Slip.OTHER_TYPE, "", faulty_enhanced(HMAC_KEY, USER_BLOCK + APPL_BLOCK, upper=True)),
    "key cut": (Slip.KEY_CUT, "", by_des(HMAC_KEY[:8])),
    "key backwards": (Slip.KEY_BYTES_SWAPPED, "end to end", by_des(bytes.fromhex("E251B7408FC63A9D"))),
    "key in twos": (Slip.KEY_BYTES_SWAPPED, "in twos", by_des(bytes.fromhex("3A9D8FC6B740E251"))),
    "key in fours": (Slip.KEY_BYTES_SWAPPED, "in fours", by_des(bytes.fromhex("8FC63A9DE251B740"))),
    "key halves": (Slip.KEY_HALVES_EXCHANGED, "", by_des(bytes.fromhex("40B751E29D3AC68F"))),
    "key nibbles": (Slip.KEY_NIBBLES_REVERSED, "in each byte", by_des(bytes.fromhex("D9A36CF8047B152E"))),
    "key digits": (Slip.KEY_NIBBLES_REVERSED, "end to end", by_des(bytes.fromhex("2E157B04F86CA3D9"))),
    "key as ASCII": (Slip.KEY_READ_AS_TEXT, "ASCII", by_des(b"9D3AC68F")),
    "key as ascii": (Slip.KEY_READ_AS_TEXT, "ASCII, small letters", by_hmac(HMAC_KEY.hex().encode())),
    "key as EBCDIC": (Slip.KEY_READ_AS_TEXT, "EBCDIC", by_des(ebcdic("9D3AC68F"))),
    "key as ebcdic": (Slip.KEY_READ_AS_TEXT, "EBCDIC, small letters", by_des(ebcdic("9d3ac68f"))),
    "HMAC key backwards": (Slip.KEY_BYTES_SWAPPED, "end to end", by_hmac(bytes(range(163, 99, -1)))),
    "HMAC key halves": (Slip.KEY_HALVES_EXCHANGED, "", by_hmac(bytes([*range(132, 164), *range(100, 132)]))),
    "ASCII": (Slip.NAMES_IN_ASCII, "", faulty_legacy(DES_KEY, b"IBMUSER", b"IBMUSER ", b"FEKAPPL ")),
    "HMAC ASCII": (Slip.NAMES_IN_ASCII, "", faulty_enhanced(HMAC_KEY, b"IBMUSER FEKAPPL ")),
    "zeros": (
        Slip.NAMES_NOT_PADDED,
        "filled with X'00'",
        faulty_legacy(DES_KEY, USER, USER + b"\0", ebcdic("FEKAPPL") + b"\0"),
    ),
    "short": (Slip.NAMES_NOT_PADDED, "left short", faulty_enhanced(HMAC_KEY, ebcdic("IBMUSERFEKAPPL"))),
    "lower user": (
        Slip.NAMES_IN_LOWER_CASE,
        "the user ID",
        faulty_legacy(DES_KEY, ebcdic("ibmuser"), ebcdic("ibmuser "), APPL_BLOCK),
    ),
    "lower applid": (
        Slip.NAMES_IN_LOWER_CASE,
        "the APPLID",
        faulty_legacy(DES_KEY, USER, USER_BLOCK, ebcdic("fekappl ")),
    ),
    "lower both": (Slip.NAMES_IN_LOWER_CASE, "both names", faulty_enhanced(HMAC_KEY, ebcdic("ibmuser fekappl "))),
    "folded up": (Slip.CASE_LOST, "", by_hmac(HMAC_KEY).upper()),
    "folded down": (Slip.CASE_LOST, "", by_hmac(HMAC_KEY).lower()),
    "legacy folded down": (Slip.CASE_LOST, "", by_des(DES_KEY).lower()),
}


@pytest.mark.parametrize("name", SLIPS)
def test_each_slip_is_named(name: str) -> None:
    slip, detail, ticket = SLIPS[name]
    best = diagnose(ticket, ALL, NOW + 3).candidates[0]
    assert (best.reading.slip, best.reading.detail, best.generated, best.moment) == (
        slip,
        detail,
        NOW,
        Moment.IN_WINDOW,
    )
    assert best.chance <= BOUND
    assert best.is_valid is (slip is Slip.NONE)


def test_every_slip_has_its_test() -> None:
    assert {slip for slip, _, _ in SLIPS.values()} | {Slip.MISREAD} == set(Slip)


@pytest.mark.parametrize(
    ("name", "userid", "applid", "profile"),
    [
        ("user", "MIKEM", "FEKAPPL", "FEKAPPL"),
        ("applid of the store", "IBMUSER", "CICSP", "CICSP"),
        ("OMVSAPPL", "IBMUSER", "OMVSAPPL", "FEKAPPL"),
        ("MVS", "IBMUSER", "MVSSYS1", "FEKAPPL"),
        ("key of another applid", "IBMUSER", "FEKAPPL", "CICSP"),
        ("key of another profile", "IBMUSER", "FEKAPPL", "FEKAPPL.SYS1"),
        ("lower both", "IBMUSER", "FEKAPPL", "FEKAPPL"),
    ],
)
def test_what_it_was_made_of_is_told(name: str, userid: str, applid: str, profile: str) -> None:
    reading = diagnose(SLIPS[name][2], ALL, NOW).candidates[0].reading
    assert (reading.userid.value, reading.applid.value, reading.known.name) == (userid, applid, profile)


def misread(ticket: str, count: int) -> str:
    """A ticket as it is typed by someone who takes characters for those they look like."""
    wrong = dict(zip("O0I1S5B8Z2", "0O1I5S8B2Z", strict=True))
    positions = [position for position, character in enumerate(ticket) if character in wrong][:count]
    return "".join(wrong[c] if position in positions else c for position, c in enumerate(ticket))


@pytest.mark.parametrize("known", [LEGACY, UPPER, MIXED], ids=["legacy", "upper", "mixed"])
@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_misread_characters_are_put_right(known: KnownKey, count: int) -> None:
    named = 0
    for at in range(NOW, NOW + 40):
        ticket = generate("IBMUSER", "FEKAPPL", known.key, at=at)
        typed = misread(ticket, count)
        if sum(a != b for a, b in zip(ticket, typed, strict=True)) == count:
            best = diagnose(typed, suspects(known), NOW + 60).candidates[0]
            assert (best.reading.slip, best.generated) == (Slip.MISREAD, at)
            named += 1
    assert named > 10


def test_three_misread_characters_are_beyond_it() -> None:
    known = suspects(LEGACY)
    tickets = [generate("IBMUSER", "FEKAPPL", LEGACY.key, at=at) for at in range(NOW, NOW + 200)]
    typed = [misread(ticket, 3) for ticket in tickets if sum(c in "O0I1S5B8Z2" for c in ticket) >= 3]
    assert typed
    assert not any(diagnose(each, known, NOW).candidates for each in typed)


def test_restoring_case_tells_how_many_ways_there_are() -> None:
    ticket = by_hmac(HMAC_KEY)
    letters = sum(character.isalpha() for character in ticket)
    best = diagnose(ticket.upper(), suspects(MIXED), NOW).candidates[0]
    assert best.readings == 2**letters - 1


@pytest.mark.parametrize(
    ("known", "age", "moment", "zone"),
    [
        (LEGACY, 600, Moment.IN_WINDOW, None),
        (LEGACY, -600, Moment.IN_WINDOW, None),
        (LEGACY, 601, Moment.LATE, None),
        (LEGACY, -601, Moment.AHEAD, None),
        (MIXED, 60, Moment.IN_WINDOW, None),
        (MIXED, 61, Moment.TOO_SLOW, None),
        (UPPER, 600, Moment.TOO_SLOW, None),
        (MIXED, 601, Moment.LATE, None),
        (MIXED, -61, Moment.AHEAD, None),
        (LEGACY, 7203, Moment.LOCAL_TIME, -7200),
        (LEGACY, -7203, Moment.LOCAL_TIME, 7200),
        (MIXED, -19_790, Moment.LOCAL_TIME, 19_800),
        (LEGACY, 12 * HOUR, Moment.LOCAL_TIME, -12 * HOUR),
        (LEGACY, 13 * HOUR, Moment.LATE, None),
        (LEGACY, -14 * HOUR, Moment.LOCAL_TIME, 14 * HOUR),
        (LEGACY, -15 * HOUR, Moment.AHEAD, None),
        (MIXED, -20_700, Moment.LOCAL_TIME, 20_700),
        (MIXED, 20_700, Moment.LATE, None),
        (LEGACY, 1800, Moment.LATE, None),
        (LEGACY, 3661, Moment.LATE, None),
        (LEGACY, DAY, Moment.OLD, None),
        (LEGACY, 9 * DAY, Moment.OLD, None),
        (MIXED, 365 * DAY, Moment.OLD, None),
    ],
)
def test_what_the_moment_means(known: KnownKey, age: int, moment: Moment, zone: int | None) -> None:
    ticket = generate("IBMUSER", "FEKAPPL", known.key, at=NOW - age)
    best = diagnose(ticket, suspects(known), NOW).candidates[0]
    assert (best.reading.slip, best.moment, best.zone, best.age) == (Slip.NONE, moment, zone, age)


def test_the_timeout_is_the_applications() -> None:
    ticket = generate("IBMUSER", "FEKAPPL", MIXED.key, at=NOW - 200)
    assert diagnose(ticket, suspects(MIXED), NOW, timeout=300).verdict is Verdict.VALID
    assert diagnose(ticket, suspects(MIXED), NOW, timeout=100).candidates[0].moment is Moment.TOO_SLOW


@pytest.mark.parametrize("hours", [-12, -5, -3.5, 1, 5.5, 9, 14])
def test_a_slip_is_found_in_local_time_too(hours: float) -> None:
    """With 50 other applications, which leave little room for a wide reach."""
    others = [KnownKey(ApplId(f"APPL{n}"), f"APPL{n}", LegacyKey(bytes([2 * n]) * 8), tried=False) for n in range(50)]
    many = Suspects((IBMUSER,), (FEKAPPL, *(known.applid for known in others)), (LEGACY, *others))
    ahead = int(hours * HOUR)
    ticket = generate("IBMUSER", "APPL7", others[7].key, at=NOW + ahead)
    best = diagnose(ticket, many, NOW).candidates[0]
    assert (best.reading.slip, best.reading.applid.value, best.zone) == (Slip.OTHER_APPLID, "APPL7", ahead)


@given(st.integers(-60 * DAY, 60 * DAY))
@example(0)
@example(1800)
def test_zones_are_whole_and_half_hours_and_a_few_quarters(age: int) -> None:
    hours = [n / 2 for n in range(-24, 29) if abs(n) >= 2] + [5.75, 8.75, 12.75, 13.75]
    assert zone_of(age) == next((each * HOUR for each in hours if abs(each * HOUR + age) <= 60), None)


def test_every_offset_that_a_zone_has_now_is_known() -> None:
    moments = [datetime(2026, month, 15, tzinfo=UTC) for month in (1, 7)]
    zones = [ZoneInfo(name) for name in available_timezones() if not name.startswith("Etc/")]
    offsets = {moment.astimezone(zone).utcoffset() for moment in moments for zone in zones}
    seconds = {offset.total_seconds() for offset in offsets if offset}
    assert len(seconds) > 30
    assert {zone_of(-int(each)) for each in seconds} == seconds


@given(st.integers(-DAY, DAY), st.sampled_from([LEGACY, UPPER, MIXED]))
def test_a_ticket_that_verify_knows_needs_no_search(age: int, known: KnownKey) -> None:
    ticket = generate("IBMUSER", "FEKAPPL", known.key, at=NOW - age)
    found = diagnose(ticket, suspects(known, OF_CICS), NOW)
    assert [(each.reading.slip, each.age) for each in found.candidates] == [(Slip.NONE, age)]
    assert found.readings == 1


def chances_of_all(counts: dict[tuple[Tier, TicketType], int], bound: float) -> float:
    return sum(
        count * allot(count, tier, kind, bound).seconds(10**15) / (1 << SPACE_BITS[kind])
        for (tier, kind), count in counts.items()
    )


POOLS = st.tuples(st.sampled_from(list(Tier)), st.sampled_from(list(TicketType)))


@given(st.dictionaries(POOLS, st.integers(1, 10_000_000)), st.sampled_from([BOUND, 1e-6, 0.2]))
def test_all_that_counts_as_a_hit_keeps_to_the_bound(counts: dict[tuple[Tier, TicketType], int], bound: float) -> None:
    assert chances_of_all(counts, bound) <= bound * (1 + 1e-9)


@given(st.integers(1, 100_000), st.sampled_from(list(Tier)), st.sampled_from(list(TicketType)))
def test_more_readings_make_the_net_no_wider(count: int, tier: Tier, kind: TicketType) -> None:
    assert allot(2 * count, tier, kind).seconds(10**9) <= allot(count, tier, kind).seconds(10**9)


@settings(max_examples=40)
@given(st.integers(-1, 9000), st.booleans(), st.integers(0, 12_000))
def test_the_seconds_of_a_net_are_never_told_too_few(reach: int, zones: bool, distance: int) -> None:
    net = Net(reach, zones)
    assert sum(map(net.holds, range(-distance, distance + 1))) <= net.seconds(distance)


def strangers(kind: TicketType, count: int, draw: random.Random) -> list[str]:
    """Tickets of other people's keys, made about now."""
    keys: list[SecuredSignonKey] = [
        LegacyKey(draw.randbytes(8)) if kind is TicketType.LEGACY else EnhancedKey(draw.randbytes(64), kind)
        for _ in range(count)
    ]
    return [generate("IBMUSER", "FEKAPPL", key, at=NOW + draw.randrange(-300, 300)) for key in keys]


def test_strangers_are_explained_no_oftener_than_stated() -> None:
    """2 of 2,000 would be the bound; 8 or more would come by chance once in 900 runs, were the draw not fixed."""
    known = suspects(LEGACY)
    claims = [diagnose(each, known, NOW).candidates for each in strangers(TicketType.LEGACY, 2000, random.Random(5))]
    assert sum(map(bool, claims)) < 8


@pytest.mark.parametrize(("kind", "least"), [(TicketType.LEGACY, 25), (TicketType.UPPER, 0), (TicketType.MIXED, 0)])
def test_the_bound_means_what_it_says(kind: TicketType, least: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bound of one in four it can be measured: 50 of 200, and no more than 3 deviations (18) beyond."""
    monkeypatch.setattr(diagnosis, "FARTHEST", dict.fromkeys(Tier, 2**40))
    claims = [diagnose(each, ALL, NOW, bound=0.25).candidates for each in strangers(kind, 200, random.Random(6))]
    assert least <= sum(map(bool, claims)) <= 68
    assert all(each.chance <= 0.25 for candidates in claims for each in candidates)


def test_candidates_come_with_the_least_chance_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "FARTHEST", dict.fromkeys(Tier, 2**40))
    tickets = strangers(TicketType.LEGACY, 60, random.Random(7))
    several = [diagnose(each, ALL, NOW, bound=0.99).candidates for each in tickets]
    assert max(map(len, several)) > 1
    assert all(list(each) == sorted(each, key=lambda candidate: candidate.chance) for each in several)


def store_of(size: int) -> Suspects:
    draw = random.Random(size)
    others = [ApplId(f"APPL{n:03}") for n in range(size)]
    legacy_keys = [KnownKey(applid, applid.value, LegacyKey(draw.randbytes(8)), tried=False) for applid in others]
    enhanced_keys = [KnownKey(applid, applid.value, EnhancedKey(draw.randbytes(32)), tried=False) for applid in others]
    applids = neighbours(FEKAPPL, (*others, *system_applids(["SYS1", "SYS2"])))
    return Suspects((IBMUSER, MIKEM), applids, (MIXED, LEGACY, *legacy_keys, *enhanced_keys))


@pytest.mark.parametrize("ticket", ["OOIIOOII", "00110011", "SsUuVv5o", generate("X", "Y", OF_CICS.key, at=1)])
@pytest.mark.parametrize("size", [0, 10, 100])
def test_the_work_is_bounded(ticket: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    decodings: list[str] = []
    real = evaluation.decode

    def counted(text: str, userid: UserId, applid: ApplId, key: SecuredSignonKey) -> int | None:
        decodings.append(text)
        return real(text, userid, applid, key)

    monkeypatch.setattr(evaluation, "decode", counted)
    found = diagnose(ticket, store_of(size), NOW)
    assert len(decodings) == found.readings <= 1600 + 8 * size


def test_no_reading_is_tried_twice() -> None:
    """A name of 8 characters needs no padding, a key of equal halves can't be exchanged."""
    key = LegacyKey(bytes.fromhex("9D3AC68F9D3AC68F"))
    eight = ApplId("ZOWEAPPL")
    known = Suspects((UserId("USERID08"),), (eight,), (KnownKey(eight, "ZOWEAPPL", key, tried=True),))
    read = [reading for tier in Tier for reading in readings(tier, "QHOAH1TV", known)]
    possible = {reading.identity() for reading in read if legacy.untranslate(reading.text) is not None}
    assert diagnose("QHOAH1TV", known, 0).readings == len(possible) < len(read)


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    found = diagnose(text, ALL, NOW)
    assert found.verdict in Verdict
    assert (found.verdict is Verdict.IMPOSSIBLE) <= (found.candidates == ())


@pytest.mark.parametrize(
    "text", ["", "secret", "p@ssw0rd", "longer than a ticket", "ABCDEFG\u0130", "ABCDEFG\u00df", "  AAAAAA"]
)
def test_what_can_be_no_ticket_is_called_so(text: str) -> None:
    found = diagnose(text, ALL, NOW)
    assert (found.verdict, found.candidates, found.possible) == (Verdict.IMPOSSIBLE, (), ())


def test_impossible_counts_the_kinds_at_hand() -> None:
    assert diagnose("password", suspects(LEGACY), NOW).verdict is Verdict.IMPOSSIBLE
    assert diagnose("password", suspects(MIXED), NOW).verdict is Verdict.UNEXPLAINED
    assert diagnose("ZZZZZZZZ", suspects(UPPER), NOW).verdict is Verdict.IMPOSSIBLE


@given(st.sampled_from([LEGACY, UPPER, MIXED]), st.integers(0, 2**32 - 1))
def test_every_ticket_is_possible(known: KnownKey, at: int) -> None:
    assert known.key.ticket_type in possible_types(generate("IBMUSER", "FEKAPPL", known.key, at=at))


@pytest.mark.parametrize("name", SLIPS)
def test_neither_ticket_nor_key_is_shown(name: str) -> None:
    ticket = SLIPS[name][2]
    shown = repr(diagnose(ticket, ALL, NOW)).upper()
    assert by_des(DES_KEY) not in shown
    assert ticket.upper() not in shown
    assert not any(secret.hex().upper() in shown for secret in (DES_KEY, CICS_KEY, SPARE_KEY, HMAC_KEY))


@pytest.mark.parametrize("smfid", ["", "ABCDE", "A.B", "\u00c4"])
def test_an_smf_id_has_four_characters_at_most(smfid: str) -> None:
    with pytest.raises(InputError):
        system_applids([smfid])


def test_the_neighbours_of_an_applid() -> None:
    near = [applid.value for applid in neighbours(ZOWEAPPL, (CICSP, ZOWEAPPL, *system_applids(["sys1"])))]
    assert near[:4] == ["ZOWEAPPL", "CICSP", "TSOSYS1", "MVSSYS1"]
    assert {"OMVSAPPL", "FEKAPPL", "IZUDFLT"} < set(near)
    assert len(near) == len(set(near))
