"""What is played is what the documentation says, whatever the site."""

from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl import ApplId, Outcome, decode
from ptktctl.simulation.rse_logon import KEY, Cause, Played, Site, What, Where, play
from ptktctl.store.definitions import Replay
from ptktctl.store.ledger import Ledger

FEKAPPL, RSEPROD = ApplId.parse("FEKAPPL"), ApplId.parse("RSEPROD")
WINDOW = 600

sites = st.builds(
    Site,
    clients=st.integers(1, 6),
    tickets_per_logon=st.integers(1, 6),
    replay=st.sampled_from(Replay),
    skew=st.sampled_from([0, 1, -1, 590, -590, WINDOW, -WINDOW, WINDOW + 1, -WINDOW - 1, 3600, -7200, 10**6]),
    rse_applid=st.just(FEKAPPL),
    jmon_applid=st.sampled_from([FEKAPPL, RSEPROD]),
)


def played(site: Site) -> Played:
    with TemporaryDirectory() as folder:
        return play(site, Ledger(f"{folder}/ledger/used.db"))


def site(
    clients: int = 3, tickets_per_logon: int = 2, replay: Replay = Replay.ALLOW, skew: int = 0, jmon: ApplId = FEKAPPL
) -> Site:
    return Site(clients, tickets_per_logon, replay, skew, FEKAPPL, jmon)


@settings(max_examples=40)
@given(site=sites)
def test_a_ticket_is_refused_for_the_reasons_there_are_and_no_others(site: Site) -> None:
    seen: set[tuple[str, str]] = set()
    for event in played(site).events:
        if event.found is None or event.ticket is None or event.generated is None or event.applid is None:
            continue
        causes = set()
        if event.applid != FEKAPPL:
            causes.add(Cause.APPLID)
        elif abs(event.at // 1000 - event.generated) > WINDOW:
            causes.add(Cause.CLOCK)
        elif site.replay is Replay.DENY and (event.userid.value, event.ticket) in seen:
            causes.add(Cause.REPLAY)
        assert {event.cause} - {None} == causes
        seen.add((event.userid.value, event.ticket))


@settings(max_examples=20)
@given(site=sites)
def test_the_flow_of_a_logon(site: Site) -> None:
    result = played(site)
    assert list(result.events) == sorted(result.events, key=lambda event: event.at)
    for userid in {event.userid for event in result.events}:
        events = [event for event in result.events if event.userid == userid]
        assert [event.what for event in events[:3]] == [What.CONNECT, What.AUTHENTICATE, What.START_THREAD]
        assert {event.what for event in events[3::2]} == {What.GENERATE}
        assert {event.what for event in events[4::2]} == {What.EVALUATE}
        assert [event.where for event in events[4::2]] == [Where.SERVER, *[Where.MONITOR] * (len(events[6::2]))]
        first = events[4]
        # Without a security environment there is no session that could need more tickets.
        assert len(events) == 3 + 2 * (1 if first.cause else site.tickets_per_logon)


@settings(max_examples=10)
@given(site=sites)
def test_it_is_played_the_same_each_time(site: Site) -> None:
    assert played(site) == played(site)


def test_the_tickets_are_real() -> None:
    for event in played(site(skew=17)).events:
        if event.what is What.GENERATE:
            assert event.ticket
            assert decode(event.ticket, event.userid, FEKAPPL, KEY) == event.generated == event.at // 1000 + 17


def test_all_succeed_as_documented() -> None:
    result = played(site(clients=5, tickets_per_logon=4))
    assert (result.succeeding, result.refused, result.made) == (5, (), 20)
    assert result.different < result.made


def test_replay_protection_hits_only_those_within_one_second() -> None:
    result = played(site(replay=Replay.DENY))
    assert result.succeeding == 1
    assert {event.found.outcome for event in result.refused if event.found} == {Outcome.USED}
    assert len(result.refused) == result.made - result.different
    assert played(site(replay=Replay.DENY, tickets_per_logon=1)).succeeding == 3


def test_differing_applids_let_clients_in_but_not_to_jes() -> None:
    result = played(site(jmon=RSEPROD))
    assert result.succeeding == 0
    assert {event.where for event in result.refused} == {Where.MONITOR}
    assert {event.cause for event in result.refused} == {Cause.APPLID}


@pytest.mark.parametrize(("skew", "succeeding"), [(WINDOW, 3), (-WINDOW, 3), (WINDOW + 1, 0), (-WINDOW - 1, 0)])
def test_the_window_is_ten_minutes_either_way(skew: int, succeeding: int) -> None:
    assert played(site(skew=skew)).succeeding == succeeding
