"""JOB statements for any name and account, read back as JCL reads them."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.passticket.names import ApplId
from ptktctl.provision.jobs import (
    DIGITS,
    LAST_COLUMN,
    LETTERS,
    LONGEST_ACCOUNT,
    LONGEST_PART,
    Job,
    parse_job,
    run_step,
)

APPLID = ApplId("FEKAPPL")
PLAIN = "".join(map(chr, range(32, 127)))
JOBNAMES = st.builds(lambda first, rest: first + rest, st.sampled_from(LETTERS), st.text(LETTERS + DIGITS, max_size=7))
PARTS = st.text(PLAIN.replace(",", ""), max_size=20)


def joined(statement: list[str]) -> str:
    """The statement in one line, as the system joins it; with what has to be true of each line on the way."""
    parameters = ""
    for number, line in enumerate(statement):
        assert len(line) <= LAST_COLUMN
        assert line.startswith("//")
        if number:
            # A continued parameter field begins in columns 4 to 16, after a comma on the line before.
            assert parameters.endswith(",")
            assert 4 <= len(line) - len(line[2:].lstrip()) + 1 <= 16
            parameters += line[2:].lstrip()
        else:
            parameters = line
    return parameters


def subparameters(accounting: str) -> list[str]:
    """What the parts of an accounting field stand for."""
    inner = accounting[1:-1] if accounting.startswith("(") else accounting
    found = re.findall(r"('(?:[^']|'')*'|[^,']*)(?:,|$)", inner)
    parts = (
        found[:-1] if inner and re.fullmatch(r".*", inner) and found[-1] == "" and not inner.endswith(",") else found
    )
    return [part[1:-1].replace("''", "'").replace("&&", "&") if part.startswith("'") else part for part in parts]


@given(
    name=JOBNAMES,
    account=st.lists(PARTS, min_size=1, max_size=6),
    job_class=st.sampled_from(["", "A", "LONGCLAS"]),
    message_class=st.sampled_from(["", "H"]),
)
def test_any_name_and_account(name: str, account: list[str], job_class: str, message_class: str) -> None:
    job = parse_job(name, ",".join(account), job_class, message_class)
    written = [part.replace("'", "''").replace("&", "&&") for part in account]
    if max(map(len, written)) > LONGEST_PART - 2 or sum(map(len, written)) + 3 * len(written) > LONGEST_ACCOUNT:
        with suppress(InputError):
            joined(job.statement(APPLID))
        return
    statement = job.statement(APPLID)
    text = joined(statement)
    match = re.fullmatch(r"//(\S{1,8}) +JOB (.*),'PASSTICKETS FEKAPPL'(.*)", text)
    assert match
    assert match[1] == name
    keywords = [f"CLASS={job_class}"] * bool(job_class) + [f"MSGCLASS={message_class}"] * bool(message_class)
    assert match[3] == "".join(f",{each}" for each in [*keywords, "NOTIFY=&SYSUID"])
    if ",".join(account):
        assert subparameters(match[2]) == account
    else:
        assert match[2] == ""
    # No blank outside apostrophes, which would end the parameter field; no symbol but the one that is meant.
    bare = re.sub(r"'(?:[^']|'')*'", "", match[2] + match[3])
    assert " " not in bare
    assert "&" not in re.sub("&&", "", match[2])


def test_a_statement_as_people_write_it() -> None:
    assert parse_job("payroll", "4711,o'brien", "a", "h").statement(ApplId("PAYROLL")) == [
        "//PAYROLL  JOB (4711,'o''brien'),'PASSTICKETS PAYROLL',CLASS=A,",
        "//             MSGCLASS=H,NOTIFY=&SYSUID",
    ]
    assert Job().statement(APPLID) == ["//PTKTPROV JOB ,'PASSTICKETS FEKAPPL',NOTIFY=&SYSUID"]
    assert Job(account=("4711",)).statement(APPLID) == ["//PTKTPROV JOB 4711,'PASSTICKETS FEKAPPL',NOTIFY=&SYSUID"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("", "", "", ""), "--jobname"),
        (("9A", "", "", ""), "--jobname"),
        (("ABCDEFGHI", "", "", ""), "--jobname"),
        (("A-B", "", "", ""), "--jobname"),
        (("A", "a\nb", "", ""), r"--account: the character '\n'"),
        (("A", "München", "", ""), "--account: the character 'ü'"),
        (("A", "", "A B", ""), "--class"),
        (("A", "", "ABCDEFGHI", ""), "--class"),
        (("A", "", "", "AB"), "--msgclass"),
        (("A", "", "", "*"), "--msgclass"),
    ],
)
def test_what_is_refused(call: tuple[str, str, str, str], said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_job(*call)
    assert said in refused.value.message
    assert refused.value.hint


def test_an_account_that_is_too_long() -> None:
    with pytest.raises(InputError, match="51 characters"):
        parse_job("A", "x" * (LONGEST_PART - 1), "", "").statement(APPLID)
    with pytest.raises(InputError, match="163 characters"):
        parse_job("A", ",".join(["A" * 40] * 4), "", "").statement(APPLID)


def test_the_step_ends_its_data() -> None:
    step = run_step([" SETROPTS LIST"])
    assert step[0] == "//RUN      EXEC PGM=IKJEFT01"
    assert step[-2:] == [" SETROPTS LIST", "/*"]
