"""ptktctl applid migrate: from legacy to enhanced PassTickets, one step after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.host_commands import RACF, esm_option
from ptktctl.commands.parameter_types import APPLID
from ptktctl.commands.parameters import command
from ptktctl.errors import InputError, StoreMissingError

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import TicketType
    from ptktctl.passticket.names import ApplId
    from ptktctl.provision.migrating import Stage
    from ptktctl.store.definitions import Application
    from ptktctl.store.migration import Migration

ENHANCED_ONLY = "no legacy key is stored for it: nothing is to be moved"


class Way(NamedTuple):
    """How far an application has got.

    Attributes:
        application: as it is defined now.
        stages: all steps of its way.
        done: how many of them are done.
        holds: what ptktctl sees of each for itself; None of what is done on the hosts.
    """

    application: Application
    stages: tuple[Stage, ...]
    done: int
    holds: tuple[bool | None, ...]

    @property
    def broken(self) -> tuple[int, ...]:
        """The steps that were done and are not so any more. The second holds only until the sixth takes it back."""
        undone = [place for place in range(self.done) if self.holds[place] is False]
        return tuple(place for place in undone if place != PINNED or self.done < SWITCHED)


# Places among the steps: gen is kept at legacy tickets; gen is switched to enhanced ones.
PINNED, SWITCHED = 1, 5


@command(
    "migrate",
    examples="""
    ptktctl applid migrate FEKAPPL --to enhanced
    ptktctl applid migrate FEKAPPL --to enhanced --done
    ptktctl applid migrate ZOWEAPPL --to enhanced --type upper
    """,
)
@click.argument("name", metavar="APPLID", type=APPLID)
@click.option("--to", "target", type=click.Choice(("enhanced", "legacy")), required=True, help="Where to.")
@click.option("--type", "kind", type=click.Choice(("mixed", "upper")), help="The enhanced tickets; default mixed.")
@click.option("--done", is_flag=True, help="The next step is done.")
@click.option("--back", is_flag=True, help="The last step done is to be undone: print how.")
@click.option("--abandon", is_flag=True, help="End it where it stands: print how all is undone.")
@esm_option
def migrate(
    context: Context, name: ApplId, target: str, kind: str | None, done: bool, back: bool, abandon: bool, esm: str
) -> Answer:
    """Move an application from legacy to enhanced tickets, in the order that IBM documents.

    Both keys lie in one profile for a while: the hosts take tickets of either kind and make enhanced ones, and once
    nobody makes legacy ones any more, the legacy key is removed. The first call begins and prints all steps, with the
    commands of each and what shows that it is done. The definition remembers which steps are done: --done says so of
    the next one. What can be seen from here (the keys stored, the kind of ticket defined) is looked at: --done is
    refused where it is not so, and a step that was done and is not so any more makes the status 1.
    """
    _require_sense(target, esm, sum((done, back, abandon)))
    application = _application(context, name)
    if application.migration is None:
        if done or back or abandon:
            raise InputError(f"no move of {name} is under way", f"ptktctl applid migrate {name} --to enhanced")
        if _has_enhanced_only(context, application):
            return Answer("applid-migrate/1", _idle_members(name), f"{name}: {ENHANCED_ONLY}")
    application = _begun(context, application, kind)
    way = _way(context, application)
    if done:
        return _go_on(context, way)
    if back:
        return _go_back(context, way)
    if abandon:
        return _end(context, way)
    return _shown(way, _all_text(way))


def _require_sense(target: str, esm: str, actions: int) -> None:
    if target == "legacy":
        raise InputError(
            "there is no move to legacy tickets: a DES key of 56 bits can be tried out; IBM recommends enhanced ones",
            "--back and --abandon, with --to enhanced, tell how a move under way is undone",
        )
    if esm != RACF:
        raise InputError(
            f"how {esm} takes the key of enhanced tickets is not in the documentation at hand",
            "ask Broadcom; for RACF leave --esm out",
        )
    if actions > 1:
        raise InputError("--done, --back and --abandon exclude each other", "give one of them")


def _application(context: Context, name: ApplId) -> Application:
    from ptktctl.commands.selection import find_application

    return find_application(context, name)


def _profiles(context: Context, application: Application, *, enhanced: bool) -> list[str]:
    """The profiles of an application with a current key of a kind, as far as can be seen without unlocking."""
    from ptktctl.store.vault import KeyKind, listed_names

    kind = KeyKind.ENHANCED if enhanced else KeyKind.LEGACY
    names = listed_names(context.places().keys)
    own = (each for each in names if each.applid == application.applid and not each.pending)
    return [each.profile for each in own if each.kind is kind]


def _has_enhanced_only(context: Context, application: Application) -> bool:
    """Whether there is nothing to be moved.

    Raises:
        StoreMissingError: no key at all is stored.
    """
    if _profiles(context, application, enhanced=False):
        return False
    if _profiles(context, application, enhanced=True):
        return True
    name = application.applid
    raise StoreMissingError(
        f"no key is stored for {name}", f"begin with enhanced: ptktctl key generate {name} --enhanced"
    )


def _begun(context: Context, application: Application, kind: str | None) -> Application:
    """The application with a move under way, and the kind of ticket that is asked for now."""
    from ptktctl.passticket.keys import TicketType
    from ptktctl.store.migration import Migration

    ticket = TicketType(kind) if kind else application.migrating_to or application.enhanced_type
    reached = application.migration or Migration.BEGUN
    if (reached, ticket) == (application.migration, application.migrating_to):
        return application
    return _remember(context, application, reached, ticket)


def _remember(context: Context, seen: Application, reached: Migration | None, ticket: TicketType | None) -> Application:
    """Write down how far it has got.

    Raises:
        InputError: another process did so meanwhile.
    """
    from ptktctl.store import definitions

    def edit(now: Application) -> Application:
        if (now.migration, now.migrating_to) != (seen.migration, seen.migrating_to):
            raise InputError(f"another process moved {now.applid} on meanwhile", "look again, without --done or --back")
        return now.replaced(migration=reached, migrating_to=ticket)

    return definitions.update(context.places().definitions, seen.applid, edit)


def _way(context: Context, application: Application) -> Way:
    from ptktctl.passticket.keys import TicketType
    from ptktctl.provision.migrating import stages
    from ptktctl.store.migration import Migration

    legacy = _profiles(context, application, enhanced=False)
    enhanced = _profiles(context, application, enhanced=True)
    target = application.migrating_to or TicketType.MIXED
    way = stages(application, target, list(dict.fromkeys([*legacy, *enhanced])) or [application.applid.value])
    made = bool(enhanced) and set(legacy) <= set(enhanced)
    seen = {
        Migration.LEGACY_PINNED: application.ticket is TicketType.LEGACY,
        Migration.KEY_MADE: made,
        Migration.ENHANCED_MADE: made and (application.ticket or TicketType.MIXED) is target,
        None: not legacy,
    }
    reached = [stage.reached for stage in way]
    done = 0 if application.migration in (None, Migration.BEGUN) else reached.index(application.migration) + 1
    return Way(application, way, done, tuple(seen.get(each) for each in reached))


def _go_on(context: Context, way: Way) -> Answer:
    """Take the next step for done, if what can be seen of it does not say otherwise."""
    stage, number = way.stages[way.done], way.done + 1
    for place in way.broken:
        raise InputError(f"step {place + 1} is not so any more: {way.stages[place].checked}", _command_of(way, place))
    if way.holds[way.done] is False:
        raise InputError(f"step {number} is not done: it is not so that {stage.checked}", _command_of(way, way.done))
    ticket = way.application.migrating_to if stage.reached else None
    application = _remember(context, way.application, stage.reached, ticket)
    if stage.reached is None:
        finished = way._replace(application=application, done=len(way.stages))
        return _shown(finished, f"{application.applid} has moved to enhanced tickets")
    after = _way(context, application)
    return _shown(after, f"step {number} of {len(way.stages)} is done; the next one:\n\n{_step_text(after, number)}")


def _go_back(context: Context, way: Way) -> Answer:
    """Take back the last step that was done."""
    from ptktctl.commands.steps_wording import step_text
    from ptktctl.store.migration import Migration

    if not way.done:
        raise InputError("no step is done yet", "--abandon ends it")
    before = way.stages[way.done - 2].reached if way.done > 1 else Migration.BEGUN
    after = _way(context, _remember(context, way.application, before, way.application.migrating_to))
    undo = step_text("-", way.stages[way.done - 1].back)
    return _shown(after, f"step {way.done} is the next one again. What undoes it:\n\n{undo}")


def _end(context: Context, way: Way) -> Answer:
    """Forget that a move is under way."""
    from ptktctl.commands.steps_wording import numbered
    from ptktctl.provision.migrating import NOTHING

    _remember(context, way.application, None, None)
    backs = (stage.back for stage in reversed(way.stages[: way.done]))
    undo = numbered([back for back in backs if back is not NOTHING])
    after = way._replace(application=_application(context, way.application.applid))
    text = f"{way.application.applid}: no move is under way any more"
    return _shown(after, f"{text}. What undoes the steps that were done:\n\n{undo}" if undo else text)


def _command_of(way: Way, place: int) -> str:
    """What brings about a step that is done with ptktctl."""
    return way.stages[place].step.commands[0].text


def _shown(way: Way, text: str) -> Answer:
    broken = way.broken if way.application.migration else ()
    notes = [
        f"step {place + 1} is not so any more: {way.stages[place].checked}; {_command_of(way, place)}"
        for place in broken
    ]
    return Answer("applid-migrate/1", _members(way), text, 1 if broken else 0, notes)


def _idle_members(name: ApplId) -> dict[str, object]:
    return {"applid": name.value, "to": "enhanced", "ticket_type": None, "migration": None, "done": 0, "steps": []}


def _members(way: Way) -> dict[str, object]:
    from ptktctl.commands.steps_wording import steps_of

    backs = steps_of(stage.back for stage in way.stages)
    steps = [
        {
            **step,
            "status": _status(way, place),
            "checked": way.stages[place].checked or None,
            "holds": way.holds[place],
            "back": backs[place],
        }
        for place, step in enumerate(steps_of(stage.step for stage in way.stages))
    ]
    application = way.application
    return {
        **_idle_members(application.applid),
        "ticket_type": application.migrating_to.value if application.migrating_to else None,
        "migration": application.migration.value if application.migration else None,
        "done": way.done,
        "steps": steps,
    }


def _status(way: Way, place: int) -> str:
    if place in way.broken:
        return "broken"
    return "done" if place < way.done else "next" if place == way.done else "open"


def _all_text(way: Way) -> str:
    target = way.application.migrating_to
    kind = f", TYPE({target.name})" if target else ""
    head = (
        f"{way.application.applid}: from legacy to enhanced tickets{kind}; {way.done} of {len(way.stages)} steps done"
    )
    steps = "\n\n".join(_step_text(way, place) for place in range(len(way.stages)))
    return f"{head}\n\n{steps}\n\nWhen the next step is done: {_call(way)} --done"


def _step_text(way: Way, place: int) -> str:
    from ptktctl.commands.steps_wording import step_text

    stage = way.stages[place]
    text = step_text(f"{place + 1}. [{_status(way, place)}]", stage.step)
    if not stage.checked:
        return text
    return f"{text}\n   Seen from here: {stage.checked}: {'yes' if way.holds[place] else 'no'}"


def _call(way: Way) -> str:
    return f"ptktctl applid migrate {way.application.applid} --to enhanced"
