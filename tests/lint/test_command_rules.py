"""The rules about commands, by the circumstances that change what they say."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from ptktctl.lint.finding import Severity
from ptktctl.lint.result import Result
from ptktctl.lint.rules.commands import WORDINGS
from ptktctl.lint.security import CommandErrorKind

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
RULES = ("PTK505", "PTK506", "PTK507", "PTK508", "PTK511")
ACTIVE = "SETROPTS CLASSACT(PTKTDATA) RACLIST(PTKTDATA)\n"
GENERIC = "SETROPTS GENERIC(PTKTDATA)\n"
REFRESH = "SETROPTS RACLIST(PTKTDATA) REFRESH\n"
DEFINE = "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)\n"
KEY = "RDEFINE PTKTDATA FEKAPPL UACC(NONE) SSIGNON(KEYLABEL(A))\n"
PERMIT = "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)\n"
Told = set[tuple[str, Severity]]


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def told(result: Result) -> Told:
    assert result.problems == ()
    return {(each.rule.id, each.severity) for each in result.findings if each.rule.id in RULES}


CASES: list[tuple[str, Told]] = [
    (ACTIVE + GENERIC + DEFINE + PERMIT + REFRESH, set()),
    # PTK505
    (ACTIVE + GENERIC + KEY + PERMIT + REFRESH, {("PTK505", ERROR)}),
    # A job that changes what is there already shows no key profile, and tells nothing of what it does not define.
    (PERMIT + REFRESH, set()),
    (DEFINE.replace("*", "CLEO") + PERMIT + REFRESH, set()),
    (KEY + PERMIT.replace("FEKAPPL", "&APPL") + REFRESH, {("PTK508", INFO)}),
    (KEY + DEFINE.replace("FEKAPPL", "&APPL") + PERMIT + REFRESH, {("PTK508", INFO)}),
    (ACTIVE + GENERIC + PERMIT + DEFINE + REFRESH, {("PTK505", ERROR)}),
    (ACTIVE + GENERIC + DEFINE + "RDELETE PTKTDATA IRRPTAUTH.FEKAPPL.*\n" + PERMIT + REFRESH, {("PTK505", ERROR)}),
    (ACTIVE + GENERIC + PERMIT.replace("UPDATE)", "UPDATE) DELETE") + REFRESH, set()),
    (ACTIVE + KEY + PERMIT.replace("IRRPTAUTH.FEKAPPL.*", "FEKAPPL") + REFRESH, {("PTK505", ERROR)}),
    ("PERMIT FEKAPPL CLASS(APPL) ID(A)\n", set()),
    ("RDEFINE APPL RSEPROD\nPERMIT FEKAPPL CLASS(APPL) ID(A)\n", {("PTK505", ERROR)}),
    ("RDEFINE APPL &APPL\nPERMIT FEKAPPL CLASS(APPL) ID(A)\n", set()),
    ("RDEFINE APPL FEKAPPL\nPERMIT FEKAPPL CLASS(APPL) ID(A)\n", set()),
    ("PERMIT IRR.RTICKETSERV CLASS(FACILITY) ID(A)\n", set()),
    # PTK506
    (ACTIVE + DEFINE + GENERIC + PERMIT + REFRESH, {("PTK506", ERROR)}),
    (ACTIVE + DEFINE + PERMIT + REFRESH, set()),
    (GENERIC + "SETROPTS NOGENERIC(PTKTDATA)\n" + ACTIVE + DEFINE + PERMIT + REFRESH, {("PTK506", ERROR)}),
    (ACTIVE + DEFINE.replace("*", "USER1") + GENERIC + REFRESH, set()),
    (ACTIVE + DEFINE + "SETROPTS GENERIC(APPL)\n" + REFRESH, set()),
    (ACTIVE + DEFINE + "SETROPTS GENERIC(PTKTDATA) REFRESH\n" + REFRESH, set()),
    # PTK507
    (ACTIVE + GENERIC + DEFINE + PERMIT, {("PTK507", WARNING)}),
    (ACTIVE + GENERIC + DEFINE + REFRESH + PERMIT, {("PTK507", WARNING)}),
    (GENERIC + DEFINE + PERMIT + ACTIVE, set()),
    (ACTIVE + KEY + "SETROPTS RACLIST(APPL) REFRESH\n", {("PTK507", WARNING)}),
    (ACTIVE + KEY + "SETROPTS GENERIC(PTKTDATA) REFRESH\n", {("PTK507", WARNING)}),
    ("RDEFINE APPL FEKAPPL\n", set()),
    ("RDELETE PTKTDATA FEKAPPL\n", {("PTK507", WARNING)}),
    # PTK508
    (KEY + REFRESH, {("PTK508", INFO)}),
    ("SETROPTS CLASSACT(PTKTDATA)\n" + KEY + REFRESH, {("PTK508", INFO)}),
    ("SETROPTS RACLIST(PTKTDATA)\n" + KEY + REFRESH, {("PTK508", INFO)}),
    ("SETROPTS CLASSACT(*) RACLIST(PTKTDATA)\n" + KEY + REFRESH, set()),
    ("RALTER PTKTDATA FEKAPPL UACC(NONE)\n" + REFRESH, set()),
    # PTK511
    (ACTIVE + KEY.replace("(A))", "(A)") + REFRESH, {("PTK511", ERROR)}),
    ("RDEFINE APPL UACC(NONE)\n", {("PTK511", ERROR)}),
    (ACTIVE + GENERIC + DEFINE.replace(" UACC", "UACC") + PERMIT + REFRESH, {("PTK511", ERROR)}),
    # A command that a step's parameter holds
    (
        "//A JOB (X)\n//B EXEC PGM=IKJEFT01\n//SYSTSIN DD *\n" + ACTIVE + KEY + "/*\n"
        "//C EXEC PGM=IKJEFT01,PARM='" + REFRESH.rstrip() + "'\n",
        set(),
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_racf(text: str, expected: Told, lint_texts: Lint) -> None:
    assert told(lint_texts({"racf.txt": text})) == expected


ACF2_KEY = "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT A SSKEY(&KEY) MULT-USE\n"
ACF2_RULE = "SET RESOURCE(PTK)\nRECKEY IRRPTAUTH ADD(A.- UID(B) SERVICE(UPDATE) ALLOW)\n"
ACF2_APPL = "SET RESOURCE(APL)\nRECKEY A ADD(UID(B) ALLOW)\n"
OTHERS: list[tuple[str, Told]] = [
    (ACF2_KEY + "F ACF2,REBUILD(PTK),CLASS(P)\n" + ACF2_RULE + "F ACF2,REBUILD(PTK),CLASS(R)\n", set()),
    (ACF2_KEY + ACF2_RULE + "F ACF2,REBUILD(PTK),CLASS(P)\nF ACF2,REBUILD(PTK)\n", set()),
    (ACF2_KEY, {("PTK507", WARNING)}),
    (ACF2_KEY + "F ACF2,REBUILD(PTK)\n", {("PTK507", WARNING)}),
    (ACF2_RULE + "F ACF2,REBUILD(PTK),CLASS(P)\n", {("PTK507", WARNING)}),
    (ACF2_APPL + "F ACF2,REBUILD(PTK)\n", {("PTK507", WARNING)}),
    (ACF2_APPL + "F ACF2,REBUILD(APL)\n", set()),
    ("TSS ADDTO(NDT) PSTKAPPL(A) SESSKEY(&KEY) SIGNMULTI\n", set()),
    ("TSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACCESS(UPDATE)\n", {("PTK508", INFO)}),
    ("TSS ADDTO(RDT) RESCLASS(PTKTDATA)\nTSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACCESS(UPDATE)\n", set()),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_acf2_and_top_secret(text: str, expected: Told, lint_texts: Lint) -> None:
    assert told(lint_texts({"commands.txt": text})) == expected


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("TSS ADDTO(NDT) PSTKAPPL(A) SESSKEY(&KEY) SIGNMULT\n", "SIGNMULTI"),
        ("TSS ADDTO(NDT) PSTKAPPL(A) SESKEY(&KEY) SIGNMULTI\n", "SESSKEY"),
        ("TSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACCESS(UPDATES)\n", "UPDATE"),
        ("SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT A SSKEY(&KEY) MULTUSE\n", "MULT-USE"),
        ("SET RESOURCE(PTK)\nRECKEY IRRPTAUTH ADD(A.- UID(B) SERVICE(UPDATES) ALLOW)\n", "UPDATE"),
        ("TSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACCESS(UPDATE) ACTION(AUDIT) FOR(30)\n", ""),
        ("TSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACC(UPDATE)\n", ""),
        ("TSS PERMIT(B) PTKTDATA(IRRPTAUTH.A.) ACC(R)\n", ""),
    ],
)
def test_what_is_nearly_a_known_operand_or_value(text: str, likely: str, lint_texts: Lint) -> None:
    found = [each for each in lint_texts({"commands.txt": text}).findings if each.rule.id == "PTK511"]
    assert [each.severity for each in found] == [WARNING] * bool(likely)
    assert all(likely in each.advice and "as far as is known" in each.message for each in found)


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ("ACC(UPDATE)", set()),
        ("ACC(READ,UPDATE)", set()),
        ("ACC(U)", set()),
        ("ACC(ALL)", set()),
        ("ACCESS(UPDATES)", set()),
        ("ACC(R)", {"PTK503"}),
        ("ACCESS(READ)", {"PTK503"}),
    ],
)
def test_access_that_top_secret_gives(access: str, expected: set[str], lint_texts: Lint) -> None:
    text = (
        f"TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY(&KEY) SIGNMULTI\nTSS PER(B) PTKTDATA(IRRPTAUTH.FEKAPPL.) {access}\n"
    )
    assert {each.rule.id for each in lint_texts({"tss.txt": text}).findings} & {"PTK503"} == expected


def test_a_rebuild_of_the_wrong_class_is_shown(lint_texts: Lint) -> None:
    result = lint_texts({"acf2.txt": ACF2_RULE + "F ACF2,REBUILD(PTK),CLASS(P)\n"})
    (finding,) = (each for each in result.findings if each.rule.id == "PTK507")
    assert [each.span.line for each in finding.related] == [3]
    assert "CLASS(R)" in finding.advice


def test_files_may_be_run_in_any_order(lint_texts: Lint) -> None:
    files = {"a.txt": PERMIT, "b.txt": DEFINE, "c.txt": GENERIC + ACTIVE, "d.txt": REFRESH}
    for names in (sorted(files), sorted(files, reverse=True)):
        assert told(lint_texts({name: files[name] for name in names})) == set()


def test_the_other_place_is_shown(lint_texts: Lint) -> None:
    result = lint_texts({"racf.txt": ACTIVE + PERMIT + DEFINE + GENERIC + REFRESH})
    found = {each.rule.id: each for each in result.findings}
    assert [(found[rule].span.line, found[rule].related[0].span.line) for rule in ("PTK505", "PTK506")] == [
        (2, 3),
        (3, 4),
    ]


def test_every_kind_of_error_has_its_words() -> None:
    assert set(WORDINGS) == set(CommandErrorKind)


def test_a_near_miss_gets_the_right_word(lint_texts: Lint) -> None:
    result = lint_texts(
        {"racf.txt": "RDEFINE APPL A UAC(NONE) OWNR(B)\nRDEFINE PTKDATA A\nRDEFINE APPL B UACC(NOME)\n"}
    )
    advice = [each.advice for each in result.findings if each.rule.id == "PTK511"]
    assert advice == [
        "did you mean OWNER?",
        "did you mean PTKTDATA?",
        "write one of NONE, EXECUTE, READ, UPDATE, CONTROL, ALTER",
    ]
