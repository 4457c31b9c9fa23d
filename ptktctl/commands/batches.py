"""What gen --batch and verify --batch stand on: the lines, the store, the ledger, handed to `batch`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, BinaryIO

from ptktctl.commands import selection
from ptktctl.commands.batch import Profile, generate_batch, verify_batch
from ptktctl.errors import InputError
from ptktctl.store.definitions import Replay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import SecuredSignonKey, TicketType
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.vault import Vault

    Resolve = Callable[[UserId, ApplId], Profile]


def generate(
    context: Context,
    source: str,
    jobs: int,
    output_format: str,
    *,
    applid: ApplId | None,
    group: GroupId | None,
    ticket_type: TicketType | None,
    key_from: str | None,
    **unlock: str | None,
) -> int:
    """Print a ticket for each line of a file, or of standard input for `-`.

    Raises:
        InputError: the file can't be read, or both the key and the lines are to come from standard input.
        StoreError: as for a single ticket; what concerns one APPLID only becomes the row of its lines.
    """
    if key_from == source == "-":
        raise InputError("the key and the batch can't both come from standard input", "name a file for one of them")
    if key_from:
        given = Profile((selection.read_key(context, key_from, ticket_type),))
        resolve: Resolve = lambda _userid, _applid: given  # noqa: E731 - one of two
    else:
        resolve = _resolver_of_makers(context, group, ticket_type, **unlock)
    with _lines(context, source) as lines:
        return generate_batch(
            context,
            lines,
            resolve,
            default_applid=lambda: selection.choose_applid(context, applid),
            output_format=output_format,
            jobs=jobs,
        )


def verify(
    context: Context,
    source: str,
    jobs: int,
    output_format: str,
    *,
    group: GroupId | None,
    ledger: str | None,
    peek: bool,
    **unlock: str | None,
) -> int:
    """Print the outcome for each line of a file, or of standard input for `-`.

    Raises:
        InputError, StoreError: as `generate`; a ledger that does not serve ends the batch.
    """
    from ptktctl.store.ledger import token

    vault = selection.open_vault(context, **unlock)
    definitions = selection.load_definitions(context)
    tickets = selection.open_ledger(context, ledger)

    def resolve(userid: UserId, applid: ApplId) -> Profile:
        application = selection.require_defined(definitions, applid)
        keys = selection.keys_to_try(application, vault.candidates(applid, userid, group))
        single = application.replay is Replay.DENY
        return Profile(keys, application.timeout, single, for_all_users=_for_all_users(vault, applid))

    def use(key: SecuredSignonKey, userid: UserId, applid: ApplId, ticket: str, generated: int, _at: int) -> int | None:
        from ptktctl.passticket.evaluation import window_of

        known = token(key, userid, applid, ticket, generated)
        if peek:
            return tickets.peek(known)
        application = selection.require_defined(definitions, applid)
        return tickets.use(known, generated, context.clock(), generated + window_of(key, application.timeout))

    with _lines(context, source) as lines:
        return verify_batch(context, lines, resolve, use=use, records=not peek, output_format=output_format, jobs=jobs)


def _resolver_of_makers(
    context: Context, group: GroupId | None, ticket_type: TicketType | None, **unlock: str | None
) -> Resolve:
    vault = selection.open_vault(context, **unlock)
    definitions = selection.load_definitions(context)

    def resolve(userid: UserId, applid: ApplId) -> Profile:
        application = selection.require_defined(definitions, applid)
        key = selection.choose_key(application, vault.candidates(applid, userid, group), ticket_type)
        return Profile((key,), application.timeout, for_all_users=_for_all_users(vault, applid))

    return resolve


def _for_all_users(vault: Vault, applid: ApplId) -> bool:
    """Whether no key of an APPLID is a single user's."""
    return not any(name.userid for name in vault.names() if name.applid == applid)


@contextlib.contextmanager
def _lines(context: Context, source: str) -> Iterator[BinaryIO]:
    if source == "-":
        yield context.stdin
        return
    try:
        file = open(source, "rb")  # noqa: SIM115 - closed below; only opening it is ours to explain
    except OSError as error:
        raise InputError(f"{source}: cannot read the batch: {error.strerror}") from None
    with file:
        yield file
