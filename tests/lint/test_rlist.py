"""What RLIST and SETROPTS LIST print, line by line, and listings of other things."""

from collections.abc import Mapping
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Span
from ptktctl.lint.readers import find_reader
from ptktctl.lint.readers.rlist import read
from ptktctl.lint.reports import text
from ptktctl.lint.result import File, Result
from ptktctl.lint.security import ClassOption, ClassSetting, KeyForm, PasswordCase, PermitChange, ProfileChange
from ptktctl.lint.source import Source, read_source

KEY_PROFILE = """\
CLASS      NAME
-----      ----
PTKTDATA   FEKAPPL

LEVEL  OWNER      UNIVERSAL ACCESS  YOUR ACCESS  WARNING
-----  --------   ----------------  -----------  -------
 00    IBMUSER         NONE              ALTER    NO

INSTALLATION DATA
-----------------
NONE

APPLICATION DATA
----------------
NO REPLAY PROTECTION - DO NOT CHANGE

AUDITING
--------
FAILURES(READ)

USER      ACCESS   ACCESS COUNT
----      ------   ------ -----
NO USERS IN ACCESS LIST

SSIGNON INFORMATION
-------------------
Legacy PassTicket: KEYENCRYPTED LABEL: IRR.SSIGNON.SYS1.01022026.101112.000001
Enhanced PassTicket: Timeout = 00000060
Enhanced PassTicket: Replay allowed = YES
"""
AUTHORITY = """\
CLASS      NAME
-----      ----
PTKTDATA   IRRPTAUTH.FEKAPPL.* (G)

LEVEL  OWNER      UNIVERSAL ACCESS  YOUR ACCESS  WARNING
-----  --------   ----------------  -----------  -------
 00    IBMUSER         READ              ALTER    YES

APPLICATION DATA
----------------
NONE

USER      ACCESS
----      ------
STCRSE    UPDATE
JMON      READ

   ID     ACCESS   CLASS                ENTITY NAME
--------  -------  --------  ---------------------------------------
OTHER     UPDATE   PROGRAM   PAYTOOL
"""
SETROPTS = """\
READY
 SETROPTS LIST
ATTRIBUTES = INITSTATS WHEN(PROGRAM -- BASIC) SAUDIT
STATISTICS = NONE
ACTIVE CLASSES = DATASET USER GROUP ACCTNUM APPL FACILITY
                 OPERCMDS PTKTDATA TSOAUTH
GENERIC PROFILE CLASSES = DATASET APPL
GENERIC COMMAND CLASSES = DATASET PTKTDATA
GLOBAL CHECKING CLASSES = NONE
SETR RACLIST CLASSES = APPL FACILITY
                       PTKTDATA
GLOBAL=YES RACLIST ONLY = NONE
PASSWORD PROCESSING OPTIONS:
  MIXED CASE PASSWORD SUPPORT IS NOT IN EFFECT.
READY
"""


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def listing(content: str) -> Source:
    return read_source("rlist.txt", content.encode())


def profiles(content: str) -> list[ProfileChange]:
    return [each for each in read(listing(content)) if isinstance(each, ProfileChange)]


def test_key_profile() -> None:
    (profile,) = profiles(KEY_PROFILE)
    assert (profile.resource_class, profile.name.value, profile.generic) == ("PTKTDATA", "FEKAPPL", False)
    assert profile.name.span == Span("rlist.txt", 3, 12, 3, 19)
    assert profile.uacc == ("NONE", Span("rlist.txt", 7, 24, 7, 28))
    assert profile.warning == (False, Span("rlist.txt", 7, 51, 7, 53))
    assert profile.appldata == ("NO REPLAY PROTECTION - DO NOT CHANGE", Span("rlist.txt", 15, 1, 15, 37))
    legacy, enhanced = profile.keys
    assert legacy.form is KeyForm.KEYENCRYPTED
    assert str(legacy.label) == "IRR.SSIGNON.SYS1.01022026.101112.000001"
    assert (enhanced.form, enhanced.label) == (KeyForm.EPTKEYLABEL, None)
    assert str(profile.timeout) == "00000060"
    assert profile.replay == (True, Span("rlist.txt", 29, 39, 29, 42))
    assert profile.ticket_type is None


def test_authority_and_its_access_lists() -> None:
    (profile,) = profiles(KEY_PROFILE + AUTHORITY)[1:]
    assert (profile.name.value, profile.generic, str(profile.uacc)) == ("IRRPTAUTH.FEKAPPL.*", True, "READ")
    assert profile.warning
    assert profile.warning.on
    assert profile.appldata
    assert profile.appldata.value == ""
    permits = [each for each in read(listing(KEY_PROFILE + AUTHORITY)) if isinstance(each, PermitChange)]
    assert [(str(each.ids[0]), str(each.access), each.conditional) for each in permits] == [
        ("STCRSE", "UPDATE", False),
        ("JMON", "READ", False),
        ("OTHER", "UPDATE", True),
    ]
    assert {each.profile.value for each in permits} == {"IRRPTAUTH.FEKAPPL.*"}


