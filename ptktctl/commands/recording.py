"""What a command leaves in the audit trail of the store.

A use (a ticket made or judged) is one line, written when it is known what came of it and before anybody is shown; it
costs no wait for the disk, and a log that can't be written does not stop it: there is one note. A change of the store
is two, "begun" and what came of it, both on the disk before the command goes on: so a command that was killed shows as
well, and while the log can't be written nothing is changed. What works for long (a batch, `watch`) begins likewise. Of
all other commands only a failure to unlock the store is recorded.

Of an error its kind is recorded and never its text, which may repeat what somebody typed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ptktctl.commands.parameter_types import APPLID, GROUP, USERID
from ptktctl.errors import PtktctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.context import Context, Use
    from ptktctl.store.audit_lines import Event

BEGUN, DONE = "begun", "done"


def begin_use(context: Context) -> None:
    """Record that a use begins which takes longer: what is killed then shows in the audit trail as well.

    Raises:
        StoreError: it changes the store, and the trail can't be written.
    """
    if context.use.kind == "look":
        return
    try:
        _note_parameters(context.use)
        _append(context, [_event(context.use, BEGUN)])
    except PtktctlError:
        if context.use.kind == "change":
            raise


def record(context: Context, error: BaseException | None = None) -> None:
    """Record, once, what came of the command; before anybody is shown.

    Args:
        error: what ended it, if it did not come to its end.
    """
    use = context.use
    if not use.is_due(error):
        return
    use.is_recorded = True
    _note_parameters(use)
    try:
        _append(context, _events(use, error))
    except PtktctlError as unwritten:
        if not error:  # else that is what is told
            context.note(f"ptktctl: this is not in the audit log: {unwritten.message}")


def _events(use: Use, error: BaseException | None) -> Sequence[Event]:
    from ptktctl.store.audit_lines import Event

    counted = [
        Event(use.action, outcome, [applid] if applid else [], use.userids, use.group, use.key, count)
        for (applid, outcome), count in sorted(use.counts.items())
    ]
    if error:
        return [*counted, _event(use, _failure(error))]
    return counted or [_event(use, use.outcome or DONE)]


def _append(context: Context, events: Sequence[Event]) -> None:
    """Write to the log of the store; where there is no store, there is nothing to record."""
    from ptktctl.store import audit

    places = context.places()
    if os.path.lexists(places.keys) or os.path.lexists(places.definitions):
        audit.append(places.audit, context.clock(), events, durable=context.use.kind == "change")


def _event(use: Use, outcome: str) -> Event:
    from ptktctl.store.audit_lines import Event

    return Event(use.action, outcome, list(dict.fromkeys(use.applids)), use.userids, use.group, use.key)


def _failure(error: BaseException) -> str:
    """The kind of an error in words of our own, such as "failed: store-locked"."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    name = type(error).__name__.removesuffix("Error")
    return "failed: " + "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")


def _note_parameters(use: Use) -> None:
    """Take the names that were given on the command line, and were understood as such."""
    applids: list[str] = []
    for param in use.params:
        given = _as_given(use.values.get(param.name or ""))
        if param.type is APPLID:
            applids += [each.value for each in given]
        elif param.type is USERID:
            use.userids = [each.value for each in given]
        elif param.type is GROUP:
            use.group = given[0].value if given else None
        elif param.name == "enhanced":
            use.key = "enhanced" if given == (True,) else "legacy"
    use.applids = applids or use.applids


def _as_given(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)
