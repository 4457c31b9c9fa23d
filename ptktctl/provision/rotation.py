"""How a host gets the next key of an application, the key itself left out.

Sources: z/OS Security Server RACF Security Administrator's Guide, "Defining profiles in the PTKTDATA class", "Storing
PassTicket keys encrypted in ICSF" (labels, kinds and lengths of keys) and "Activating the PTKTDATA class" (refresh);
for ACF2 and Top Secret those of their set-ups, which do not tell how an enhanced key is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.security import KEY_CLASS
from ptktctl.provision import acf2, icsf, racf, top_secret
from ptktctl.provision.step import Accepted, Command, Step
from ptktctl.provision.wanted import RSE_APPLID, Esm, KeyForm, Wanted, WantedKey
from ptktctl.provision.wishes import parse_label

if TYPE_CHECKING:
    from ptktctl.store.definitions import Application

SOURCE = 'RACF Security Administrator\'s Guide, "Storing PassTicket keys encrypted in ICSF"'
ALL_AT_ONCE = "on all systems that share it at one time"
WITHOUT_LABEL = (
    f"Where the profile shall hold the key itself, SSIGNON(KEYENCRYPTED({racf.PLACEHOLDER})) is typed with the key in"
    " its place, in no job and not under ISPF, which both keep what was typed; then step 1 is left out."
)
ONE_KEY = (
    "There is one key at a time: until a system is changed, it makes and takes tickets of the current key only, and"
    " afterwards of the next one only."
)
CHANGED = "CHANGE is not in the sources of these commands, but as ACF2 changes records in general."
ADDED_AGAIN = (
    "The sources of these commands know ADDTO only, and do not tell whether it replaces the key of an entry that is"
    " there. If it is refused, remove the entry before, as Top Secret undoes an ADDTO in general, and until the next"
    " command no PassTicket is taken: "
)
# ACF2 has records of an APPLID, and of one with a user or a group (Broadcom, articles 32160 and 52976).
MOST_QUALIFIERS = {Esm.ACF2: 1, Esm.TOP_SECRET: 0}


def wanted_of(
    application: Application, esm: Esm, profile: str, label: str | None, moment: str, *, enhanced: bool
) -> Wanted:
    """The next key as a host shall have it.

    Args:
        profile: the key profile, qualifiers and all.
        label: what ICSF shall call the key; None for a name after the profile and the moment.
        moment: such as D20261123.T101112. The key in use has a label of its own, also when it was made today.
        enhanced: whether it is the key of enhanced tickets.

    Raises:
        InputError: the label is none, or the product has none.
    """
    if esm is not Esm.RACF:
        if label is not None:
            raise InputError(f"--key-label is RACF's: {esm.value} takes the key itself", "leave --key-label out")
        keys = () if enhanced else (WantedKey(KeyForm.PLACEHOLDER),)
        return Wanted(application, esm, keys)
    name = f"PTKT.{profile}.{moment}" if label is None else parse_label(label)
    return Wanted(application, esm, (WantedKey(KeyForm.EPTKEYLABEL if enhanced else KeyForm.KEYLABEL, name),))


def steps(wanted: Wanted, profile: str) -> tuple[Step, ...]:
    """What is done on the hosts between `key rotate` and `key promote`.

    Args:
        wanted: as `wanted_of` has it.
        profile: the key profile, qualifiers and all.
    """
    if wanted.esm is Esm.RACF:
        return (*icsf.set_up(wanted), _into_profile(wanted, profile))
    if unknown := _undocumented(wanted, profile):
        return (Step(f"Give {wanted.esm.value} the next key, {ALL_AT_ONCE}", remarks=(unknown, ONE_KEY)),)
    return (_into_record(wanted, profile) if wanted.esm is Esm.ACF2 else _into_entry(wanted),)


def _into_profile(wanted: Wanted, profile: str) -> Step:
    (key,) = wanted.keys
    kind = "enhanced" if key.form.enhanced else "legacy"
    return Step(
        f"Name the next key in the profile {profile}, {ALL_AT_ONCE}",
        (
            racf.alter_signon(profile, racf.key_operand(key)),
            racf.refresh(KEY_CLASS),
            racf.show(KEY_CLASS, profile, signon=True),
        ),
        (f"Under SSIGNON INFORMATION the label {key.label}, if this level of z/OS shows the {kind} key's.",),
        (
            f"A profile holds one {kind} key: until a system is changed, it makes and takes tickets of the current key"
            " only, and afterwards of the next one only. The key in use keeps its label until all have left it.",
            *(() if key.form.enhanced else (WITHOUT_LABEL,)),
        ),
        source=SOURCE,
    )


def _into_record(wanted: Wanted, profile: str) -> Step:
    return Step(
        f"Put the next key into the record {profile}, {ALL_AT_ONCE}",
        (
            Command(acf2.KEYS),
            Command(f"CHANGE {profile} SSKEY({racf.PLACEHOLDER})"),
            Command(acf2.REBUILD_KEYS, "Key records are of class P."),
            Command(f"LIST LIKE({profile}-)"),
        ),
        (f"The record {profile}.",),
        (ONE_KEY, acf2.ENTER_KEY, CHANGED),
        source=acf2.SOURCE,
    )


def _into_entry(wanted: Wanted) -> Step:
    command = top_secret.set_key(wanted)
    if wanted.applid == RSE_APPLID:
        # Alone it looks like a set-up of RSE's own application that lacks the rest.
        command = replace(command, accepted=(*command.accepted, Accepted("PTK501", "the permits are there already")))
    return Step(
        f"Put the next key into the entry of {wanted.applid}, {ALL_AT_ONCE}",
        (command, Command(top_secret.REFRESH)),
        remarks=(ONE_KEY, acf2.ENTER_KEY, f"{ADDED_AGAIN}{top_secret.drop_key(wanted.applid).text}"),
        source=top_secret.SOURCE,
    )


def _undocumented(wanted: Wanted, profile: str) -> str:
    """What of a product the sources do not tell; empty when they tell all that is needed."""
    name = wanted.esm.value
    if not wanted.keys:
        return f"How {name} is given an enhanced key is not documented in ptktctl's sources: see the vendor's manuals."
    if profile.count(".") > MOST_QUALIFIERS[wanted.esm]:
        return (
            f"How {name} is given a key of {profile} is not documented in ptktctl's sources: see the vendor's manuals."
        )
    return ""
