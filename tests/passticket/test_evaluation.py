"""Evaluation: windows to the second, both kinds, single use, and how rarely chance is called a match."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ptktctl
from ptktctl import ApplId, EnhancedKey, LegacyKey, Outcome, TicketType, UserId
from ptktctl.passticket.evaluation import DAY, evaluate, generate

USERID = UserId.parse("IBMUSER")
APPLID = ApplId.parse("FEKAPPL")
LEGACY = LegacyKey.from_hex("9D3AC68F40B751E2")
MIXED = EnhancedKey(bytes(range(100, 164)), TicketType.MIXED)
UPPER = EnhancedKey(bytes(range(100, 164)), TicketType.UPPER)
NOW = 1_700_000_000
SecuredSignonKey = LegacyKey | EnhancedKey


@pytest.mark.parametrize(
    ("key", "age", "outcome"),
    [
        (LEGACY, 0, Outcome.VALID),
        (LEGACY, 600, Outcome.VALID),
        (LEGACY, -600, Outcome.VALID),
        (LEGACY, 601, Outcome.EXPIRED),
        (LEGACY, -601, Outcome.EARLY),
        (LEGACY, DAY, Outcome.EXPIRED),
        (LEGACY, DAY + 1, Outcome.NO_MATCH),
        (LEGACY, -DAY - 1, Outcome.NO_MATCH),
        (UPPER, 60, Outcome.VALID),
        (UPPER, -60, Outcome.VALID),
        (UPPER, 61, Outcome.EXPIRED),
        (MIXED, 61, Outcome.EXPIRED),
        (MIXED, -61, Outcome.EARLY),
        (MIXED, 365 * DAY, Outcome.EXPIRED),
        (MIXED, 365 * DAY + 1, Outcome.NO_MATCH),
    ],
)
def test_the_window_to_the_second(key: SecuredSignonKey, age: int, outcome: Outcome) -> None:
    ticket = generate(USERID, APPLID, key, NOW - age)
    found = evaluate(ticket, USERID, APPLID, (key,), NOW)
    assert found.outcome is outcome
    if outcome is not Outcome.NO_MATCH:
        assert (found.generated, found.age, found.ticket_type) == (NOW - age, age, key.ticket_type)


@given(st.integers(1, 600), st.integers(-700, 700))
def test_the_timeout_is_the_window_of_enhanced_tickets(timeout: int, age: int) -> None:
    ticket = generate(USERID, APPLID, UPPER, NOW - age)
    found = evaluate(ticket, USERID, APPLID, (UPPER,), NOW, timeout=timeout)
    assert (found.outcome is Outcome.VALID) == (abs(age) <= timeout)
    assert found.window == timeout


@pytest.mark.parametrize("made_with", [LEGACY, MIXED])
def test_both_kinds_are_tried(made_with: SecuredSignonKey) -> None:
    ticket = generate(USERID, APPLID, made_with, NOW)
    found = evaluate(ticket, USERID, APPLID, (MIXED, LEGACY), NOW)
    assert (found.outcome, found.key) == (Outcome.VALID, made_with)


def test_a_ticket_in_its_window_beats_one_outside() -> None:
    other = LegacyKey.from_hex("4F8A2B91D06C37E5")
    ticket = generate(USERID, APPLID, other, NOW)
    assert evaluate(ticket, USERID, APPLID, (LEGACY, MIXED, other), NOW).key == other


@pytest.mark.parametrize(
    ("text", "keys", "outcome"),
    [
        ("ABC", (LEGACY, MIXED), Outcome.MALFORMED),
        ("p@ssw0rd", (LEGACY, MIXED), Outcome.MALFORMED),
        ("password", (LEGACY,), Outcome.MALFORMED),
        ("password", (LEGACY, MIXED), Outcome.NO_MATCH),
        ("ZZZZZZZZ", (UPPER,), Outcome.MALFORMED),
    ],
)
def test_malformed_means_impossible_for_every_key_at_hand(
    text: str, keys: tuple[SecuredSignonKey, ...], outcome: Outcome
) -> None:
    assert evaluate(text, USERID, APPLID, keys, NOW).outcome is outcome


def test_a_use_is_asked_for_once_and_only_inside_the_window() -> None:
    asked: list[tuple[SecuredSignonKey, int]] = []

    def use(key: SecuredSignonKey, generated: int) -> int | None:
        asked.append((key, generated))
        return NOW - 7 if len(asked) > 1 else None

    fresh, old = generate(USERID, APPLID, LEGACY, NOW), generate(USERID, APPLID, LEGACY, NOW - 601)
    outcomes = [
        evaluate(ticket, USERID, APPLID, (MIXED, LEGACY), NOW, use=use) for ticket in (old, "ABC", fresh, fresh)
    ]
    assert [found.outcome for found in outcomes] == [Outcome.EXPIRED, Outcome.MALFORMED, Outcome.VALID, Outcome.USED]
    assert outcomes[-1].used_at == NOW - 7
    assert asked == [(LEGACY, NOW), (LEGACY, NOW)]


def test_strangers_tickets_are_hardly_ever_called_expired() -> None:
    """A day either side of 2^32 seconds: about one in 24,855 by chance; 3 of 4,000 would be a wider reach."""
    draw = random.Random(1)
    near = 0
    for _ in range(4000):
        stranger = LegacyKey(draw.randbytes(8))
        ticket = generate(USERID, APPLID, stranger, NOW)
        near += evaluate(ticket, USERID, APPLID, (LEGACY,), NOW).outcome is not Outcome.NO_MATCH
    assert near <= 2


def test_the_public_functions_take_text() -> None:
    ticket = ptktctl.generate("ibmuser", "fekappl", LEGACY, at=NOW)
    assert ptktctl.evaluate(ticket, "IBMUSER", "FEKAPPL", LEGACY, at=NOW + 600).outcome is Outcome.VALID
    assert ptktctl.decode(ticket, "ibmuser", ApplId.parse("FEKAPPL"), LEGACY) == NOW


def test_left_out_the_time_is_now() -> None:
    ticket = ptktctl.generate("IBMUSER", "FEKAPPL", LEGACY)
    assert ptktctl.evaluate(ticket, "IBMUSER", "FEKAPPL", LEGACY).outcome is Outcome.VALID


def test_the_package_promises_what_it_holds() -> None:
    assert all(hasattr(ptktctl, name) for name in ptktctl.__all__)
    assert set(ptktctl.__all__) <= set(dir(ptktctl))
    with pytest.raises(AttributeError):
        ptktctl.nothing_of_that_name  # noqa: B018
