"""The steps of a set-up, or of the way back, for whichever product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.security import Esm

if TYPE_CHECKING:
    from ptktctl.provision.step import Step
    from ptktctl.provision.wanted import Wanted


def steps(wanted: Wanted, *, undo: bool = False) -> tuple[Step, ...]:
    """What to do on the host, in its order.

    Args:
        undo: delete what the set-up defines.
    """
    from ptktctl.provision import acf2, racf_steps, top_secret

    set_ups = {Esm.RACF: racf_steps.set_up, Esm.ACF2: acf2.set_up, Esm.TOP_SECRET: top_secret.set_up}
    ways_back = {Esm.RACF: racf_steps.undo, Esm.ACF2: acf2.undo, Esm.TOP_SECRET: top_secret.undo}
    return (ways_back if undo else set_ups)[wanted.esm](wanted)


def warnings(planned: tuple[Step, ...]) -> tuple[str, ...]:
    """What of the steps nobody should overlook, without the word that marks it there."""
    marked = [remark for step in planned for remark in step.remarks if remark.startswith("WARNING: ")]
    return tuple(remark.removeprefix("WARNING: ") for remark in marked)
