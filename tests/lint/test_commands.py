"""Commands for RACF, ACF2 and Top Secret: where they are found, and what they are taken to say."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pytest

from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Span
from ptktctl.lint.readers import commands, find_reader
from ptktctl.lint.result import File
from ptktctl.lint.security import (
    Action,
    Change,
    ClassOption,
    ClassSetting,
    CommandError,
    Definitions,
    Esm,
    Flag,
    KeyForm,
    KeyMaterial,
    Part,
    PasswordCase,
    PermitChange,
    ProfileChange,
    Secret,
    SkippedCommand,
    Text,
)
from ptktctl.lint.site import Comment, Slip, Statement
from ptktctl.lint.source import CODE_PAGES, Source, read_source

Encode = Callable[[str, str], bytes]
KEY = "8D1C5A3F907E62B4"
SET_UP = (
    "SETROPTS GENERIC(PTKTDATA)",
    f"RDEFINE PTKTDATA FEKAPPL UACC(NONE) SSIGNON(KEYMASKED({KEY})) APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE')",
    "RALTER PTKTDATA FEKAPPL SSIGNON(EPTKEYLABEL(RSE.KEY) TYPE(UPPER) TIMEOUT(60) REPLAY(YES)) DATA('RSE''S')",
    "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)",
    "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
    "SETROPTS RACLIST(PTKTDATA) REFRESH",
)


def read(text: str, name: str = "set-up.txt") -> list[Statement]:
    return list(commands.read(read_source(name, text.encode())))


def read_one(text: str, name: str = "set-up.txt") -> Change:
    (change,) = changes(read(text, name))
    return change


def changes(statements: Iterable[Statement]) -> list[Change]:
    kinds = (ProfileChange, PermitChange, ClassOption, PasswordCase)
    return [statement for statement in statements if isinstance(statement, kinds)]


def errors(text: str) -> list[tuple[str, str]]:
    return [(each.kind.name, each.text) for each in read(text) if isinstance(each, CommandError)]


def without_places(value: object) -> object:
    """A statement with its words only."""
    if isinstance(value, Span):
        return None
    if isinstance(value, Secret):
        return value.digits
    return tuple(map(without_places, value)) if isinstance(value, tuple) else value


def split(command: str, sign: str) -> str:
    """A command with a continuation after each second word; only a plus sign leaves out the blanks that follow."""
    words = command.split(" ")
    return f" {sign}\n{' ' * 3 * (sign == '+')}".join(" ".join(words[i : i + 2]) for i in range(0, len(words), 2))


def job(lines: Iterable[str]) -> str:
    cards = [
        *("//FEKRACF  JOB (ACCT),'SET UP'", "//* a comment", "//TSO      EXEC PGM=IKJEFT01", "//SYSTSPRT DD SYSOUT=*"),
        *("//SYSTSIN  DD *", *lines, "/*", "//LAST     EXEC PGM=IEFBR14"),
    ]
    return "".join(f"{card:<72}{number:08}\n" for number, card in enumerate(cards, start=1))


CONTAINERS = {
    "plain": ("set-up.txt", "\n".join(SET_UP)),
    "lower case": (
        "set-up.txt",
        "\n".join(SET_UP)
        .lower()
        .replace("no replay protection - do not change", "NO REPLAY PROTECTION - DO NOT CHANGE")
        .replace(KEY.lower(), KEY),
    ),
    "indented": ("set-up.txt", "\n\n".join(f"   {each}  " for each in SET_UP)),
    "plus": ("set-up.clist", "PROC 0\n" + "\n".join(split(each, "+") for each in SET_UP)),
    "hyphen": (
        "set-up.clist",
        "\n".join(split(each.replace(" - ", "\0"), "-").replace("\0", " - ") for each in SET_UP),
    ),
    "job": ("FEKRACF", job(line for each in SET_UP for line in split(each, "+").split("\n"))),
    "comments": ("set-up.txt", "/* PERMIT X CLASS(PTKTDATA) */\n" + "\n".join(f"{each} /* why */" for each in SET_UP)),
    "shell": ("set-up.sh", "\n".join(f'tsocmd "{each}" || exit 1' for each in SET_UP)),
    "shell continued": ("set-up.sh", "\n".join('tsocmd "' + each.replace(" ", " \\\n") + '"' for each in SET_UP)),
    "here-document": ("set-up.sh", "#!/bin/sh\ntso <<EOF\n" + "\n".join(SET_UP) + "\nEOF\n"),
    "REXX": ("set-up", "/* REXX */\naddress tso\n" + "\n".join(f'"{each}" ; say rc' for each in SET_UP)),
    "REXX apostrophes": (
        "set-up.rexx",
        "\n".join("'" + each.replace("'", "''") + "'" for each in SET_UP) + "\nsay 'PERMIT X CLASS(PTKTDATA)'",
    ),
    "REXX joined": (
        "set-up.rexx",
        "\n".join('"' + each.replace(" ", '",\n "') + '"' for each in SET_UP),
    ),
    "fences": (
        "README.md",
        "# Set-up\n\nThen:\n\n```racf\n" + "\n".join(SET_UP) + "\n```\n\nPermit the server (see above).\n",
    ),
    "bullets": ("README.md", "\n".join(f"- {each}" for each in SET_UP)),
    "numbered": ("README.md", "\n".join(f" {i}. `{each}`" for i, each in enumerate(SET_UP, start=1))),
    "in sentences": ("README.md", "\n".join(f"Issue `{each}`, and see (later)." for each in SET_UP)),
    "prompts": ("notes.txt", "\n".join(f"READY {each}" for each in SET_UP)),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_commands_say_the_same_wherever_they_stand(container: str) -> None:
    expected = [without_places(each) for each in changes(read("\n".join(SET_UP)))]
    assert len(expected) == 6
    statements = read(CONTAINERS[container][1], CONTAINERS[container][0])
    assert [without_places(each) for each in changes(statements)] == expected
    assert not [each for each in statements if isinstance(each, CommandError | Slip)]


@pytest.mark.parametrize("container", CONTAINERS)
def test_places_are_those_in_the_file(container: str) -> None:
    name, text = CONTAINERS[container]
    source = read_source(name, text.encode())
    for change in changes(commands.read(source)):
        if isinstance(change, ProfileChange):
            assert shown(source, change.name.span).upper() == change.name.value
            for key in change.keys:
                assert key.secret is None or shown(source, key.secret.span) == KEY
        elif isinstance(change, PermitChange):
            assert [shown(source, each.span).upper() for each in change.ids] == ["STCRSE"]
    material = [each for each in commands.read(source) if isinstance(each, KeyMaterial)]
    assert [shown(source, each.span) for each in material] == [KEY]


@pytest.mark.parametrize("code_page", CODE_PAGES)
@pytest.mark.parametrize("container", CONTAINERS)
def test_ebcdic_makes_no_difference(container: str, code_page: str, encode_ebcdic: Encode) -> None:
    name, text = CONTAINERS[container]
    source = read_source(name, encode_ebcdic(text, code_page))
    assert source.encoding in CODE_PAGES
    found = [without_places(each) for each in changes(commands.read(source))]
    assert found == [without_places(each) for each in changes(read(text, name))]


def test_records_make_no_difference(encode_ebcdic: Encode) -> None:
    text = CONTAINERS["job"][1]
    data = b"".join(encode_ebcdic(line, "IBM-1047") for line in text.splitlines())
    assert not len(data) % 80
    found = changes(commands.read(read_source("FEKRACF", data)))
    assert found == changes(read(text, "FEKRACF"))


def test_a_line_of_a_job_ends_at_column_72() -> None:
    long = "RDEFINE APPL FEKAPPL UACC(NONE) DATA('THE APPLICATION')".ljust(71)
    for end, told in (("+CHANGED1\n", [Slip]), ("+00010000\n", [])):
        text = f"//A JOB\n//B EXEC PGM=IKJEFT01\n//SYSTSIN DD *\n{long}{end} OWNER(SYS1)\n/*\n"
        assert [type(each) for each in read(text)] == [*told, ProfileChange, Definitions]


def shown(source: Source, span: Span) -> str:
    assert span.line == span.end_line
    return source.line(span.line)[span.column - 1 : span.end_column - 1]


def test_a_profile_says_all_that_is_written() -> None:
    change = read_one(
        "RDEFINE PTKTDATA FEKAPPL UACC(READ) WARNING APPLDATA('No replay') OWNER(SYS1) "
        f"SSIGNON(KEYENCRYPTED({KEY}) EPTKEYLABEL(rse.key) TYPE(MIXED) TIMEOUT(30) REPLAY(NO))"
    )
    assert isinstance(change, ProfileChange)
    assert (change.action, change.esm, change.resource_class) == (Action.DEFINE, Esm.RACF, "PTKTDATA")
    assert (str(change.name), str(change.uacc), str(change.appldata)) == ("FEKAPPL", "READ", "No replay")
    assert (str(change.ticket_type), str(change.timeout)) == ("MIXED", "30")
    assert isinstance(change.warning, Flag)
    assert isinstance(change.replay, Flag)
    assert (change.warning.on, change.replay.on) == (True, False)
    legacy, enhanced = change.keys
    assert legacy.form is KeyForm.KEYENCRYPTED
    assert legacy.secret is not None
    assert legacy.secret.digits == KEY
    assert (enhanced.form, str(enhanced.label)) == (KeyForm.EPTKEYLABEL, "RSE.KEY")
    assert KEY not in repr(change)
    assert KEY not in f"{legacy.secret}"


class Short(NamedTuple):
    """An abbreviated command, and the same written out."""

    short: str
    long: str


@pytest.mark.parametrize(
    "case",
    [
        Short("RDEF PTKTDATA A U(N)", "RDEFINE PTKTDATA A UACC(NONE)"),
        Short(
            "RALT PTKTDATA A SS(KEYM(X) REP(Y) TI(9) TY(U))",
            "RALTER PTKTDATA A SSIGNON(KEYMASKED(X) REPLAY(YES) TIMEOUT(9) TYPE(UPPER))",
        ),
        Short("RDEF PTKTDATA A APPL('X') WARN", "RDEFINE PTKTDATA A APPLDATA('X') WARNING"),
        Short("RALT PTKTDATA A NOSS NOAPP NOWARN", "RALTER PTKTDATA A NOSSIGNON NOAPPLDATA NOWARNING"),
        Short("RDEL PTKTDATA (A B)", "RDELETE PTKTDATA A\nRDELETE PTKTDATA B"),
        Short("PE A CL(APPL) ID(U) ACC(R)", "PERMIT A CLASS(APPL) ID(U) ACCESS(READ)"),
        Short("PE A C(APPL) I(U V) DEL", "PERMIT A CLASS(APPL) ID(U,V) DELETE"),
        Short("PE A CL(APPL) RES", "PERMIT A CLASS(APPL) RESET"),
        Short("SETR RACL(PTKTDATA) REF", "SETROPTS RACLIST (PTKTDATA) REFRESH"),
        Short("SETR CLASSA(PTKTDATA) GENERIC(APPL)", "SETROPTS GENERIC( APPL ) CLASSACT(PTKTDATA , SDSF)"),
        Short(
            "SETR NORACL(APPL) NOGENERIC(APPL) NOCLASSA(APPL)",
            "SETROPTS NOCLASSACT(APPL) NOGENERIC(APPL) NORACLIST(APPL)",
        ),
        Short("SETR PASS(NOMIX)", "SETROPTS PASSWORD(NOMIXEDCASE)"),
        Short("RDEFINE PTKTDATA (A,B) UACC(NONE)", "RDEFINE PTKTDATA A UACC(NONE)\nRDEFINE PTKTDATA B UACC(NONE)"),
    ],
)
def test_abbreviations(case: Short) -> None:
    short, long = ([without_places(each) for each in changes(read(text))] for text in case)
    assert short
    assert sorted(map(repr, short)) == sorted(map(repr, long))
    assert errors(case.short) == errors(case.long) == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY}) UACC(NONE)", [("OPEN_PARENTHESIS", "SSIGNON")]),
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY} UACC(NONE)", [("OPEN_PARENTHESIS", "SSIGNON")]),
        (f"RDEFINE PTKTDATA A UACC(NONE SSIGNON(KEYMASKED({KEY}))", [("OPEN_PARENTHESIS", "UACC")]),
        ("RDEFINE PTKTDATA A UACC(NONE))", [("EXTRA_PARENTHESIS", ")")]),
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY}) UACCESS(NONE) )", [("UNKNOWN_OPERAND", "UACCESS")]),
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY}) UACC(NONE))", [("UNKNOWN_OPERAND", "UACC")]),
        ("RDEFINE PTKTDATA A SSIGNON(KEYENCRYPTED)", [("MISSING_VALUE", "KEYENCRYPTED")]),
        ("RDEFINE PTKTDATA A SSIGNON(KEYMASKED())", [("MISSING_VALUE", "KEYMASKED")]),
        ("RDEFINE PTKTDATA A SSIGNON", [("MISSING_VALUE", "SSIGNON")]),
        ("RDEFINE PTKTDATA A APPLDATA('X') APPLDATA('Y')", [("REPEATED_OPERAND", "APPLDATA")]),
        ("RDEFINE PTKTDATA A APPL('X') APPLDATA('Y')", [("REPEATED_OPERAND", "APPLDATA")]),
        ("RDEFINE PTKTDATA A DATA('X", [("OPEN_PARENTHESIS", "DATA"), ("OPEN_QUOTE", "")]),
        ("RDEFINE PTKTDATA A UACC(NONE) /* why", [("OPEN_COMMENT", "")]),
        ("RDEFINE PTKTDATA A NOAPPLDATA", [("UNKNOWN_OPERAND", "NOAPPLDATA")]),
        ("RALTER PTKTDATA A NOAPPLDATA", []),
        ("RDEFINE PTKTDATA A WARNING(YES)", [("SURPLUS_VALUE", "WARNING")]),
        ("RDEFINE PTKTDATA A UACC(NON)", []),
        ("RDEFINE PTKTDATA A UACC(NOTHING)", [("BAD_VALUE", "NOTHING")]),
        ("RDEFINE PTKTDATA A UACC(&UACC)", []),
        ("RDEFINE PTKTDATA A S(KEYM(X))", [("AMBIGUOUS_OPERAND", "S")]),
        ("RDEFINE APPL UACC(NONE)", [("MISSING_NAME", "APPL")]),
        ("RDEFINE PTKTDATA", [("MISSING_NAME", "PTKTDATA")]),
        ("RDEFINE PTKTDATA A ... UACC(NONE)", []),
        ("RDEFINE PTKDATA A UACC(NONE)", [("UNKNOWN_CLASS", "PTKDATA")]),
        ("RDEFINE PASSTICKET A KEY(X)", [("UNKNOWN_CLASS", "PASSTICKET")]),
        ("RDEFINE STARTED A.* STDATA(USER(B) NONSENSE", []),
        ("PERMIT IRRPTAUTH.A.* ID(B) ACCESS(UPDATE)", [("MISSING_CLASS", "PERMIT")]),
        ("PERMIT SYS1.** ID(B) ACCESS(UPDATE)", []),
        ("PERMIT A CLASS(APPL) ID(B) ACESS(READ)", [("UNKNOWN_OPERAND", "ACESS")]),
        ("PERMIT A CLASS(APPL) ID(B) ACCESS(UPDATES)", [("BAD_VALUE", "UPDATES")]),
        ("PERMIT A CLASS(APPL) ID() ACCESS(READ)", [("MISSING_VALUE", "ID")]),
        ("PERMIT A CLASS(APPL) ID(B) ACCESS(READ) WHEN(SYSID(S1))", []),
        ("SETROPTS CLASSACT(PTKTDATA) SETROPTS RACLIST(PTKTDATA)", [("JOINED_COMMANDS", "SETROPTS")]),
        ("SETROPTS RACLIST(PTKTDATA) REFRESHING", [("UNKNOWN_OPERAND", "REFRESHING")]),
        ("SETROPTS RACLIST(PTKDATA) REFRESH", [("UNKNOWN_CLASS", "PTKDATA")]),
        ("SETROPTS NONSENSE", []),
        ("RDEFINE APPL A - UACC(NONE) - DATA('X')", [("STRAY_CONTINUATION", "-")]),
        ("RDEFINE APPL A\n   UACC(NONE)\n   DATA('X')", [("NO_CONTINUATION", "")]),
        ("RDEFINE APPL A\nUACC(NONE)", []),
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY}) KEYLABEL(B))", [("CONFLICT", "KEYMASKED and KEYLABEL")]),
        (f"RDEFINE PTKTDATA A SSIGNON({KEY})", [("UNKNOWN_OPERAND", "")]),
        ("TSS KEYDEF APPL(A)", [("UNKNOWN_COMMAND", "TSS KEYDEF")]),
        ("TSS ADDTO(NDT) PSTKAPPL(A) SESSKEY", [("MISSING_VALUE", "SESSKEY")]),
        ("TSS ADD(NDT) PSTKAPPL(A) SESSKEY(B) SESSKEY(B)", [("REPEATED_OPERAND", "SESSKEY")]),
        ("SET PROFILE(PTKTDATA) DIV(SSIGNON)\nINSERT A SSKEY", [("MISSING_VALUE", "SSKEY")]),
        ("SET PROFILE(PTKTDATA) DIV(SSIGNON)\nINSERT A MULT-USE MULT-USE", [("REPEATED_OPERAND", "MULT-USE")]),
        ("SET PROFILE(PTKTDATA) DIV(SSIGNON)\nINSERT", [("MISSING_NAME", "INSERT")]),
    ],
)
def test_what_is_wrong_with_a_command(command: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(errors(command)) == expected


@pytest.mark.parametrize(
    "command",
    [
        f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY}) UACC(NONE) APPLDATA('X')",
        f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY} UACC(NONE) APPLDATA('X')",
        f"RDEFINE PTKTDATA A APPLDATA('X' UACC(NONE SSIGNON(KEYMASKED({KEY}))",
    ],
)
def test_operands_behind_an_open_parenthesis_still_count(command: str) -> None:
    change = read_one(command)
    assert isinstance(change, ProfileChange)
    assert (str(change.uacc), str(change.appldata)) == ("NONE", "X")
    assert [each.secret.digits for each in change.keys if each.secret] == [KEY]


def test_commands_run_together_all_count() -> None:
    found = changes(read("RDEFINE PTKTDATA A UACC(NONE) - PERMIT A CLASS(PTKTDATA) ID(B) SETROPTS CLASSACT(PTKTDATA)"))
    assert [type(each) for each in found] == [ProfileChange, PermitChange, ClassOption]


PROSE = [
    "Permit the user (STCRSE) access to the application.",
    "PERMIT access is needed for every server, see (below).",
    "The RDEFINE command adds a profile; RDEFINE is described in the manual.",
    "Set the class to active, then insert the key (in hexadecimal).",
    "INSERT INTO t VALUES ('x')",
    "* CHANGE PTKTDATA(X)",
    "# RDEFINE PTKTDATA COMMENTED UACC(NONE)",
    "//* RDEFINE PTKTDATA COMMENTED UACC(NONE)",
    "/* RDEFINE PTKTDATA COMMENTED UACC(NONE) */",
    "/*\n RDEFINE PTKTDATA COMMENTED UACC(NONE)\n*/",
    "<!-- RDEFINE PTKTDATA COMMENTED UACC(NONE) -->",
    "TSS is Top Secret (PTKTDATA).",
    "ADDUSER STCRSE DFLTGRP(STCGROUP)",
]


@pytest.mark.parametrize("text", PROSE)
def test_prose_and_comments_are_no_commands(text: str) -> None:
    ignored = (Comment, Definitions, SkippedCommand)
    assert not [each for each in read(text) if not isinstance(each, ignored)]
    assert not commands.holds_commands(read_source("x.txt", text.encode()))


def test_a_commented_command_of_a_shell_script_is_none() -> None:
    assert changes(read('#!/bin/sh\n# tsocmd "RDEFINE APPL A UACC(NONE)"\necho "RDEFINE APPL A UACC(NONE)"\n')) == []


@pytest.mark.parametrize(
    ("name", "text", "profile"),
    [
        ("x.sh", 'tsocmd "RDEFINE APPL $APPL UACC(NONE)"', "${APPL}"),
        ("x.sh", 'tsocmd "RDEFINE APPL ${APPL} UACC(NONE)"', "${APPL}"),
        ("x.rexx", '"RDEFINE APPL" appl "UACC(NONE)"', "&APPL"),
        ("x.rexx", "'RDEFINE APPL X'||appl||'.Y UACC(NONE)'", "X&APPL.Y"),
        ("x.clist", "RDEFINE APPL &APPL UACC(NONE)", "&APPL"),
        ("x.md", "RDEFINE APPL <your applid> UACC(NONE)", "<YOUR APPLID>"),
    ],
)
def test_variables_and_placeholders_stay(name: str, text: str, profile: str) -> None:
    change = read_one(text, name)
    assert isinstance(change, ProfileChange)
    assert str(change.name) == profile
    assert str(change.uacc) == "NONE"


def test_commands_are_found_in_several_steps_of_a_job() -> None:
    first, second = job(SET_UP[:2]), job(SET_UP[2:])
    assert [type(each) for each in changes(read(first + second))] == [
        type(each) for each in changes(read("\n".join(SET_UP)))
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("RDEFINE PTKTDATA A UACC(NONE)", "racf-commands"),
        ("# Notes\n\nIssue `SETROPTS CLASSACT(APPL)`.", "racf-commands"),
        ("SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT A SSKEY(B)", "racf-commands"),
        ("TSS ADDTO(NDT) PSTKAPPL(A) SESSKEY(B)", "racf-commands"),
    ],
)
def test_files_are_recognised(text: str, kind: str) -> None:
    assert find_reader(read_source("x", text.encode())).kind == kind


ACF2_SET_UP = f"""SET PROFILE(PTKTDATA) DIVISION(SSIGNON)
INSERT FEKAPPL SSKEY({KEY}) MULT-USE
INSERT FEKAPPL.USER1 SSKEY({KEY})
CHANGE FEKAPPL NOMULT-USE
DELETE FEKAPPL.USER1
LIST LIKE(FEKAPPL-)
F ACF2,REBUILD(PTK),CLASS(P)
SET RESOURCE(PTK)
RECKEY IRRPTAUTH ADD(FEKAPPL.- UID(STCRSE) SERVICE(UPDATE,READ) ALLOW)
RECKEY IRRPTAUTH ADD(FEKAPPL.USER1 UID(-) SERVICE(READ) ALLOW)
F ACF2,REBUILD(PTK)
SET RESOURCE(APL)
RECKEY FEKAPPL ADD(UID(*) ALLOW)
F ACF2,REBUILD(APL)
SET LID
INSERT SOMEBODY
"""


def test_acf2_is_told_in_terms_of_racf() -> None:
    found = changes(read(ACF2_SET_UP))
    assert {each.esm for each in found if not isinstance(each, PasswordCase)} == {Esm.ACF2}
    profiles = [each for each in found if isinstance(each, ProfileChange)]
    assert [(each.action.name, each.resource_class, str(each.name)) for each in profiles] == [
        ("DEFINE", "PTKTDATA", "FEKAPPL"),
        ("DEFINE", "PTKTDATA", "FEKAPPL.USER1"),
        ("ALTER", "PTKTDATA", "FEKAPPL"),
        ("DELETE", "PTKTDATA", "FEKAPPL.USER1"),
        ("DEFINE", "PTKTDATA", "IRRPTAUTH.FEKAPPL.-"),
        ("DEFINE", "PTKTDATA", "IRRPTAUTH.FEKAPPL.USER1"),
        ("DEFINE", "APPL", "FEKAPPL"),
    ]
    assert [each.multi_use and each.multi_use.on for each in profiles[:4]] == [True, False, False, None]
    permits = [each for each in found if isinstance(each, PermitChange)]
    assert [(str(each.profile), [*map(str, each.ids)], str(each.access)) for each in permits] == [
        ("IRRPTAUTH.FEKAPPL.-", ["STCRSE"], "UPDATE"),
        ("IRRPTAUTH.FEKAPPL.USER1", ["*"], "READ"),
        ("FEKAPPL", ["*"], "ALTER"),
    ]
    options = [(str(each.classes[0]), each.part) for each in found if isinstance(each, ClassOption)]
    assert options == [("PTKTDATA", Part.KEYS), ("PTKTDATA", Part.RULES), ("APPL", Part.RULES)]


TOP_SECRET_SET_UP = f"""TSS ADDTO(RDT) RESCLASS(PTKTDATA) RESCODE(11F) ACLST(ALL,READ,UPDATE) MAXLEN(37)
TSS ADDTO(SYSDEPT) PTKTDATA(IRRPTAUT)
TSS ADD(NDT) PSTKAPPL(FEKAPPL) SESSKEY({KEY}) SIGNMULTI
TSS REPLACE(NDT) PSTKAPPL(FEKAPPL) SESSKEY({KEY})
TSS ADDTO(NDT) PSTKAPPL(OTHER) SESSKEY({KEY})
TSS REMOVE(NDT) PSTKAPPL(OTHER)
TSS PERMIT(STCRSE) PTKTDATA(IRRPTAUTH.FEKAPPL.) ACCESS(READ,UPDATE)
TSS PER(ALL) PTKTDATA(IRRPTAUTH.OTHER.) ACCESS(ALL)
TSS REVOKE(ALL) PTKTDATA(IRRPTAUTH.OTHER.)
TSS PERMIT(USER1) APPL(FEKAPPL)
TSS WHOHAS APPL(FEKAPPL)
TSS REFRESH
"""


def test_top_secret_is_told_in_terms_of_racf() -> None:
    found = changes(read(TOP_SECRET_SET_UP))
    assert {each.esm for each in found if not isinstance(each, PasswordCase)} == {Esm.TOP_SECRET}
    profiles = [each for each in found if isinstance(each, ProfileChange)]
    assert [(each.action.name, each.resource_class, str(each.name)) for each in profiles] == [
        ("DEFINE", "PTKTDATA", "FEKAPPL"),
        ("ALTER", "PTKTDATA", "FEKAPPL"),
        ("DEFINE", "PTKTDATA", "OTHER"),
        ("DELETE", "PTKTDATA", "OTHER"),
        ("DEFINE", "PTKTDATA", "IRRPTAUTH.FEKAPPL."),
        ("DEFINE", "PTKTDATA", "IRRPTAUTH.OTHER."),
        ("DEFINE", "APPL", "FEKAPPL"),
    ]
    assert [each.multi_use and each.multi_use.on for each in profiles[:3]] == [True, None, False]
    permits = [each for each in found if isinstance(each, PermitChange)]
    assert [(str(each.ids[0]), each.delete, each.access and str(each.access)) for each in permits] == [
        ("STCRSE", False, "UPDATE"),
        ("*", False, "ALTER"),
        ("*", True, None),
        ("USER1", False, None),
    ]
    options = [each.setting for each in found if isinstance(each, ClassOption)]
    assert options == [ClassSetting.ACTIVE, ClassSetting.REFRESHED]


def test_definitions_name_the_products() -> None:
    def products(text: str) -> list[Esm]:
        return [each.esm for each in read(text) if isinstance(each, Definitions)]

    assert products("\n".join(SET_UP)) == [Esm.RACF]
    assert products(TOP_SECRET_SET_UP + ACF2_SET_UP) == [Esm.TOP_SECRET, Esm.ACF2]
    assert products("nothing") == [Esm.RACF]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"/* RDEFINE PTKTDATA A SSIGNON(KEYMASKED({KEY})) */", [KEY]),
        (f"RDEFINE PTKTDATA A SSIGNON(KEYMASKED( {KEY} ))", [KEY]),
        ("RDEFINE PTKTDATA A SSIGNON(KEYMASKED(296LFD))", ["296LFD"]),
        ("RDEFINE PTKTDATA A SSIGNON(296LFD)", ["296LFD"]),
        ("TSS ADDTO(NDT) PSTKAPPL(A) SESSKEY(296LFD)", ["296LFD"]),
        (f"the key is {KEY}", [KEY]),
        ("RDEFINE PTKTDATA A SSIGNON(KEYMASKED(&KEY))", []),
        ("RDEFINE PTKTDATA A SSIGNON(KEYMASKED(<key>))", []),
        ("RDEFINE PTKTDATA A SSIGNON(KEYLABEL(MY.LABEL))", []),
    ],
)
def test_key_material_is_masked(text: str, expected: list[str]) -> None:
    masked = lint([File("x.txt", text.encode())], "racf-commands").sources["x.txt"].text
    for key in expected:
        text = text.replace(key, "*" * len(key))
    assert masked == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RDEFINE APPL A UACC(NONE) –", ["TYPOGRAPHIC"]),
        ("RDEFINE APPL A DATA(‘X’)", ["TYPOGRAPHIC"]),
        ("RDEFINE APPL A DATA('a – b ®') OWNER(B)", ["TYPOGRAPHIC_IN_STRING"]),
        ("RDEFINE APPL A UACC(NONE) /* a – b */", ["TYPOGRAPHIC_IN_COMMENT"]),
        ("RDEFINE PTKTDATA A APPLDATA('NO REPLAY PROTECTION – DO NOT CHANGE')", []),
        ("RDEFINE APPL A DATA('–') OWNER(B)\u00a0UACC(NONE)", ["TYPOGRAPHIC_IN_STRING", "TYPOGRAPHIC"]),
        ("A – B\nRDEFINE APPL A UACC(NONE)", []),
    ],
)
def test_typographic_characters(text: str, expected: list[str]) -> None:
    assert [each.kind.name for each in read(text) if isinstance(each, Slip)] == expected


def test_a_text_is_its_value() -> None:
    assert str(Text("A", Span("f", 1, 1, 1, 2))) == "A"
