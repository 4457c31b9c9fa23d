"""What `provision` prints and `provision --check` compares with, as JSON has it, and which keys there are for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.provision.wanted import Wanted
    from ptktctl.store.definitions import Application


def stored_kinds(context: Context, application: Application) -> tuple[bool, bool]:
    """Whether the store has an application's legacy key, and whether it has the enhanced one."""
    from ptktctl.store.vault import KeyKind, listed_names

    names = listed_names(context.places().keys)
    kinds = {
        name.kind
        for name in names
        if name.applid == application.applid and not (name.group or name.userid or name.pending)
    }
    return KeyKind.LEGACY in kinds, KeyKind.ENHANCED in kinds


def members_of(wanted: Wanted, form: str, *, undo: bool) -> dict[str, object]:
    """What is wanted, as JSON has it; no key."""
    return {
        "applid": wanted.applid,
        "esm": wanted.esm.value,
        "form": form,
        "undo": undo,
        "key_forms": [key.form.value for key in wanted.keys],
        "key_labels": [key.label for key in wanted.keys if key.label],
        "generators": [user.value for user in wanted.generators],
        "evaluators": [user.value for user in wanted.evaluators],
        "users": [user.value for user in wanted.users],
        "all_users": wanted.all_users,
    }