@pytest.mark.parametrize(
    ("line", "form", "label"),
    [
        ("Legacy PassTicket: KEYMASKED", KeyForm.KEYMASKED, None),
        ("Legacy PassTicket: KEYLABEL RSE.LEGACY", KeyForm.KEYLABEL, "RSE.LEGACY"),
        ("KEYMASKED DATA NOT DISPLAYABLE", KeyForm.KEYMASKED, None),
        ("KEYENCRYPTED DATA NOT DISPLAYABLE", KeyForm.KEYENCRYPTED, None),
        ("KEYLABEL RSE.LEGACY", KeyForm.KEYLABEL, "RSE.LEGACY"),
        ("KEYLABEL", KeyForm.KEYLABEL, None),
        ("Enhanced PassTicket: Something = new", KeyForm.EPTKEYLABEL, None),
    ],
)
def test_forms_of_keys(line: str, form: KeyForm, label: str | None) -> None:
    content = f"CLASS NAME\n----- ----\nPTKTDATA X\n\nSSIGNON INFORMATION\n-------------------\n{line}\n"
    (profile,) = profiles(content)
    assert [(key.form, key.label.value if key.label else None) for key in profile.keys] == [(form, label)]


@pytest.mark.parametrize("line", ["NO SSIGNON INFORMATION", "LABEL:", ":", "Legacy PassTicket:", "NONE", "= ="])
def test_no_key(line: str) -> None:
    content = f"CLASS NAME\n----- ----\nPTKTDATA X\n\nSSIGNON INFORMATION\n-------------------\n{line}\n"
    assert [profile.keys for profile in profiles(content)] == [()]


def test_other_classes_are_passed_over() -> None:
    other = AUTHORITY.replace("PTKTDATA", "OPERCMDS")
    statements = list(read(listing(other)))
    assert not any(isinstance(each, ProfileChange | PermitChange) for each in statements)
    assert len(profiles(other + KEY_PROFILE + other)) == 1


def test_setropts() -> None:
    statements = list(read(listing(SETROPTS)))
    options = {
        (option.setting, word.value): option.on
        for option in statements
        if isinstance(option, ClassOption)
        for word in option.classes
    }
    assert options[ClassSetting.ACTIVE, "PTKTDATA"] is True
    assert options[ClassSetting.ACTIVE, "IDTDATA"] is False
    assert options[ClassSetting.GENERIC, "PTKTDATA"] is False
    assert options[ClassSetting.GENERIC, "APPL"] is True
    assert options[ClassSetting.RACLISTED, "PTKTDATA"] is True
    assert options[ClassSetting.RACLISTED, "CRYPTOZ"] is False
    (case,) = [each for each in statements if isinstance(each, PasswordCase)]
    assert not case.mixed
    assert case.span == Span("rlist.txt", 14, 3, 14, 48)


@pytest.mark.parametrize("comment", ["/* {} */", " /* {} */", "* {}", "# {}", "//* {}"])
def test_a_comment_that_speaks_of_a_heading_makes_no_listing(comment: str) -> None:
    text = comment.format("see SSIGNON INFORMATION and GENERIC PROFILE CLASSES")
    commands = f"{text}\nRDEFINE PTKTDATA PAY* UACC(NONE) SSIGNON(KEYLABEL(A))\n"
    assert find_reader(read_source("x.txt", commands.encode())).kind == "racf-commands"


@pytest.mark.parametrize("content", [KEY_PROFILE, AUTHORITY, SETROPTS])
def test_recognised_by_its_content(content: str) -> None:
    assert find_reader(listing(content)).kind == "rlist"
    assert find_reader(read_source("x", content.encode("cp037"))).kind == "rlist"


def test_what_a_listing_does_not_show_is_not_missed(lint_texts: Lint) -> None:
    files = {
        "rse.env": '_RSE_JMON_PORT=6715\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"\n',
        "FEJJCNFG": "SERV_PORT=6715\nAPPLID=RSEPROD\n",
        "list": SETROPTS.replace("NOT IN EFFECT", "IN EFFECT"),
    }
    assert {each.rule.id for each in lint_texts(files).findings} <= {"PTK506", "PTK508"}


def test_findings_from_listings(lint_texts: Lint) -> None:
    shown = {each.rule.id for each in lint_texts({"list": KEY_PROFILE.replace("YES", "NO") + AUTHORITY}).findings}
    assert shown == {"PTK401", "PTK502", "PTK510"}


LINES = st.sampled_from((KEY_PROFILE + AUTHORITY + SETROPTS).split("\n")) | st.text(max_size=20)


@given(st.lists(LINES, max_size=30))
@settings(max_examples=200)
def test_lines_in_any_order(lines: list[str]) -> None:
    result = lint([File("x", "\n".join(lines).encode("utf-8", "replace"))], "rlist")
    assert text.render(result) or result.problems
