"""What is told of a stored key: whose it is, its fingerprint, its age and when it is due, but never the key itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.store.definitions import Definitions
    from ptktctl.store.vault import KeyName, StoredKey

DAY = 86_400
HEADINGS = ("profile", "kind", "fingerprint", "age", "stored", "stage", "due")


def greatest_age(definitions: Definitions, stored: StoredKey, given: int | None = None) -> int | None:
    """The days a key may serve: those given, else those of its definition, else None.

    A pending key does not serve yet, so it is never due.
    """
    if stored.name.pending:
        return None
    application = definitions.get(stored.name.applid)
    return given or (application.max_age if application else None)


def due_at(stored: StoredKey, max_age: int | None) -> int | None:
    """When a key is due to be replaced, in epoch seconds."""
    return None if max_age is None else stored.created + max_age * DAY


def is_due(context: Context, stored: StoredKey, max_age: int | None) -> bool:
    """Whether a key is to be replaced by now."""
    due = due_at(stored, max_age)
    return due is not None and due <= context.clock()


def name_members(name: KeyName) -> dict[str, object]:
    """A key's name as JSON has it."""
    return {
        "applid": name.applid.value,
        "group": name.group.value if name.group else None,
        "userid": name.userid.value if name.userid else None,
        "kind": name.kind.value,
        "stage": "pending" if name.pending else "current",
    }


def key_members(
    context: Context, stored: StoredKey, max_age: int | None, *, compared: bool = False, reveal: bool = False
) -> dict[str, object]:
    """A key as JSON has it.

    Args:
        max_age: the days it may serve, as `greatest_age` tells.
        compared: whether somebody asks for it who may want to compare it. Fingerprint and check value of a legacy key
            together leave about one DES key (`passticket.check_values`), so they do not stand in every list.
        reveal: whether the key itself is shown.
    """
    from ptktctl.commands.handing_over import check_members
    from ptktctl.commands.wording import instant
    from ptktctl.passticket.keys import LegacyKey

    due = due_at(stored, max_age)
    tells = compared or not isinstance(stored.key, LegacyKey)
    members = {
        "profile": stored.name.profile,
        **name_members(stored.name),
        "fingerprint": stored.key.fingerprint,
        **(check_members(stored.key) if tells else {"check_value": None, "check_method": None}),
        "created": instant(stored.created),
        "age_seconds": _age(context, stored),
        "max_age_days": max_age,
        "due": None if due is None else instant(due),
        "is_due": is_due(context, stored, max_age),
    }
    return {**members, "key": stored.key.secret.hex().upper()} if reveal else members


def key_row(context: Context, stored: StoredKey, max_age: int | None) -> list[str]:
    """A key as a row under HEADINGS."""
    from ptktctl.commands.wording import instant, span

    members = name_members(stored.name)
    due = due_at(stored, max_age)
    return [
        stored.name.profile,
        str(members["kind"]),
        stored.key.fingerprint,
        span(_age(context, stored)),
        instant(stored.created),
        str(members["stage"]),
        "" if due is None else instant(due),
    ]


def key_lines(context: Context, stored: StoredKey, max_age: int | None, *, reveal: bool) -> str:
    """A key in a line a fact."""
    from ptktctl.commands.handing_over import check_text

    profile, kind, fingerprint, age, created, stage, due = key_row(context, stored, max_age)
    lines = {"profile": profile, "kind": kind, "fingerprint": fingerprint, "check value": check_text(stored.key)}
    lines["stored"] = f"{created}, {age} ago"
    if stored.name.pending:
        lines["stage"] = stage
    if due:
        lines["due"] = f"{due}, after {max_age} d{': now' if is_due(context, stored, max_age) else ''}"
    if reveal:
        lines["key"] = stored.key.secret.hex().upper()
    return "\n".join(f"{name:<12} {value}" for name, value in lines.items())


def _age(context: Context, stored: StoredKey) -> int:
    return max(0, context.clock() - stored.created)
