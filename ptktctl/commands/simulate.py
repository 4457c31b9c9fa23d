"""ptktctl simulate: documented flows on a simulated clock, to see what succeeds, what fails and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import APPLID
from ptktctl.commands.parameters import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.commands.context import Context
    from ptktctl.passticket.names import ApplId
    from ptktctl.simulation.rse_logon import Event, Played, Site

MOST_CLIENTS, MOST_TICKETS = 100, 20
MOST_SKEW = 10 * 365 * 86_400
# Where IBM's documentation has them listen.
DAEMON_PORT, MONITOR_PORT = 4035, 6715


@click.group("simulate")
def simulate() -> None:
    """Play documented flows with real tickets on a simulated clock."""


@command(
    "rse-logon",
    examples="""
    ptktctl simulate rse-logon --replay deny
    ptktctl simulate rse-logon --clients 1 --jmon-applid OMVSAPPL
    ptktctl simulate rse-logon --skew -7200 --format json
    """,
)
@click.option("--clients", type=click.IntRange(1, MOST_CLIENTS), default=3, show_default=True, help="How many log on.")
@click.option(
    "--tickets-per-logon",
    type=click.IntRange(1, MOST_TICKETS),
    default=2,
    show_default=True,
    help="How many tickets RSE makes for each: one for the session, the others for JES Job Monitor.",
)
@click.option(
    "--replay",
    type=click.Choice(("allow", "deny")),
    default="allow",
    show_default=True,
    help="Whether a ticket may be used again.",
)
@click.option(
    "--skew",
    type=click.IntRange(-MOST_SKEW, MOST_SKEW),
    default=0,
    metavar="SECONDS",
    show_default=True,
    help="How far the clock that makes tickets is ahead; negative: behind.",
)
@click.option("--rse-applid", type=APPLID, default="FEKAPPL", show_default=True, help="What rse.env sets.")
@click.option("--jmon-applid", type=APPLID, default="FEKAPPL", show_default=True, help="What FEJJCNFG sets.")
def rse_logon(
    context: Context,
    clients: int,
    tickets_per_logon: int,
    replay: str,
    skew: int,
    rse_applid: ApplId,
    jmon_applid: ApplId,
) -> Answer:
    """Play the logon of clients to RSE and JES Job Monitor.

    Needs no store: the tickets are made, evaluated and remembered as ptktctl always does it, but with a key of no
    value and at a moment of the past. The flow is that of IBM Explorer for z/OS, "Using PassTickets"; how long its
    steps take is assumed. Ends with status 1 when a ticket is refused.
    """
    from ptktctl.simulation.rse_logon import Site
    from ptktctl.store.definitions import Replay

    played = _play(Site(clients, tickets_per_logon, Replay(replay), skew, rse_applid, jmon_applid))
    text = "\n".join([*_heading(played.site), "", *_timeline(played), "", *_summary(played)])
    return Answer("simulate-rse-logon/1", _members(played), text, 1 if played.refused else 0)


simulate.add_command(rse_logon)


def _play(site: Site) -> Played:
    """Play it with a ledger that is gone afterwards."""
    import tempfile

    from ptktctl.simulation.rse_logon import play
    from ptktctl.store.ledger import Ledger

    with tempfile.TemporaryDirectory(prefix="ptktctl-simulate-") as folder:
        return play(site, Ledger(f"{folder}/used.db"))


def _heading(site: Site) -> Iterator[str]:
    yield f"RSE makes tickets for {site.rse_applid}; JES Job Monitor evaluates them under {site.jmon_applid}."
    protection = "off: a ticket may be used again" if site.replay.value == "allow" else "on: a ticket serves once"
    yield f"Replay protection is {protection}. {_clocks(site.skew)}"


def _clocks(skew: int) -> str:
    from ptktctl.commands.wording import span

    if not skew:
        return "The clocks agree."
    return f"The clock that makes tickets is {span(skew)} {'ahead' if skew > 0 else 'behind'}."


def _timeline(played: Played) -> Iterator[str]:
    earlier: dict[str, int] = {}
    for event in played.events:
        yield f"{_instant(event.at)[11:-1]}  {event.userid.value:<8}  {event.where.value:<15}  {_told(event, earlier)}"
        if event.ticket and event.number:
            earlier.setdefault(event.ticket, event.number)


def _told(event: Event, earlier: dict[str, int]) -> str:
    """What happens in a step; `earlier` has the tickets seen so far, with their numbers."""
    from ptktctl.commands.wording import instant
    from ptktctl.simulation.rse_logon import What

    if event.what is What.GENERATE and event.ticket and event.generated is not None:
        same = f", the same as ticket {earlier[event.ticket]}" if event.ticket in earlier else ""
        second = instant(event.generated)
        if second[:10] == _instant(event.at)[:10]:
            second = second[11:-1]
        return f"makes ticket {event.number} for {event.applid}, second {second}: {event.ticket}{same}"
    if event.found is None:
        return {
            What.CONNECT: f"the client connects to port {DAEMON_PORT}",
            What.AUTHENTICATE: "checks the password: right; makes a client ID",
            What.START_THREAD: "starts a server thread",
        }[event.what]
    if not event.cause:
        purpose = "builds the security environment" if event.number == 1 else f"logs the client on, port {MONITOR_PORT}"
        return f"evaluates ticket {event.number} under {event.applid}: valid; {purpose}"
    consequence = "the connection is refused" if event.number == 1 else "no JES functions"
    return f"evaluates ticket {event.number} under {event.applid}: {event.found.outcome.value.upper()}; {consequence}"


def _summary(played: Played) -> Iterator[str]:
    refused = len(played.refused)
    yield (
        f"{played.succeeding} of {played.site.clients} logons succeed. "
        f"Tickets: {played.made} made, {played.different} different, {refused} refused."
    )
    if refused:
        yield "The host tells each refusal as an invalid password. Here they come from:"
    elif played.different < played.made:
        yield "Equal tickets, made within one second, are accepted because re-use is allowed; try --replay deny."
    for cause, count in _causes(played).items():
        yield f"- {cause} ({count}): {_explained(played.site, cause)}"


def _causes(played: Played) -> dict[str, int]:
    causes = [event.cause.value for event in played.refused if event.cause]
    return {cause: causes.count(cause) for cause in dict.fromkeys(causes)}


def _explained(site: Site, cause: str) -> str:
    """Why tickets are refused, and what to do about it."""
    if cause == "replay":
        return (
            "tickets count in seconds, so those made for a user within one second are equal, and replay protection "
            "takes only the first.\n  RSE needs it off: APPLDATA('NO REPLAY PROTECTION') in the key profile."
        )
    if cause == "applid":
        return (
            f"a ticket holds its APPLID; {site.rse_applid} and {site.jmon_applid} give different ones, with the same "
            'key too.\n  Set one APPLID in both: _RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=..." in rse.env, '
            "APPLID=... in FEJJCNFG."
        )
    return (
        f"{_clocks(site.skew)[:1].lower()}{_clocks(site.skew)[1:-1]}; a legacy ticket serves 10 min either way.\n  "
        "Keep both right by a time server; on z/OS the TOD clock is GMT, not local time."
    )


def _members(played: Played) -> dict[str, object]:
    site = played.site
    return {
        "settings": {
            "clients": site.clients,
            "tickets_per_logon": site.tickets_per_logon,
            "replay": site.replay.value,
            "skew_seconds": site.skew,
            "rse_applid": site.rse_applid.value,
            "jmon_applid": site.jmon_applid.value,
        },
        "events": [_event_members(event) for event in played.events],
        "summary": {
            "logons": site.clients,
            "logons_succeeding": played.succeeding,
            "tickets_made": played.made,
            "tickets_different": played.different,
            "tickets_refused": len(played.refused),
            "causes": _causes(played),
        },
    }


def _event_members(event: Event) -> dict[str, object]:
    from ptktctl.commands.wording import instant

    return {
        "time": _instant(event.at),
        "userid": event.userid.value,
        "where": event.where.value,
        "what": event.what.value,
        "ticket_number": event.number,
        "applid": event.applid.value if event.applid else None,
        "ticket": event.ticket,
        "generated": None if event.generated is None else instant(event.generated),
        "outcome": event.found.outcome.value if event.found else None,
        "cause": event.cause.value if event.cause else None,
    }


def _instant(milliseconds: int) -> str:
    from ptktctl.commands.wording import instant

    return f"{instant(milliseconds // 1000)[:-1]}.{milliseconds % 1000:03}Z"
