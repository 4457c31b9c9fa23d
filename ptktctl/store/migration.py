"""How far an application has got on its way from legacy to enhanced tickets: what its definition remembers."""

import enum


class Migration(enum.Enum):
    """The last step that was done of a move from legacy to enhanced tickets, in the order of the steps.

    The order is IBM's: both keys in one profile, enhanced tickets made, both kinds evaluated, then the legacy key
    removed (IBM Education Assistant, z/OS V2.5, "RACF enhanced PassTicket"). With the step after the last of these the
    move is over, and nothing is remembered.
    """

    BEGUN = "begun"
    HOSTS_READY = "hosts-ready"
    LEGACY_PINNED = "legacy-pinned"
    KEY_MADE = "key-made"
    KEY_LABELLED = "key-labelled"
    BOTH_EVALUATED = "both-evaluated"
    ENHANCED_MADE = "enhanced-made"
    LEGACY_UNUSED = "legacy-unused"
    LEGACY_REMOVED = "legacy-removed"
