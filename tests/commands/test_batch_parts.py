"""The parts of a batch by themselves: lines taken apart quickly or exactly, columns or one by one, processes."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, LegacyKey, PtktctlError, TicketType, UserId
from ptktctl.commands import batch, batch_jobs, batch_lines, batch_sheet, batch_subjects, batch_work
from ptktctl.commands.batch_lines import Chunk, ChunkReader, Fields
from ptktctl.commands.batch_sheet import Sheet
from ptktctl.commands.batch_subjects import Directory, Profile
from ptktctl.commands.batch_work import Valid
from ptktctl.commands.context import Context
from ptktctl.commands.wording import instant
from ptktctl.errors import InputError, StoreMissingError, StoreWriteError
from ptktctl.passticket import evaluation
from ptktctl.passticket.keys import SecuredSignonKey
from ptktctl.passticket.names import NAME_CHARACTERS

NOW = 1_700_000_000
KEYS: list[SecuredSignonKey] = [
    LegacyKey(b"\x12\x34\x56\x78\x9a\xbc\xde\xf0"),
    LegacyKey(b"otherkey"),
    EnhancedKey(bytes(range(64)), TicketType.MIXED),
    EnhancedKey(bytes(range(200)), TicketType.UPPER),
]


class Pieces:
    """A stream of which each read gives one piece, as a pipe does."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.left = [piece for piece in pieces if piece]

    def read1(self, size: int) -> bytes:
        if not self.left:
            return b""
        piece = self.left.pop(0)
        self.left[:0] = [piece[size:]] if piece[size:] else []
        return piece[:size]

    def read(self, size: int) -> bytes:
        raise AssertionError("read waits for all of it")

    def fileno(self) -> int:
        raise OSError


class Endless(Pieces):
    """A line that does not end, as far as it matters."""

    def __init__(self, piece: bytes, times: int) -> None:
        super().__init__([])
        self.piece, self.times = piece, times

    def read1(self, size: int) -> bytes:
        self.times -= 1
        return self.piece[:size] if self.times >= 0 else b"\nIBMUSER FEKAPPL\n" if self.times == -1 else b""


def read(pieces: Sequence[bytes], limit: int = 64) -> list[Chunk]:
    return list(ChunkReader(cast(BinaryIO, Pieces(pieces)), limit))


@given(st.lists(st.binary(max_size=100)))
def test_chunks_are_whole_lines_and_nothing_is_lost(pieces: list[bytes]) -> None:
    chunks = read(pieces)
    text = b"".join(pieces).removeprefix(batch_lines.BYTE_ORDER_MARK)
    assert b"".join(chunk.text for chunk in chunks).rstrip(b"\n") == text.rstrip(b"\n")
    number = 1
    for chunk in chunks:
        assert chunk.text.endswith(b"\n")
        assert chunk.first == number
        number += chunk.text.count(b"\n")
    assert not chunks or chunks[-1].end == len(b"".join(pieces))


@given(st.lists(st.sampled_from([b"\n", b"A\n", b"A B 1\n" * 30, b"X" * 50 + b"\n"])))
def test_chunks_have_no_more_lines_than_allowed(pieces: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_lines, "MOST_LINES", 3)
        chunks = read(pieces, 10_000)
    assert b"".join(chunk.text for chunk in chunks) == b"".join(pieces)
    assert all(chunk.text.count(b"\n") <= 3 for chunk in chunks)


