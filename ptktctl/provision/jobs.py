"""The JCL round the commands: a JOB statement for any name and account, and the step that runs TSO/E commands.

Source: z/OS MVS JCL Reference, "JOB statement" and its parameters, "Continuing parameter fields"; z/OS TSO/E User's
Guide on IKJEFT01 in a batch job.
"""

from __future__ import annotations

from dataclasses import dataclass

from ptktctl.errors import InputError
from ptktctl.passticket.names import ApplId
from ptktctl.provision.layout import WIDTH

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ@#$"
DIGITS = "0123456789"
LONGEST_JOBNAME = 8
LONGEST_ACCOUNT = 142  # JES2 takes that many characters of accounting information, commas included
LONGEST_PART = 50  # of one subparameter, with its apostrophes, so that it stays on one statement
LONGEST_CLASS = 8
LAST_COLUMN = WIDTH - 1  # of a parameter field
DEFAULT_JOBNAME = "PTKTPROV"


@dataclass(frozen=True, slots=True)
class Job:
    """What a JOB statement is made of.

    Attributes:
        name: 1 to 8 of A-Z 0-9 @ # $, no digit first.
        account: the parts of the accounting information, each as it is meant, without apostrophes.
        job_class: 1 to 8 of A-Z 0-9; empty for the installation's default.
        message_class: one of A-Z 0-9; empty for the installation's default.
    """

    name: str = DEFAULT_JOBNAME
    account: tuple[str, ...] = ()
    job_class: str = ""
    message_class: str = ""

    def statement(self, applid: ApplId) -> list[str]:
        """The JOB statement, continued after commas.

        Raises:
            InputError: a part of the accounting information is too long.
        """
        parts = [self._accounting(), f"'PASSTICKETS {applid}'"]
        parts += [f"CLASS={self.job_class}"] if self.job_class else []
        parts += [f"MSGCLASS={self.message_class}"] if self.message_class else []
        parts.append("NOTIFY=&SYSUID")
        return _continued(f"//{self.name:<8} JOB ", ",".join(parts))

    def _accounting(self) -> str:
        written = [_subparameter(part) for part in self.account]
        if too_long := next((part for part in written if len(part) > LONGEST_PART), None):
            raise InputError(
                f"--account: a part of {len(too_long)} characters, apostrophes counted, is too long",
                f"at most {LONGEST_PART} between two commas",
            )
        accounting = ",".join(written)
        if len(accounting) > LONGEST_ACCOUNT:
            raise InputError(f"--account: {len(accounting)} characters", f"at most {LONGEST_ACCOUNT} are taken")
        return f"({accounting})" if len(written) > 1 else accounting


def parse_job(name: str, account: str, job_class: str, message_class: str) -> Job:
    """Take a job's parameters as people write them.

    Args:
        account: parts separated by commas; apostrophes round a part are not needed and are taken for a part of it.

    Raises:
        InputError: naming the option, and what it takes.
    """
    return Job(
        _name(name.upper()),
        _account(account),
        _class("--class", job_class.upper(), LONGEST_CLASS),
        _class("--msgclass", message_class.upper(), 1),
    )


def run_step(commands: list[str]) -> list[str]:
    """The statements of a step that runs TSO/E commands; each line of those begins with a blank or an asterisk."""
    return ["//RUN      EXEC PGM=IKJEFT01", "//SYSTSPRT DD SYSOUT=*", "//SYSTSIN  DD *", *commands, "/*"]


def comment(text: str) -> str:
    """A comment statement."""
    return f"//* {text}"


def _name(name: str) -> str:
    if not name or len(name) > LONGEST_JOBNAME or name[0] in DIGITS or set(name) - set(LETTERS + DIGITS):
        raise InputError(
            f"--jobname: {name!r} is not a job name",
            f"1 to {LONGEST_JOBNAME} of A-Z 0-9 @ # $, and no digit first",
        )
    return name


def _class(option: str, text: str, longest: int) -> str:
    if len(text) > longest or set(text) - set(LETTERS[:26] + DIGITS):
        many = f"1 to {longest} letters or digits" if longest > 1 else "one letter or digit"
        raise InputError(f"{option}: {text!r} is not a class", f"it takes {many}")
    return text


def _account(text: str) -> tuple[str, ...]:
    odd = next((character for character in text if not " " <= character <= "~"), None)
    if odd:
        raise InputError(f"--account: the character {odd!r} is none of JCL's", "give plain characters")
    return tuple(text.split(",")) if text else ()


def _subparameter(part: str) -> str:
    """A part of the accounting information; within apostrophes when it has other characters than names have.

    Apostrophes within are doubled, and so are ampersands, which would begin a symbol.
    """
    if not set(part.upper()) - set(LETTERS + DIGITS) and part.upper() == part:
        return part
    return "'" + part.replace("'", "''").replace("&", "&&") + "'"


def _continued(start: str, parameters: str) -> list[str]:
    """A statement over as many lines as it takes, cut after commas that stand outside apostrophes."""
    lines = [start]
    for part in _parts(parameters):
        if len(lines[-1]) + len(part) > LAST_COLUMN:
            lines.append(f"//{'':<13}")
        lines[-1] += part
    return lines


def _parts(parameters: str) -> list[str]:
    """What stands between the commas outside apostrophes, each with its comma."""
    found, quoted = [""], False
    for character in parameters:
        quoted ^= character == "'"
        found[-1] += character
        if character == "," and not quoted:
            found.append("")
    return [part for part in found if part]
