"""A refused ticket held against the store: what `ptktctl diagnose` asks, for one ticket or a log of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptktctl.commands.diagnose_wording import IF_USED, how_made, remedy, when_made, without_candidate
from ptktctl.commands.selection import keys_to_try, load_definitions
from ptktctl.commands.wording import rfc3339
from ptktctl.errors import InputError
from ptktctl.passticket.diagnosis import (
    BOUND,
    KnownKey,
    Slip,
    Suspects,
    Verdict,
    diagnose,
    neighbours,
    system_applids,
)
from ptktctl.store.definitions import Application, Replay
from ptktctl.store.ledger import token

if TYPE_CHECKING:
    from ptktctl.commands.context import Context
    from ptktctl.passticket.diagnosis import Candidate, Diagnosis
    from ptktctl.passticket.keys import SecuredSignonKey
    from ptktctl.passticket.names import ApplId, GroupId, UserId
    from ptktctl.store.ledgers import UsedTickets
    from ptktctl.store.vault import StoredKey, Vault


# The verdict that only the ledger can give.
USED = "used"
# Names whose suspects are kept: a log tells of few failing users, or of so many that there is no room for all.
MOST_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Case:
    """A refused ticket with what is known of its circumstances.

    Attributes:
        ticket: as it was given; not shown, for it may be a password.
        userids: who signed on, then for whom else it may have been made.
        applid: the application that refused it.
        at: when, in epoch seconds.
    """

    ticket: str = field(repr=False)
    userids: tuple[UserId, ...]
    applid: ApplId
    at: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A case with what was found out about it.

    Attributes:
        used_at: when the ticket served on this machine, in epoch seconds, None if it did not; maybe after the failure.
    """

    case: Case
    suspects: Suspects
    found: Diagnosis
    used_at: int | None

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.found.verdict is Verdict.VALID and self.used_at is not None and self.used_at <= self.case.at:
            return USED
        return self.found.verdict.value

    @property
    def is_valid(self) -> bool:
        """Whether a verifier would take the ticket."""
        return self.verdict == Verdict.VALID.value

    def how(self, candidate: Candidate) -> str:
        """How a candidate says the ticket was made."""
        alike = sum(each.reading.slip is candidate.reading.slip for each in self.found.candidates)
        return how_made(candidate, self.suspects, alike)

    def used_at_as(self, candidate: Candidate) -> int | None:
        """When the ticket served, if it is what this candidate takes it for."""
        return self.used_at if candidate.reading.slip is Slip.NONE else None

    def remedy(self, candidate: Candidate) -> str:
        """What mends it, if the candidate is right."""
        used_at = self.used_at_as(candidate)
        return remedy(candidate) if used_at is None or used_at > self.case.at else IF_USED

    def members(self) -> dict[str, object]:
        """All of it as JSON has it."""
        case, found, used_at = self.case, self.found, self.used_at
        said, advice = (None, None) if found.candidates else without_candidate(found, case.at)
        return {
            "verdict": self.verdict,
            "userid": case.userids[0].value,
            "applid": case.applid.value,
            "at": rfc3339(case.at),
            "possible_types": [each.value for each in found.possible],
            "readings": found.readings,
            "reach_seconds": found.reach,
            "chance_bound": BOUND,
            "used_at": None if used_at is None else rfc3339(used_at),
            "explanation": said,
            "remedy": advice,
            "candidates": [self._candidate_members(each) for each in found.candidates],
        }

    def _candidate_members(self, candidate: Candidate) -> dict[str, object]:
        reading = candidate.reading
        return {
            "slip": reading.slip.label,
            "detail": reading.detail or None,
            "moment": candidate.moment.value,
            "userid": reading.userid.value,
            "applid": reading.applid.value,
            "key_profile": reading.known.name,
            "key": "pending" if reading.known.pending else "current",
            "ticket_type": reading.ticket_type.value,
            "generated": rfc3339(candidate.generated),
            "generated_epoch": candidate.generated,
            "age_seconds": candidate.age,
            "window_seconds": candidate.window,
            "utc_offset_seconds": candidate.zone,
            "readings": candidate.readings,
            "chance": candidate.chance,
            "explanation": f"{self.how(candidate)}; {when_made(candidate)}",
            "remedy": self.remedy(candidate),
        }


class Examiner:
    """Diagnoses tickets against one opened store."""

    def __init__(
        self, context: Context, vault: Vault, group: GroupId | None, smfids: tuple[str, ...], ledger: UsedTickets
    ) -> None:
        """Take what all tickets are held against.

        Args:
            ledger: what knows of used tickets.

        Raises:
            InputError: a wrong SMF ID.
        """
        self._ledger = ledger
        self._vault = vault
        self._group = group
        self._definitions = load_definitions(context)
        defined = (application.applid for application in self._definitions)
        self._applids = (*defined, *system_applids(smfids))
        self._keys = vault.keys()
        self._suspects: dict[tuple[tuple[UserId, ...], ApplId], Suspects] = {}

    def examine(self, case: Case) -> Explained:
        """Say why a ticket was refused.

        Raises:
            InputError: the APPLID is not defined.
            StoreMissingError: no key is stored for it.
        """
        application = self._application(case.applid)
        named = (case.userids, case.applid)
        suspects = self._suspects.get(named) or self._suspect(application, case.userids)
        if len(self._suspects) >= MOST_REMEMBERED:
            self._suspects.clear()
        self._suspects[named] = suspects
        found = diagnose(case.ticket, suspects, case.at, timeout=application.timeout)
        return Explained(case, suspects, found, self._used_at(case, application, found))

    def _application(self, applid: ApplId) -> Application:
        application = self._definitions.get(applid)
        if application is None:
            raise InputError(f"the APPLID {applid} is not defined", f"ptktctl applid add {applid}")
        return application

    def _suspect(self, application: Application, userids: tuple[UserId, ...]) -> Suspects:
        tried = self._vault.candidates(application.applid, userids[0], self._group, pending=True)
        keys_to_try(application, tried)  # says what to do when there is none
        names = {each.name for each in tried}
        keys = tuple(self._known(each, tried=each.name in names) for each in self._keys)
        return Suspects(userids, neighbours(application.applid, self._applids), keys)

    def _known(self, stored: StoredKey, *, tried: bool) -> KnownKey:
        name = stored.name
        return KnownKey(name.applid, name.profile, self._typed(stored), tried, name.pending)

    def _typed(self, stored: StoredKey) -> SecuredSignonKey:
        application = self._definitions.get(stored.name.applid) or Application(stored.name.applid, created=0)
        return keys_to_try(application, (stored,))[0]

    def _used_at(self, case: Case, application: Application, found: Diagnosis) -> int | None:
        """When a ticket read as given served before, where the definition lets it serve only once."""
        plain = next((candidate for candidate in found.candidates if candidate.reading.slip is Slip.NONE), None)
        if plain is None or application.replay is Replay.ALLOW:
            return None
        known = token(plain.reading.key, case.userids[0], case.applid, case.ticket, plain.generated)
        return self._ledger.peek(known)