class Typed(Pieces):
    """A stream that goes on after its end, as a terminal does after Ctrl-D."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__(())
        self.left = list(pieces)


@pytest.mark.parametrize("typed", [[b"A\n"], [b"A\nB", b"C\n"], []])
def test_the_end_of_a_terminal_is_the_end(typed: list[bytes]) -> None:
    chunks = list(ChunkReader(cast(BinaryIO, Typed([*typed, b"", b"X Y\n"]))))
    assert b"".join(chunk.text for chunk in chunks) == b"".join(typed)


@pytest.mark.parametrize(("piece", "rows"), [(b"X" * 65_536, 2), (b" " * 65_536, 1), (b"# " * 32_768, 1)])
def test_a_line_of_any_length_takes_no_memory(piece: bytes, rows: int) -> None:
    chunks = list(ChunkReader(cast(BinaryIO, Endless(piece, 1600))))
    assert sum(len(chunk.text) for chunk in chunks) < batch_lines.CHUNK + 2 * batch_lines.KEPT
    fields = [batch_lines.split(chunk, NOW, with_tickets=False) for chunk in chunks]
    assert sum(len(each.numbers) for each in fields) == rows
    assert [fault.message for each in fields if isinstance(each, Fields) for fault in each.faults.values()] == [
        "the line has more than 1024 bytes"
    ] * (rows - 1)


GAPS = st.sampled_from([b" ", b"\t", b",", b", ", b"  ", b" " * 150])
WORDS = (
    "IBMUSER ibmuser A FEKAPPL now NOW 11 12345678 1700000000 17000000002 -5m +30s -5 # #A A# AEPRRZ3S a_Bc-De9 ? 1_0 é"
)
ODD_FIELDS = (
    b"2026-11-22T10:00:00Z",
    b"2026-11-22T10:00:00",
    b"X" * 300,
    b"1" * 19,
    b"0" * 18 + b"7",
    b"\xff",
    b"A\0B",
)
CONTROLS = (b"\x01", b"\v", b"A\rB", b"\x1c")
FIELDS = st.sampled_from([*(word.encode() for word in WORDS.split()), *ODD_FIELDS, *CONTROLS])
LINES = st.lists(st.tuples(FIELDS, GAPS).map(b"".join), max_size=6).map(b"".join) | st.binary(max_size=20).map(
    lambda line: line.replace(b"\n", b"")
)
CHUNKS = st.tuples(
    st.lists(LINES, min_size=1, max_size=6)
    | st.tuples(st.lists(FIELDS, min_size=1, max_size=4), st.integers(1, 5)).map(lambda x: [b" ".join(x[0])] * x[1]),
    st.sampled_from([b"\n", b"\r\n"]),
).map(lambda made: b"".join(line + made[1] for line in made[0]))


def exactly(text: bytes, with_tickets: bool) -> Fields:
    return batch_lines.split_singly(Chunk(5, text, len(text)), NOW, with_tickets=with_tickets)


def capital(field: str) -> str:
    """A name as it stands in a sheet; another field as it is."""
    name = field.upper()
    return name if field.isascii() and len(name) <= 8 and not name.strip(NAME_CHARACTERS) else field


def words(lines: Sheet | Fields) -> tuple[list[str], list[str]]:
    """The user IDs and APPLIDs, names in capitals; empty where an APPLID is left out."""
    if isinstance(lines, Fields):
        return [*map(capital, lines.userids)], [*map(capital, lines.applids)]
    count = len(lines.numbers)
    columns = [
        [column.others.get(n, batch_subjects.name_at(column.records, n)) for n in range(count)]
        if column
        else [""] * count
        for column in (lines.userids, lines.applids)
    ]
    return columns[0], columns[1]


@pytest.mark.parametrize("with_tickets", [False, True])
@settings(max_examples=600)
@given(text=CHUNKS)
def test_the_quick_way_agrees_with_the_exact_one(text: bytes, with_tickets: bool) -> None:
    quick = batch_lines.split(Chunk(5, text, len(text)), NOW, with_tickets=with_tickets)
    exact = exactly(text, with_tickets)
    assert words(quick) == words(exact)
    for name in ("numbers", "moments"):
        assert list(getattr(quick, name)) == list(getattr(exact, name)), name
    assert quick.tickets == exact.tickets
    if isinstance(quick, Fields):
        assert {n: f.args for n, f in quick.faults.items()} == {n: f.args for n, f in exact.faults.items()}
    else:
        assert not exact.faults


@pytest.mark.parametrize(
    ("text", "with_tickets"),
    [
        (b"IBMUSER FEKAPPL 1700000000\n" * 3, False),
        (b"IBMUSER FEKAPPL 1700000000\nA B 1\n", False),
        (b"ibmuser,FEKAPPL\r\nB,US#2\r\n", False),
        (b"IBMUSER\nB\n", False),
        (b"IBMUSER 1700000000\nB 1234567890\n", False),
        (b"IBMUSER FEKAPPL 123456789012345\n", False),
        (b"IBMUSER FEKAPPL 1234567890123456\n", False),
        (b"IBMUSER FEKAPPL 123456789012345678\n", False),
        (b"  IBMUSER   FEKAPPL 1700000000  \nA  B 1\n", False),
        (b"A B 2026-11-22T10:00:00Z\nA B -5m\n", False),
        (b"A now 1700000000\n", False),
        (b"A.1 LONGAPPLID 17\nTOOLONG12 B 18\n", False),
        (b"A B AEPRRZ3S\nA B short\n", True),
        (b"A B AEPRRZ3S1\nA B AEPRRZ3S\n", True),
        (b"A\tB\tAEPRRZ3S\t1700000000\n", True),
        (b"A B AEPRRZ3S 1700000000\nA B AEPRR 1700000000\n", True),
        (b"A B AEPRRZ3S now\nA.1 AEPRRZ3S B now\n", True),
    ],
)
def test_usual_lines_go_the_quick_way(text: bytes, with_tickets: bool) -> None:
    exact = exactly(text, with_tickets)
    quick = batch_lines.split(Chunk(5, text, len(text)), NOW, with_tickets=with_tickets)
    assert isinstance(quick, Sheet)
    assert (words(quick), quick.tickets, list(quick.moments)) == (words(exact), exact.tickets, exact.moments)


@pytest.mark.parametrize(
    ("text", "with_tickets"),
    [
        (b"A B\nA\n", False),
        (b"A B 1 2\n", False),
        (b"A B\nA 1700000000\n", False),
        (b"A B\nA now\n", False),
        (b"A B\nA -5m\n", False),
        (b"A 1700000000\nA 17000000000\n", False),
        (b"A B tomorrow\n", False),
        (b"A B 1234567890123456789\n", False),
        (b"A X%s 1\n" % (b"X" * 31), False),
        (b"A B\n", True),
        (b"A B AEPRRZ3S 1 2\n", True),
        (b"A B AEPRRZ3S 1.5\n", True),
    ],
)
def test_lines_that_may_mean_different_things_go_the_exact_way(text: bytes, with_tickets: bool) -> None:
    quick = batch_lines.split(Chunk(5, text, len(text)), NOW, with_tickets=with_tickets)
    assert isinstance(quick, Fields)


@given(st.integers(1, 16).flatmap(lambda n: st.lists(st.text("0123456789", min_size=n, max_size=n), min_size=1)))
def test_numbers_of_digits_in_planes(texts: list[str]) -> None:
    digits = [bytes(column) for column in zip(*(text.encode() for text in texts), strict=True)]
    assert list(batch_sheet.values(digits)) == [int(text) for text in texts]


@pytest.mark.parametrize("gap", [b" ", b"\t", b", "])
@pytest.mark.parametrize("length", [batch_lines.LONGEST_LINE, batch_lines.LONGEST_LINE + 1])
@pytest.mark.parametrize("at", [0, 1, 50, 500])
def test_the_longest_line_is_equally_long_both_ways(length: int, gap: bytes, at: int) -> None:
    line = b"X".ljust(length - len(gap) - 1, b"X") + gap + b"A"
    text = b"".join([*[b"IBMUSER FEKAPPL\n"] * at, line + b"\n", *[b"IBMUSER FEKAPPL\n"] * (500 - at)])
    fields = batch_lines.split(Chunk(1, text, len(text)), NOW, with_tickets=False)
    assert list(getattr(fields, "faults", ())) == ([at] if length > batch_lines.LONGEST_LINE else [])


@pytest.mark.parametrize(
    ("line", "applid", "moment"),
    [
        ("IBMUSER", "", NOW),
        ("IBMUSER 12345678", "12345678", NOW),
        ("IBMUSER 123456789", "", 123_456_789),
        ("IBMUSER now", "", NOW),
        ("IBMUSER NOW", "NOW", NOW),
        ("IBMUSER -5m", "", NOW - 300),
        ("IBMUSER 2023-11-14T22:13:21+00:00", "", NOW + 1),
        ("IBMUSER A#1 # remark", "A#1", NOW),
        (" IBMUSER,, A,\t17 ", "A", 17),
    ],
)
def test_what_follows_a_user_id(line: str, applid: str, moment: int) -> None:
    fields = batch_lines.split(Chunk(1, f"{line}\n".encode(), 0), NOW, with_tickets=False)
    assert (*words(fields), list(fields.moments)) == (["IBMUSER"], [applid], [moment])
    assert isinstance(fields, Sheet) or not fields.faults


@pytest.mark.parametrize(
    ("line", "comment"),
    [(b"A #", True), (b"A # x", True), (b" # x", True), (b"#A", True), (b"A #B", False), (b"A# B#", False)],
)
def test_a_comment_is_a_sign_alone_or_at_the_beginning(line: bytes, comment: bool) -> None:
    assert batch_lines._has_comment(b"U1 B\n" + line + b"\nU2 B\n") == comment


@pytest.mark.parametrize(("line", "byte"), [(b"U1 \xff", 4), (b"  U1 \xff", 6), (b"\xff", 1)])
def test_a_byte_that_is_no_text_is_counted_from_the_beginning(line: bytes, byte: int) -> None:
    faults = batch_lines.split_singly(Chunk(1, line + b"\n", 0), NOW, with_tickets=False).faults
    assert faults[0].message == f"byte {byte} is not UTF-8"


def resolver(profiles: dict[str, Profile]) -> Callable[[UserId, ApplId], Profile]:
    def resolve(userid: UserId, applid: ApplId) -> Profile:
        if applid.value not in profiles:
            raise InputError(f"the APPLID {applid} is not defined")
        if applid.value == "NOKEY":
            raise StoreMissingError("no key is stored for NOKEY")
        profile = profiles[applid.value]
        if profile.for_all_users:
            return profile
        # Every user has keys of their own: those of the profile, turned by the length of the name.
        turn = len(userid.value) % len(profile.keys)
        return Profile((*profile.keys[turn:], *profile.keys[:turn]), profile.timeout, profile.single_use, False)

    return resolve


PROFILES = {f"K{n}": Profile((key,), timeout=40 + n) for n, key in enumerate(KEYS)} | {
    "BOTH": Profile((KEYS[2], KEYS[0]), timeout=20),
    "REVERSE": Profile((KEYS[0], KEYS[2], KEYS[3]), timeout=120),
    "OWN": Profile(tuple(KEYS), for_all_users=False),
    "NOKEY": Profile(()),
    "EMPTY": Profile(()),
}
RESOLVE = resolver(PROFILES)
USERS = st.text("ABC19@#$", min_size=1, max_size=8).filter(lambda name: not name.startswith("#"))
APPLIDS = st.sampled_from(["K0", "K1", "K2", "K3", "BOTH", "REVERSE", "OWN"])


def rows_of(work: batch_work.Work, lines: Sequence[str]) -> list[dict[str, Any]]:
    text = "".join(f"{line}\n" for line in lines).encode()
    result = work.answer(Chunk(1, text, len(text)))
    rows = [json.loads(row) for row in result.text.splitlines()]
    assert result.rows == len(rows)
    assert result.faults == sum("error" in row for row in rows)
    assert result.refused == sum(row.get("outcome") not in (None, "valid") for row in rows)
    return rows


@pytest.fixture(params=[batch_subjects.MOST_NAMES, 4, 0], ids=["roomy", "forgetful", "without memory"])
def memory(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_subjects, "MOST_NAMES", request.param)
        yield


@pytest.mark.usefixtures("memory")
@given(st.lists(st.lists(st.tuples(USERS, APPLIDS, st.integers(0, 2**32 - 1)), min_size=1, max_size=9), max_size=4))
def test_tickets_of_any_mixture(chunks: list[list[tuple[str, str, int]]]) -> None:
    work = batch_work.GenWork(RESOLVE, lambda: ApplId("K0"), lambda: NOW, "jsonl")
    for lines in chunks:
        for row, (user, applid, at) in zip(
            rows_of(work, [f"{user} {applid} {at}" for user, applid, at in lines]), lines, strict=True
        ):
            key = RESOLVE(UserId(user), ApplId(applid)).keys[0]
            assert row["ticket"] == evaluation.generate(UserId(user), ApplId(applid), key, at)
            assert (row["userid"], row["applid"]) == (user, applid)


@pytest.mark.usefixtures("memory")
@given(data=st.data())
def test_verdicts_of_any_mixture(data: st.DataObject) -> None:
    work = batch_work.VerifyWork(RESOLVE, None, lambda: NOW, "jsonl")
    looks = st.text("ABCXYZ0189", min_size=8, max_size=8) | st.text("ab!é-", min_size=1, max_size=9)
    ages = st.sampled_from([0, 20, 21, -21, 60, 61, 120, 600, -600, 601, 86_400, 86_401, -86_401, 31_536_001])
    for _ in range(data.draw(st.integers(1, 3))):
        lines = data.draw(
            st.lists(st.tuples(USERS, APPLIDS, st.sampled_from(KEYS), ages, looks | st.none()), min_size=1, max_size=8)
        )
        tickets = [
            text or evaluation.generate(UserId(user), ApplId(applid), key, NOW - age)
            for user, applid, key, age, text in lines
        ]
        given_lines = [f"{user} {applid} {ticket}" for (user, applid, *_), ticket in zip(lines, tickets, strict=True)]
        for row, (user, applid, *_), ticket in zip(rows_of(work, given_lines), lines, tickets, strict=True):
            profile = RESOLVE(UserId(user), ApplId(applid))
            single = evaluation.evaluate(
                ticket, UserId(user), ApplId(applid), profile.keys, NOW, timeout=profile.timeout
            )
            assert (row["outcome"], row["age_seconds"]) == (single.outcome.value, single.age)
            assert row["generated"] is None or row["generated"] == instant(single.generated or 0)


@pytest.mark.parametrize("discreet", [False, True])
@pytest.mark.parametrize("line", ["A B C D E F", "A B yesterday", "B.D K0", "IBMUSER NOWHERE", "IBMUSER NOKEY"])
def test_faults_hold_on_to_nothing(line: str, discreet: bool) -> None:
    """Kept by the thousand, each with the frames it came through, they would fill the memory."""
    for text in (line, f"{line} AEPRRZ3S"):
        lines = batch_lines.split(Chunk(1, f"{text}\n".encode(), 0), NOW, with_tickets=discreet)
        found = Directory(RESOLVE, lambda: ApplId("K0"), discreet=discreet).look_up(lines)
        for fault in found.faults.values():
            assert (fault.error.__traceback__, fault.error.__context__) == (None, None)
        assert found.faults


def test_an_applid_that_is_not_defined_is_looked_up_once() -> None:
    asked: list[str] = []

    def resolve(userid: UserId, applid: ApplId) -> Profile:
        asked.append(applid.value)
        return RESOLVE(userid, applid)

    work = batch_work.GenWork(resolve, lambda: ApplId("K0"), lambda: NOW, "jsonl")
    for _ in range(2):
        rows = rows_of(work, [f"U{n} NOWHERE" for n in range(9)])
        assert {row["error"].partition(": ")[2] for row in rows} == {"the APPLID NOWHERE is not defined"}
    assert asked == ["NOWHERE"]


def expected_rows(text: bytes) -> int:
    """How many lines ask for an answer, counted without any cleverness."""
    lines = [line.removesuffix(b"\r").lstrip(b" \t,") for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    return sum(bool(line) and not line.startswith(b"#") for line in lines)


@pytest.mark.parametrize("output_format", batch.FORMATS)
@pytest.mark.parametrize("verifies", [False, True])
@given(text=CHUNKS | st.binary(max_size=300))
def test_any_bytes_give_a_row_for_each_line(text: bytes, verifies: bool, output_format: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    context = Context(stdin=io.BytesIO(), stdout=out, stderr=err, environ={}, clock=lambda: NOW)
    if verifies:
        status = batch.verify_batch(context, io.BytesIO(text), RESOLVE, output_format=output_format)
    else:
        status = batch.generate_batch(
            context, io.BytesIO(text), RESOLVE, default_applid=lambda: ApplId("K0"), output_format=output_format
        )
    rows = out.getvalue().split("\n")[:-1]
    assert len(rows) == expected_rows(text)
    assert out.getvalue().isascii()
    assert status == (1 if any("error" in row or verifies for row in rows) else 0)
    assert bool(err.getvalue()) == any("error" in row for row in rows)


@pytest.mark.parametrize(
    "line",
    [
        "IBMUSER K0 s3cr3t-!? now now",
        "IBMUSER s3cr3t-!? K0",
        "s3cr3t-!? IBMUSER K0",
        "IBMUSER K0 AAAA s3cr3t-!?",
        "IBMUSER K0 s3cr3t-!?",
        "IBMUSER K0 s3cr3t-!? yesterday",
        "IBMUSER SECRETPW K0",
        "IBMUSER NOKEY s3cr3t-!?",
    ],
)
def test_a_ticket_is_never_repeated_even_if_it_stands_in_the_wrong_place(line: str) -> None:
    work = batch_work.VerifyWork(RESOLVE, None, lambda: NOW, "tsv")
    row = work.answer(Chunk(1, f"{line}\n".encode(), 0)).text
    assert row.count("\n") == 1
    assert "s3cr3t" not in row
    assert "SECRETPW" not in row


def test_names_that_are_known_stand_in_the_row_of_a_bad_line() -> None:
    make = batch_work.GenWork(RESOLVE, lambda: ApplId("K0"), lambda: NOW, "tsv")
    judge = batch_work.VerifyWork(RESOLVE, None, lambda: NOW, "tsv")

    def columns(work: batch_work.Work, line: str) -> list[str]:
        return work.answer(Chunk(1, f"{line}\n".encode(), 0)).text.rstrip("\n").split("\t")

    assert columns(make, "ibmuser k0 soon")[:3] == ["IBMUSER", "K0", ""]
    assert columns(make, "ibmuser soon! now")[:3] == ["IBMUSER", "", ""]
    assert columns(make, "a.b k0")[:3] == ["", "K0", ""]
    assert columns(make, "ibmuser k0 -99999d")[:3] == ["IBMUSER", "K0", ""]
    assert columns(make, "a b c d e")[:3] == ["", "", ""]
    assert columns(judge, "ibmuser k0 AEPRRZ3S soon")[:5] == ["IBMUSER", "K0", "", "", ""]
    assert columns(judge, "ibmuser nope AEPRRZ3S")[:5] == ["IBMUSER", "", "", "", ""]
    assert columns(make, "ibmuser EMPTY")[3] == "error: line 1: no key is stored for EMPTY"


def test_uses_are_asked_for_in_order_and_a_failing_store_ends_the_batch_before_what_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[list[Valid]] = []

    def ask(valid: Sequence[Valid]) -> Sequence[int | None]:
        asked.append(list(valid))
        if len(asked) == 3:
            raise StoreWriteError("the disk is full")
        return [NOW - 5 if n == 1 else None for n in range(len(valid))]

    profiles = {f"ONCE{n}": Profile((KEYS[n],), timeout=90, single_use=True) for n in (0, 2)}
    profiles |= {"OFTEN": Profile((KEYS[0],)), "MIXED": Profile((KEYS[2], KEYS[0]), timeout=90, single_use=True)}
    made = {
        applid: evaluation.generate(UserId("IBMUSER"), ApplId(applid), profile.keys[-1], NOW - 60)
        for applid, profile in profiles.items()
    }
    chunk = "".join(f"ibmuser {applid} {made[applid]}\n" for applid in ("OFTEN", "ONCE2", "MIXED", "ONCE0"))
    chunk = f"{chunk}X\nIBMUSER ONCE0 {made['OFTEN']}\nIBMUSER ONCE2 {made['ONCE2']} {NOW + 31}\n"
    out = io.StringIO()
    context = Context(stdin=io.BytesIO(), stdout=out, stderr=io.StringIO(), environ={}, clock=lambda: NOW)
    lines = cast(BinaryIO, Pieces([chunk.encode()] * 4))
    monkeypatch.setattr(batch, "RECORDING_CHUNK", len(chunk))
    with pytest.raises(StoreWriteError):
        batch.verify_batch(context, lines, resolver(profiles), ask=ask, jobs=2)
    outcomes = [row.split("\t")[2] for row in out.getvalue().splitlines()]
    assert outcomes == [*["valid", "valid", "used", "valid", "", "no-match", "expired"] * 2, "valid"]
    names = UserId("IBMUSER")
    assert (
        asked
        == [
            [
                Valid(KEYS[2], names, ApplId("ONCE2"), made["ONCE2"], NOW - 60, NOW + 30),
                Valid(KEYS[0], names, ApplId("MIXED"), made["MIXED"], NOW - 60, NOW + 540),
                Valid(KEYS[0], names, ApplId("ONCE0"), made["ONCE0"], NOW - 60, NOW + 540),
            ]
        ]
        * 3
    )


def test_an_error_of_the_store_is_no_row() -> None:
    def resolve(_userid: UserId, _applid: ApplId) -> Profile:
        raise StoreWriteError("damaged")

    with pytest.raises(StoreWriteError):
        generate(b"IBMUSER A\n", resolve)


def generate(
    text: bytes, resolve: Callable[[UserId, ApplId], Profile] = RESOLVE, jobs: int = 1, chunk: int | None = None
) -> str:
    out = io.StringIO()
    context = Context(stdin=io.BytesIO(), stdout=out, stderr=io.StringIO(), environ={}, clock=lambda: NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "CHUNK", chunk or batch_lines.CHUNK)
        batch.generate_batch(context, io.BytesIO(text), resolve, default_applid=lambda: ApplId("K0"), jobs=jobs)
    return out.getvalue()


@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_jobs_keep_the_order(jobs: int) -> None:
    text = b"".join(b"U%d K%d %d\n" % (n, n % 5, n * n) for n in range(400))
    assert generate(text, jobs=jobs, chunk=500) == generate(text)


def test_an_error_in_a_worker_is_the_error_of_the_batch() -> None:
    def resolve(_userid: UserId, applid: ApplId) -> Profile:
        if applid.value == "K4":
            raise StoreWriteError("damaged", "mend it")
        return PROFILES["K0"]

    with pytest.raises(StoreWriteError) as caught:
        generate(b"".join(b"U%d K%d\n" % (n, n // 50) for n in range(300)), resolve, jobs=2, chunk=200)
    assert (caught.value.message, caught.value.hint) == ("damaged", "mend it")


class UnsendableError(Exception):
    """What can't go through a pipe."""

    def __reduce__(self) -> str:
        raise TypeError


