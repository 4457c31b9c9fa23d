"""ptktctl provision --check: what a host lacks of what a definition wants, and what it has beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.commands.answer import Answer
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context
    from ptktctl.provision.check_profiles import Latitude
    from ptktctl.provision.difference import Difference
    from ptktctl.provision.jobs import Job
    from ptktctl.provision.wanted import Wanted
    from ptktctl.provision.wishes import Wishes
    from ptktctl.store.definitions import Application


def require_comparison(files: Sequence[str], *, check: bool, undo: bool, reveal_key: bool) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: files without --check, --check without a file, or with what it has no use for.
    """
    if not check:
        raise InputError(f"{files[0]}: a file goes with --check", "ptktctl provision prints; --check FILE compares")
    if not files:
        raise InputError("--check: no file to compare with", "an IRRDBU00 unload, RLIST output, SETROPTS LIST output")
    if undo:
        raise InputError("--check and --undo exclude each other", "compare first, or print the way back")
    if reveal_key:
        raise InputError("--reveal-key does not go with --check", "no source shows a key to compare with")


def check_host(
    context: Context, application: Application, asked: Wishes, files: Sequence[str], form: str, job: Job
) -> Answer:
    """Compare, and print the difference in the form asked for.

    Raises:
        InputError: a file cannot be read or tells nothing of the product asked for.
    """
    from ptktctl.commands.lint_files import fetch
    from ptktctl.commands.provision_members import members_of, stored_kinds
    from ptktctl.commands.steps_wording import steps_of
    from ptktctl.provision import plan
    from ptktctl.provision.check import compare
    from ptktctl.provision.forms import Form, render
    from ptktctl.provision.host import read_host
    from ptktctl.provision.wishes import decide

    legacy, enhanced = stored_kinds(context, application)
    # Nobody is compared with a name out of a sample.
    wanted = decide(application, asked, stored_legacy=legacy, stored_enhanced=enhanced, sample=False)
    latitude = _latitude(application, asked, wanted, legacy=legacy, enhanced=enhanced)
    difference = compare(wanted, read_host(fetch(context, files)), latitude)
    lines = render(wanted, difference.steps, Form(form), job) if difference.steps else []
    members = {
        **members_of(wanted, form, undo=False),
        "files": list(files),
        "agrees": difference.agrees,
        "unknown": list(difference.unknown),
        "remarks": list(difference.remarks),
        "steps": steps_of(difference.steps),
        "warnings": list(plan.warnings(difference.steps)),
        "output": lines,
    }
    status = 0 if difference.agrees else 1
    return Answer("provision-check/1", members, "\n".join(lines), status, tuple(_notes(wanted, asked, difference)))


def _latitude(application: Application, asked: Wishes, wanted: Wanted, *, legacy: bool, enhanced: bool) -> Latitude:
    """What of the keys nobody decided, so that the host may have it otherwise, and what is not to be lost.

    Args:
        legacy: whether the store has the legacy key.
        enhanced: likewise the enhanced one.
    """
    from ptktctl.provision.check_profiles import Latitude

    proposed = frozenset(key.label for key in wanted.keys if key.label) - set(asked.labels)
    moving = application.migration is not None
    return Latitude(
        kind=not (asked.forms or application.ticket or legacy or enhanced),
        form=not asked.forms,
        labels=proposed,
        legacy_stays=legacy or moving,
        enhanced_stays=enhanced or moving,
    )


def _notes(wanted: Wanted, asked: Wishes, difference: Difference) -> list[str]:
    """What stderr gets: the outcome if stdout has nothing, then what was left alone, then what is not known."""
    from ptktctl.provision import plan
    from ptktctl.provision.wishes import proposed_labels

    outcome = []
    if difference.agrees:
        outcome.append(f"the host has what {wanted.applid} needs, as far as the files show")
    elif not difference.steps:
        outcome.append("nothing that is shown differs, but not all that is wanted is shown")
    return [
        *outcome,
        *(f"warning: {each}" for each in plan.warnings(difference.steps)),
        *(f"note: {each}" for each in proposed_labels(difference.named, asked)),
        *(f"note: {each}" for each in difference.remarks),
        *(f"not known: {each}" for each in difference.unknown),
    ]
