"""Columns of tickets against the same tickets made one by one, and against other people's."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, LegacyKey, TicketType, UserId
from ptktctl.passticket import enhanced, evaluation, legacy, legacy_columns
from ptktctl.passticket.columns import NO_TICKET, Subjects
from ptktctl.passticket.keys import SecuredSignonKey

Vector = tuple[str, str, SecuredSignonKey, int, str]
Line = tuple[str, str, SecuredSignonKey, int]

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$", min_size=1, max_size=8)
KEYS: dict[TicketType, st.SearchStrategy[SecuredSignonKey]] = {
    TicketType.LEGACY: st.binary(min_size=8, max_size=8).map(LegacyKey),
    TicketType.UPPER: st.binary(min_size=32, max_size=256).map(lambda secret: EnhancedKey(secret, TicketType.UPPER)),
    TicketType.MIXED: st.binary(min_size=32, max_size=256).map(lambda secret: EnhancedKey(secret, TicketType.MIXED)),
}
pytestmark = pytest.mark.usefixtures("manner")
every_kind = pytest.mark.parametrize("kind", list(TicketType), ids=lambda kind: kind.value)


@pytest.fixture(params=[legacy_columns.MANY, 0], ids=["as it comes", "on slices"])
def manner(request: pytest.FixtureRequest) -> Iterator[None]:
    """Few legacy tickets are made one by one, many on slices, which few can be made on as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(legacy_columns, "MANY", request.param)
        yield


def _subjects(lines: Sequence[Line]) -> Subjects:
    """Every line with a key of its own, but for lines that follow one with the same."""
    userids, applids, keys, _ = zip(*lines, strict=True)
    users, applications = ("".join(name.ljust(8) for name in column).encode() for column in (userids, applids))
    shares = [(key, len(list(same))) for key, same in groupby(keys)]
    return Subjects(users, applications, shares)


def generate(lines: Sequence[Line]) -> list[str]:
    each = evaluation.columns_of(lines[0][2].ticket_type)
    made = each.generate(_subjects(lines), [at for _, _, _, at in lines]).decode()
    return [made[start : start + 8] for start in range(0, len(made), 8)]


def decode(tickets: Sequence[bytes], lines: Sequence[Line]) -> list[int | None]:
    each = evaluation.columns_of(lines[0][2].ticket_type)
    seconds, impossible = each.decode(_subjects(lines), b"".join(tickets))
    return [None if position in impossible else second for position, second in enumerate(seconds)]


def batches(kind: TicketType) -> st.SearchStrategy[list[Line]]:
    seconds = st.integers(0, evaluation.columns_of(kind).last_second)
    return st.lists(st.tuples(NAMES, NAMES, KEYS[kind], seconds), min_size=1, max_size=12)


@every_kind
@given(data=st.data())
def test_a_batch_is_the_tickets_one_by_one(kind: TicketType, data: st.DataObject) -> None:
    lines = data.draw(batches(kind))
    single = [evaluation.generate(UserId(user), ApplId(appl), key, at) for user, appl, key, at in lines]
    assert generate(lines) == single


@every_kind
@given(data=st.data())
def test_a_batch_is_read_back(kind: TicketType, data: st.DataObject) -> None:
    lines = data.draw(batches(kind))
    assert decode([ticket.encode() for ticket in generate(lines)], lines) == [at for _, _, _, at in lines]


@every_kind
@given(data=st.data())
def test_any_bytes_are_judged_as_one_by_one(kind: TicketType, data: st.DataObject) -> None:
    alphabet = (legacy.ALPHABET if kind is TicketType.LEGACY else enhanced.ALPHABET).encode()
    looks = st.lists(st.sampled_from(alphabet), min_size=8, max_size=8).map(bytes)
    right = batches(kind).map(lambda lines: generate(lines)[0].encode())
    lines = data.draw(batches(kind))
    tickets = [data.draw(st.binary(min_size=8, max_size=8) | looks | right) for _ in lines]
    single = [
        evaluation.decode(ticket.decode("latin-1"), UserId(user), ApplId(appl), key)
        for ticket, (user, appl, key, _) in zip(tickets, lines, strict=True)
    ]
    assert decode(tickets, lines) == single


def _of_kind(vectors: Sequence[Vector], kind: TicketType) -> list[Vector]:
    return [vector for vector in vectors if vector[2].ticket_type is kind]


@given(KEYS[TicketType.LEGACY], st.integers(1, 3 * legacy_columns.MANY), st.randoms(use_true_random=False))
def test_many_under_one_key(key: SecuredSignonKey, count: int, draw: Random) -> None:
    names = [f"U{draw.randrange(10 ** draw.randrange(1, 8))}" for _ in range(count)]
    lines = [(name, "FEKAPPL", key, draw.randrange(2**32)) for name in names]
    made = generate(lines)
    assert made == [evaluation.generate(UserId(user), ApplId(appl), key, at) for user, appl, _, at in lines]
    assert decode([ticket.encode() for ticket in made], lines) == [at for _, _, _, at in lines]


@every_kind
def test_vectors_of_others(kind: TicketType, legacy_vectors: list[Vector], enhanced_vectors: list[Vector]) -> None:
    vectors = _of_kind(legacy_vectors + enhanced_vectors, kind)
    lines = [(user, appl, key, at) for user, appl, key, at, _ in vectors]
    tickets = [ticket for *_, ticket in vectors]
    assert len(vectors) >= 100
    assert generate(lines) == tickets
    assert decode([ticket.encode() for ticket in tickets], lines) == [at for _, _, _, at in lines]


def test_what_stands_for_no_ticket_is_none_of_any_kind() -> None:
    keys: list[SecuredSignonKey] = [LegacyKey(bytes(8))]
    keys += [EnhancedKey(bytes(32), kind) for kind in (TicketType.UPPER, TicketType.MIXED)]
    assert [decode([NO_TICKET], [("U", "A", key, 0)]) for key in keys] == [[None]] * 3