def test_a_defect_in_a_worker_is_told_whatever_it_holds() -> None:
    def resolve(_userid: UserId, _applid: ApplId) -> Profile:
        raise UnsendableError("of our own")

    with pytest.raises(RuntimeError, match="UnsendableError: of our own"):
        generate(b"IBMUSER A\n" * 100, resolve, jobs=2, chunk=100)


def test_a_worker_that_is_killed_is_told_and_the_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[batch_jobs.Worker] = []
    start = batch_jobs._start

    def kept(work: batch_work.Work, jobs: int) -> list[batch_jobs.Worker]:
        started.extend(start(work, jobs))
        return started

    monkeypatch.setattr(batch_jobs, "_start", kept)
    parent = os.getpid()

    def resolve(_userid: UserId, _applid: ApplId) -> Profile:
        assert os.getpid() != parent
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    with pytest.raises(PtktctlError, match="killed"):
        generate(b"IBMUSER A\n" * 100, resolve, jobs=3, chunk=100)
    assert len(started) == 3
    for worker in started:
        with pytest.raises(ProcessLookupError):
            os.kill(worker.process, 0)


SCRIPT = """
import sys
from ptktctl import ApplId, LegacyKey
from ptktctl.commands import batch, root
from ptktctl.commands.context import Context
from ptktctl.commands.wording import instant
context = Context()
def run(*_):
    return batch.generate_batch(context, sys.stdin.buffer, lambda u, a: batch.Profile((LegacyKey(b"12345678"),)),
                                default_applid=lambda: ApplId("A"), jobs=int(sys.argv[1]))
root._run = run
sys.exit(root.main([]))
"""


