"""What gen --batch and verify --batch stand on: the lines, the store, the ledger, handed to `batch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.commands import selection
from ptktctl.commands.batch import Profile, generate_batch, verify_batch
from ptktctl.commands.batch_input import opened
from ptktctl.commands.recording import begin_use
from ptktctl.errors import InputError
from ptktctl.store.definitions import Replay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptktctl.commands.batch_subjects import Resolve
    from ptktctl.commands.batch_work import Valid
    from ptktctl.commands.context import Context
    from ptktctl.passticket.keys import TicketType
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.vault import Vault


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
    with opened(context, source) as lines:
        begin_use(context)
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
    from ptktctl.store.ledgers import Use

    vault = selection.open_vault(context, **unlock)
    definitions = selection.load_definitions(context)
    tickets = selection.open_ledger(context, ledger)

    users_have_keys = _applids_whose_users_have_keys(vault)

    def resolve(userid: UserId, applid: ApplId) -> Profile:
        application = selection.require_defined(definitions, applid)
        keys = selection.keys_to_try(application, vault.candidates(applid, userid, group, pending=True))
        single = application.replay is Replay.DENY
        return Profile(keys, application.timeout, single, for_all_users=applid not in users_have_keys)

    def ask(valid: Sequence[Valid]) -> Sequence[int | None]:
        tokens = [token(each.key, each.userid, each.applid, each.ticket, each.generated) for each in valid]
        if peek:
            return tickets.peek_many(tokens)
        now = context.clock()
        uses = [Use(known, each.generated, now, each.until) for known, each in zip(tokens, valid, strict=True)]
        return tickets.use_many(uses)

    # Where every ticket may be used again, there is nothing to ask, and no order to keep.
    asked = ask if any(application.replay is Replay.DENY for application in definitions) else None
    with opened(context, source) as lines:
        begin_use(context)
        return verify_batch(
            context, lines, resolve, ask=asked, records=not peek, output_format=output_format, jobs=jobs
        )


def _resolver_of_makers(
    context: Context, group: GroupId | None, ticket_type: TicketType | None, **unlock: str | None
) -> Resolve:
    vault = selection.open_vault(context, **unlock)
    definitions = selection.load_definitions(context)
    users_have_keys = _applids_whose_users_have_keys(vault)

    def resolve(userid: UserId, applid: ApplId) -> Profile:
        application = selection.require_defined(definitions, applid)
        key = selection.choose_key(application, vault.candidates(applid, userid, group), ticket_type)
        return Profile((key,), application.timeout, for_all_users=applid not in users_have_keys)

    return resolve


def _applids_whose_users_have_keys(vault: Vault) -> set[ApplId]:
    """The APPLIDs with a key that is a single user's."""
    return {name.applid for name in vault.names() if name.userid}
