"""Everything that a set-up is to bring about, decided: what the definition says and what was asked for beside it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptktctl.lint.security import AUTHORITY, Esm
from ptktctl.store.definitions import Component, Replay

if TYPE_CHECKING:
    from ptktctl.passticket.keys import TicketType
    from ptktctl.passticket.names import UserId
    from ptktctl.store.definitions import Application

__all__ = ["Esm", "KeyForm", "Wanted", "WantedKey"]

# RSE's own profiles (IBM Explorer for z/OS, "Define PassTicket support for RSE"); JES Job Monitor shares them.
RSE_COMPONENTS = (Component.RSE, Component.JES_JOB_MONITOR)
RSE_APPLID = "FEKAPPL"


class KeyForm(enum.Enum):
    """How a key profile is given its key; PLACEHOLDER leaves that open, as KEYENCRYPTED(<key>)."""

    KEYLABEL = "keylabel"
    EPTKEYLABEL = "eptkeylabel"
    KEYENCRYPTED = "keyencrypted"
    KEYMASKED = "keymasked"
    PLACEHOLDER = "placeholder"

    @property
    def enhanced(self) -> bool:
        """Whether such a key makes enhanced PassTickets; all others make legacy ones."""
        return self is KeyForm.EPTKEYLABEL

    @property
    def labelled(self) -> bool:
        """Whether the key lies in ICSF's key data set, and the profile names it."""
        return self in (KeyForm.KEYLABEL, KeyForm.EPTKEYLABEL)


@dataclass(frozen=True, slots=True)
class WantedKey:
    """A key of a profile.

    Attributes:
        label: of the key in ICSF's key data set, 1 to 64 characters; of a form that is not labelled, empty.
        digits: 16 hexadecimal digits, when the key itself shall be printed; else None, and a placeholder is.
    """

    form: KeyForm
    label: str = ""
    digits: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a host is to have for one application.

    Attributes:
        application: the definition: APPLID, component, ticket, timeout, replay.
        esm: the product that the host's security definitions are for.
        keys: the keys of the key profile, at most one of either kind, the legacy one first.
        generators: user IDs or groups that shall make PassTickets: UPDATE.
        evaluators: those that shall evaluate them through a callable service, and are not generators: READ.
        users: whom PassTickets may be made for, unless `all_users`.
        all_users: PassTickets may be made for every user.
        logons: user IDs or groups that may log on; when there are none, everybody may.
        jwt: define what JSON Web Tokens of the application need as well.
        administrators: the cryptographic administrators, who make the key of the JSON Web Tokens.
        owner: in Top Secret, the department that owns the resources.
    """

    application: Application
    esm: Esm = Esm.RACF
    keys: tuple[WantedKey, ...] = ()
    generators: tuple[UserId, ...] = ()
    evaluators: tuple[UserId, ...] = ()
    users: tuple[UserId, ...] = ()
    all_users: bool = False
    logons: tuple[UserId, ...] = ()
    jwt: bool = False
    administrators: tuple[UserId, ...] = ()
    owner: str = ""

    @property
    def applid(self) -> str:
        """The name of the key profile and of the APPL profile."""
        return self.application.applid.value

    @property
    def legacy(self) -> WantedKey | None:
        """The legacy key."""
        return next((key for key in self.keys if not key.form.enhanced), None)

    @property
    def enhanced(self) -> WantedKey | None:
        """The enhanced key."""
        return next((key for key in self.keys if key.form.enhanced), None)

    @property
    def reusable(self) -> bool:
        """Whether a PassTicket may be used again."""
        return self.application.replay is Replay.ALLOW

    @property
    def ticket_type(self) -> TicketType:
        """TYPE of enhanced PassTickets: UPPER or MIXED, RACF's default."""
        return self.application.enhanced_type

    @property
    def for_rse(self) -> bool:
        """Whether the application is that of RSE and JES Job Monitor."""
        return self.application.component in RSE_COMPONENTS or self.applid == RSE_APPLID

    @property
    def authorities(self) -> tuple[str, ...]:
        """The profiles that say who may make and evaluate the application's PassTickets, by RACF's names.

        None when neither a generator nor an evaluator is wanted.
        """
        if not self.generators and not self.evaluators:
            return ()
        targets = ("*",) if self.all_users else tuple(user.value for user in self.users)
        return tuple(f"{AUTHORITY}.{self.applid}.{target}" for target in targets)