@pytest.fixture
def running() -> Iterator[Callable[[int], "subprocess.Popen[bytes]"]]:
    """Start a batch of so many jobs as a process, in a process group of its own."""
    started: list[subprocess.Popen[bytes]] = []

    def start(jobs: int) -> "subprocess.Popen[bytes]":
        package = str(Path(batch.__file__).parents[2])
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(jobs)],
            env={**os.environ, "PYTHONPATH": package},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        process.wait()


def group_is_gone(group: int) -> bool:
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def first_row(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdin
    assert process.stdout
    process.stdin.write(b"IBMUSER A 1\n")
    process.stdin.flush()
    return process.stdout.readline()


def flood(stream: IO[bytes]) -> None:
    for _ in range(1000):
        stream.write(b"IBMUSER A 1\n" * 10_000)
        stream.flush()


@pytest.mark.parametrize("jobs", [1, 3])
def test_rows_come_as_lines_do_and_ctrl_c_ends_all_quietly(
    jobs: int, running: Callable[[int], "subprocess.Popen[bytes]"]
) -> None:
    process = running(jobs)
    assert first_row(process) == first_row(process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert process.stderr
    assert process.stderr.read() == b""
    assert group_is_gone(process.pid)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_reader_that_goes_away_ends_all_quietly(
    jobs: int, running: Callable[[int], "subprocess.Popen[bytes]"]
) -> None:
    process = running(jobs)
    assert first_row(process)
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    with pytest.raises(BrokenPipeError):
        flood(process.stdin)
    assert process.wait(timeout=20) == 141
    assert process.stderr.read() == b""
    assert group_is_gone(process.pid)


def test_workers_end_with_a_killed_parent(running: Callable[[int], "subprocess.Popen[bytes]"]) -> None:
    process = running(3)
    assert first_row(process)
    process.kill()
    process.wait()
    assert group_is_gone(process.pid)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("from_file", "stderr", "stdout", "shown"),
    [
        (True, Terminal(), io.StringIO(), True),
        (True, io.StringIO(), io.StringIO(), False),
        (True, Terminal(), Terminal(), False),
        (False, Terminal(), io.StringIO(), False),
    ],
    ids=["terminal", "no terminal", "rows on it too", "no file"],
)
def test_the_progress_bar(
    from_file: bool, stderr: io.StringIO, stdout: io.StringIO, shown: bool, tmp_path: Path
) -> None:
    (tmp_path / "lines").write_bytes(b"IBMUSER K0 1\n" * 5000)
    context = Context(stdin=io.BytesIO(), stdout=stdout, stderr=stderr, environ={}, clock=lambda: NOW)
    with (tmp_path / "lines").open("rb") as file:
        lines: BinaryIO = file if from_file else io.BytesIO(file.read())
        assert batch.generate_batch(context, lines, RESOLVE, default_applid=lambda: ApplId("K0"), jobs=2) == 0
    assert ("100%" in stderr.getvalue()) == shown
    assert stdout.getvalue().count("\n") == 5000
