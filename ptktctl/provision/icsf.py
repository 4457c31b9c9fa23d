"""How a key gets into ICSF's key data set under its label, and out of it again.

Sources: z/OS Cryptographic Services ICSF Administrator's Guide, "Syntax of the ADD and UPDATE control statements",
"Syntax of the DELETE control statement", "Submitting a job stream for KGUP", "Refreshing the in-storage CKDS using a
utility program"; "Storing PassTicket keys encrypted in ICSF" of the RACF Security Administrator's Guide for the kinds
of keys; for the sequence of callable services that stores an HMAC key, the public REXX sample GENHMAC
(admattingly/PassTickets) and "Key Part Import2 (CSNBKPI2)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.provision.step import Lines, Step
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACEHOLDER = "<key>"
# What fits into a statement within a comment line of every form.
LONGEST_SHOWN_LABEL = 46
DIGITS_A_LINE = 48


def set_up(wanted: Wanted) -> tuple[Step, ...]:
    """The steps that put the keys with labels into the key data set, before a profile names them."""
    return tuple(_STEPS[key.form](key) for key in wanted.keys if key.form.labelled)


def undo(wanted: Wanted) -> tuple[Step, ...]:
    """How the keys go, once no profile names them any more."""
    steps = []
    for key in wanted.keys:
        if key.form is KeyForm.KEYLABEL:
            statements = tuple(_statement("DELETE", key.label, "TYPE(DATA)"))
            remarks = ("Only when nothing else uses the key: look for the label in other profiles first.",)
            lines = (Lines("KGUP control statements (CSFIN)", statements),)
            steps.append(Step("Delete the DES key from the key data set", remarks=remarks, lines=lines))
        elif key.form is KeyForm.EPTKEYLABEL:
            remarks = (
                "Only when nothing else uses the key: the HMAC key is still in the CKDS under the label below; delete "
                "it as your site deletes keys of variable length (ICSF's CKDS Keys panels).",
            )
            lines = (Lines("the label, all lines in one", tuple(_label_lines(key.label))),)
            steps.append(Step("Delete the HMAC key from the key data set", remarks=remarks, lines=lines))
    return tuple(steps)


def _des(key: WantedKey) -> Step:
    """A DES key: type DATA, 8 bytes ("Storing PassTicket keys encrypted in ICSF")."""
    remarks = (
        "KEYLABEL names a DES key of type DATA and 8 bytes in the CKDS; it has to be there before the first "
        "PassTicket. KGUP (PGM=CSFKGUP) makes it from the statements below.",
        "CLEAR and KEY bring in the key that ptktctl has. KGUP then needs special secure mode: PARM='SSM', and "
        "SSM(YES) in ICSF's options or the profile CSF.SSM.ENABLE in class XFACILIT. "
        f"Put the 16 digits in the place of {PLACEHOLDER} in a data set that nobody else can read, not in a job, and "
        "delete it afterwards; or type them on ICSF's KGUP panels."
        if not key.digits
        else "CLEAR needs special secure mode: PARM='SSM', and SSM(YES) in ICSF's options or the profile "
        "CSF.SSM.ENABLE in class XFACILIT. Delete the statements afterwards: they hold the key.",
        "LENGTH(8) in the place of CLEAR and KEY lets ICSF make a random key that never leaves it: right where only "
        "hosts make and evaluate PassTickets, that share the CKDS.",
        "Then refresh the CKDS in storage: PGM=CSFEUTIL,PARM='ckds.name,REFRESH', or ICSF's panels. Take the key "
        "along to every system that shares users, and to the disaster recovery site.",
    )
    source = (
        'ICSF Administrator\'s Guide, "Syntax of the ADD and UPDATE control statements"; RACF Security '
        'Administrator\'s Guide, "Storing PassTicket keys encrypted in ICSF"'
    )
    statements = tuple(_statement("ADD", key.label, f"TYPE(DATA) CLEAR KEY({key.digits or PLACEHOLDER})"))
    return Step(
        "Put the DES key under its label",
        remarks=remarks,
        lines=(Lines("KGUP control statements (CSFIN)", statements),),
        source=source,
        expected=("CSFDIAG: the statement was processed, and the label is in the CKDS (ICSF's CKDS Keys panels).",),
    )


def _hmac(key: WantedKey) -> Step:
    """An HMAC key: type MAC, usage GENERATE, 32 to 256 bytes ("Storing PassTicket keys encrypted in ICSF")."""
    remarks = (
        "EPTKEYLABEL names an HMAC key of type MAC with usage GENERATE and 32 to 256 bytes, 64 at least "
        "recommended; it has to be in the CKDS before the first PassTicket, and the CKDS in variable-length or common "
        "(KDSR) record format. KGUP's statements are documented for DES and AES keys only.",
        "A program, such as a REXX exec (ADDRESS LINKPGM), calls the services below in this order. The rules are "
        "8 characters each, left-aligned.",
        "ICSF itself takes HMAC keys from 80 bits: shorter ones than 256 bits are no use to RACF.",
        "Take the key along to every system that shares users, and to the disaster recovery site.",
    )
    lines = [Lines("the callable services", tuple(_services(key)))]
    if key.digits:
        pieces = [key.digits[at : at + DIGITS_A_LINE] for at in range(0, len(key.digits), DIGITS_A_LINE)]
        lines.append(Lines("key_part, in hexadecimal, all lines in one", tuple(pieces)))
    return Step(
        "Put the HMAC key under its label",
        remarks=remarks,
        lines=tuple(lines),
        source='RACF Security Administrator\'s Guide, "Storing PassTicket keys encrypted in ICSF"; for the calls the '
        'sample GENHMAC (github.com/admattingly/PassTickets); ICSF, "Key Part Import2 (CSNBKPI2)"',
        expected=("Each call ends with return code 0.",),
    )


def _services(key: WantedKey) -> Iterator[str]:
    bits = f"{4 * len(key.digits)}" if key.digits else "8 times its bytes"
    yield "CSNBKTB2  rules INTERNAL, HMAC, NO-KEY, MAC, GENERATE:"
    yield "          a token without a key"
    yield "CSNBKPI2  rules HMAC, FIRST, MIN1PART:"
    yield "          key_part is the key, key_part_bit_length"
    yield f"          {bits}"
    yield "CSNBKPI2  rules HMAC, COMPLETE; key_part_bit_length 0"
    yield "CSNBKRC2  writes the token into the CKDS; key_label, padded"
    yield "          with blanks to 64 characters, is"
    yield from _label_lines(key.label)


def _statement(verb: str, label: str, operands: str) -> Iterator[str]:
    """A control statement over several lines; a comma ends a line that goes on."""
    if len(label) <= LONGEST_SHOWN_LABEL:
        yield f"{verb} LABEL({label}),"
    else:
        yield f"{verb} LABEL(<label>),"
    yield f"  {operands}"
    if len(label) > LONGEST_SHOWN_LABEL:
        yield "where <label> is, all lines in one,"
        yield from _label_lines(label)


def _label_lines(label: str) -> Iterator[str]:
    for at in range(0, len(label), LONGEST_SHOWN_LABEL):
        yield f"  {label[at : at + LONGEST_SHOWN_LABEL]}"


_STEPS = {KeyForm.KEYLABEL: _des, KeyForm.EPTKEYLABEL: _hmac}
