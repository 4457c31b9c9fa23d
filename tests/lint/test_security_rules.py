"""What the rules about profiles, keys and authority say, circumstance by circumstance."""

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from ptktctl.lint.finding import Severity, Span
from ptktctl.lint.readers import find_reader
from ptktctl.lint.result import Result
from ptktctl.lint.rules.keys import mixed_ticket_folded
from ptktctl.lint.rules.replay import Wording, replay_protection_off, replay_protection_on, wording
from ptktctl.lint.site import Component, ComponentKind, Setting, SettingKind, Site
from ptktctl.lint.source import read_source
from ptktctl.passticket.weaknesses import PUBLISHED_KEYS, SEMI_WEAK_KEYS, WEAK_KEYS

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
SETTINGS = "SETROPTS GENERIC(PTKTDATA)\nSETROPTS CLASSACT(PTKTDATA APPL) RACLIST(PTKTDATA APPL)\n"
REFRESH = "SETROPTS RACLIST(PTKTDATA APPL) REFRESH\n"
APPL = "RDEFINE APPL FEKAPPL UACC(READ)\n"
BOTH = "RDEFINE PTKTDATA FEKAPPL UACC(NONE) SSIGNON({legacy} {enhanced}) {appldata}\n"
AUTHORITY = (
    "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)\n"
    "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)\n"
)
OFF = "APPLDATA('NO REPLAY PROTECTION')"
RSE_ENV = '_RSE_JMON_PORT=6715\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={}"\n'
FEJJCNFG = "SERV_PORT=6715\nAPPLID={}\n"
KEY = "9B3F64D81C7EA25B"
OTHER_KEY = "RDEFINE PTKTDATA RSEPORD UACC(NONE) SSIGNON(EPTKEYLABEL(RSE.KEY) TYPE(UPPER) REPLAY(NO))"
Told = set[tuple[str, Severity]]
Unload = Callable[..., bytes]


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def told(result: Result) -> Told:
    assert result.problems == ()
    return {(finding.rule.id, finding.severity) for finding in result.findings}


def job(*commands: str, refresh: str = REFRESH) -> dict[str, str | bytes]:
    return {"racf.txt": SETTINGS + "".join(f"{command.rstrip()}\n" for command in commands) + refresh}


def key_profile(
    legacy: str = "KEYLABEL(RSE.LEGACY)",
    enhanced: str = "EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(YES)",
    appldata: str = OFF,
) -> str:
    return BOTH.format(legacy=legacy, enhanced=enhanced, appldata=appldata)


def configured(applid: str) -> dict[str, str | bytes]:
    return {"rse.env": RSE_ENV.format(applid), "FEJJCNFG": FEJJCNFG.format(applid)}


def test_complete_set_up_is_silent(lint_texts: Lint) -> None:
    assert told(lint_texts({**configured("FEKAPPL"), **job(APPL, key_profile(), AUTHORITY)})) == set()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # Other definitions than of key profiles tell nothing about key profiles.
        ({}, set()),
        ({"racf.txt": "SETROPTS RACLIST(PTKTDATA) REFRESH\n"}, set()),
        ({"racf.txt": "RALTER PTKTDATA RSEPROD SSIGNON(KEYLABEL(X))\nSETROPTS RACLIST(PTKTDATA) REFRESH\n"}, set()),
        (job(AUTHORITY.replace("FEKAPPL", "RSEPROD")), {("PTK205", ERROR), ("PTK206", WARNING)}),
        # What is for one user only is added to what was there before.
        (job(AUTHORITY.replace("FEKAPPL.*", "RSEPROD.CLEO")), set()),
        (job(AUTHORITY.replace("FEKAPPL", "RSEPROD"), OTHER_KEY), {("PTK205", ERROR), ("PTK206", WARNING)}),
        (
            job(AUTHORITY.replace("FEKAPPL", "RSEPROD"), OTHER_KEY, "RDEFINE APPL RSE* UACC(READ)"),
            {("PTK205", ERROR)},
        ),
        (
            job(AUTHORITY.replace("FEKAPPL", "RSEPROD"), OTHER_KEY, "PERMIT RSEPROD CLASS(APPL) ID(ANNA) ACCESS(READ)"),
            {("PTK205", ERROR)},
        ),
        # What a variable in a name stands for is not known.
        (job(APPL.replace("FEKAPPL", "&APPL"), key_profile().replace("FEKAPPL", "&APPL")), {("PTK501", ERROR)}),
        (
            job(*(each.replace("FEKAPPL", "${A}") for each in (APPL, key_profile(), AUTHORITY))),
            set(),
        ),
        (
            job(AUTHORITY, APPL, "RDEFINE PTKTDATA RSEPROD UACC(NONE) " + OFF),
            {("PTK205", WARNING), ("PTK206", WARNING), ("PTK501", ERROR)},
        ),
        (
            job(key_profile().replace("FEKAPPL", "RSE*"), AUTHORITY.replace("FEKAPPL", "RSEPROD")),
            {("PTK205", ERROR), ("PTK206", WARNING), ("PTK403", WARNING), ("PTK410", ERROR)},
        ),
        (
            job(key_profile(), "RDELETE PTKTDATA RSEPROD", APPL.replace("FEKAPPL", "RSEPROD")),
            {("PTK205", ERROR), ("PTK403", WARNING), ("PTK501", ERROR)},
        ),
    ],
)
def test_profiles_of_what_is_in_use(files: dict[str, str | bytes], expected: Told, lint_texts: Lint) -> None:
    assert told(lint_texts({**configured("RSEPROD"), **files})) - {("PTK508", INFO)} == expected


def test_unload_without_a_key(lint_texts: Lint, unload: Unload) -> None:
    records = [
        unload("0500", "FEKAPPL", "PTKTDATA", {262: "NO", 337: "NONE", 754: "NO REPLAY PROTECTION"}),
        unload("0500", "FEKAPPL", "APPL", {262: "NO", 337: "READ"}),
        unload("0500", "IRRPTAUTH.FEKAPPL.*", "PTKTDATA", {262: "YES", 337: "NONE"}),
        unload("0505", "IRRPTAUTH.FEKAPPL.*", "PTKTDATA", {262: "STCRSE", 271: "UPDATE"}),
    ]
    assert told(lint_texts({**configured("FEKAPPL"), "unload": b"\n".join(records)})) == {("PTK205", ERROR)}


JWT = "RDEFINE IDTDATA JWT.{}.*.SAF UACC(NONE)\nSETROPTS RACLIST(IDTDATA) REFRESH"
TOKEN = "RDEFINE CRYPTOZ SO.JWTTOK.{} UACC(NONE)\nSETROPTS RACLIST(CRYPTOZ) REFRESH"


@pytest.mark.parametrize(
    ("commands", "fires"),
    [
        ([JWT.format("FEKAPPL")], True),
        ([JWT.format("RSEPROD")], False),
        ([JWT.format("*")], False),
        ([JWT.format("RSEPROD"), TOKEN.format("FEKAPPL")], False),
        ([TOKEN.format("FEKAPPL")], True),
        ([JWT.format("RSEPORD")], True),
        # Another application's, which has a profile of its own: RSE then has no JSON Web Tokens.
        ([JWT.format("CICSA"), "RDEFINE APPL CICSA UACC(READ)"], False),
    ],
)
def test_json_web_tokens(commands: list[str], fires: bool, lint_texts: Lint) -> None:
    right = [each.replace("FEKAPPL", "RSEPROD") for each in (APPL, key_profile(), AUTHORITY)]
    result = lint_texts({**configured("RSEPROD"), **job(*right, *commands)})
    assert {rule for rule, _ in told(result)} - {"PTK508"} == ({"PTK207"} if fires else set())


REPLAY_NO = "EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(NO)"
REPLAY_YES = "EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) REPLAY(YES)"
REPLAY_UNSAID = "EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER)"
LEGACY_ONLY = ("PTK414", INFO)


@pytest.mark.parametrize(
    ("enhanced", "appldata", "expected"),
    [
        ("", OFF, {LEGACY_ONLY}),
        ("", "", {LEGACY_ONLY, ("PTK401", ERROR)}),
        (REPLAY_YES, OFF, set()),
        (REPLAY_YES, "", {("PTK413", WARNING)}),
        (REPLAY_NO, OFF, {("PTK401", ERROR), ("PTK413", WARNING)}),
        (REPLAY_UNSAID, "", {("PTK401", ERROR)}),
        (REPLAY_NO, "", {("PTK401", ERROR)}),
    ],
)
def test_replay_protection_of_rse(enhanced: str, appldata: str, expected: Told, lint_texts: Lint) -> None:
    commands = (APPL, key_profile(enhanced=enhanced, appldata=appldata), AUTHORITY)
    assert told(lint_texts(job(*commands))) == expected
    assert told(lint_texts({**configured("FEKAPPL"), **job(*commands)})) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT FEKAPPL SSKEY(&KEY) {}", "MULT-USE"),
        ("TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY(&KEY) {}", "SIGNMULTI"),
    ],
)
def test_replay_protection_in_other_products(command: str, expected: str, lint_texts: Lint) -> None:
    def replay_findings(operand: str) -> list[str]:
        result = lint_texts({"commands.txt": command.format(operand) + "\n"})
        return [each.advice for each in result.findings if each.rule.id == "PTK401" and each.severity is ERROR]

    (advice,) = replay_findings("")
    assert expected in advice
    assert replay_findings(expected) == []


def with_service(commands: str, applid: str) -> Site:
    """A site of some commands and a Zowe service that uses an application ID."""
    sources = (read_source("service.yml", b"applid\n"), read_source("racf.txt", commands.encode()))
    setting = Setting(SettingKind.VARIABLE, "applid", applid, Span("service.yml", 1, 1, 1, 7))
    service = Component(ComponentKind.ZOWE_SERVICE, "service.yml", False, (setting,), ())
    return Site(sources, [service, *find_reader(sources[1]).read(sources[1])])


def test_zowe_needs_its_tickets_reusable_and_in_upper_case() -> None:
    other = "RDEFINE PTKTDATA ZOWEAPPL UACC(NONE) SSIGNON(EPTKEYLABEL(ZOWE) TYPE({}) REPLAY({}))\n"
    right = with_service(other.format("UPPER", "YES"), "ZOWEAPPL")
    wrong = with_service(other.format("MIXED", "NO"), "ZOWEAPPL")
    assert [each.severity for each in replay_protection_on(wrong)] == [ERROR]
    assert [each.severity for each in mixed_ticket_folded(wrong)] == [WARNING]
    assert [*replay_protection_on(right), *replay_protection_off(right), *mixed_ticket_folded(right)] == []


def test_enhanced_key_only(lint_texts: Lint) -> None:
    assert told(lint_texts(job(APPL, key_profile(legacy="", appldata=""), AUTHORITY))) == set()


@pytest.mark.parametrize(("replay", "expected"), [("YES", {("PTK403", WARNING)}), ("NO", set())], ids=["off", "on"])
def test_replay_protection_of_others(replay: str, expected: Told, lint_texts: Lint) -> None:
    other = f"RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON(EPTKEYLABEL(PAY) TYPE(UPPER) REPLAY({replay}))"
    assert told(lint_texts(job(other))) == expected


def test_shipped_name_counts_as_rses_unless_rse_has_another(lint_texts: Lint) -> None:
    right = [each.replace("FEKAPPL", "RSEPROD").replace("RSE.", "PRD.") for each in (APPL, key_profile(), AUTHORITY)]
    left_over = key_profile()
    assert told(lint_texts({**configured("RSEPROD"), **job(*right, left_over)})) == {("PTK403", WARNING)}


@pytest.mark.parametrize(
    ("appldata", "expected"),
    [
        ("NO REPLAY PROTECTION", Wording.INTACT),
        ("NO REPLAY PROTECTION - DO NOT CHANGE", Wording.INTACT),
        ("NO REPLAY PROTECTIONDO NOT CHANGE", Wording.INTACT),
        ("NO REPLAY PROTECTION – DO NOT CHANGE", Wording.INTACT),
        ("RSE: NO REPLAY PROTECTION", Wording.WITHIN),
        ("no replay protection", Wording.LOWER_CASE),
        ("No Replay Protection - do not change", Wording.LOWER_CASE),
        ("NO REPLAY", Wording.DAMAGED),
        ("NO  REPLAY PROTECTION", Wording.DAMAGED),
        ("NO-REPLAY-PROTECTION", Wording.DAMAGED),
        ("NO REPLAY\u00a0PROTECTION", Wording.DAMAGED),
        ("NO REPALY PROTECTION", Wording.DAMAGED),
        ("N0 REPLAY PROTECTION", Wording.DAMAGED),
        ("NOREPLAYPROTECTION", Wording.DAMAGED),
        ("NO REPLY PROTECTION", Wording.DAMAGED),
        ("REPLAY PROTECTION", Wording.SILENT),
        ("PAYROLL APPLICATION", Wording.SILENT),
        ("NO PROTECTION NEEDED", Wording.SILENT),
        ("", Wording.SILENT),
        ("X" * 255, Wording.SILENT),
    ],
)
def test_wording(appldata: str, expected: Wording) -> None:
    assert wording(appldata) is expected


@pytest.mark.parametrize(
    ("appldata", "severity", "words"),
    [
        ("NO REPLAY", ERROR, "stays on"),
        ("NO REPLAY PROTECTION – DO NOT CHANGE", WARNING, "U+2013"),
        ("no replay protection", WARNING, "not confirmed"),
        ("RSE: NO REPLAY PROTECTION", WARNING, "not confirmed"),
    ],
)
def test_damaged_text(appldata: str, severity: Severity, words: str, lint_texts: Lint) -> None:
    result = lint_texts(job(APPL, key_profile(appldata=f"APPLDATA('{appldata}')"), AUTHORITY))
    (finding,) = [each for each in result.findings if each.rule.id == "PTK402"]
    assert finding.severity is severity
    assert words in finding.message
    assert {rule for rule, _ in told(result)} <= {"PTK402", "PTK303"}


def parity_flipped(key: str) -> str:
    return "".join(f"{byte ^ 1:02X}" for byte in bytes.fromhex(key))


IN_CLEAR = ("PTK409", WARNING)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        *((key, {("PTK405", ERROR)}) for key in PUBLISHED_KEYS.split()),
        *((parity_flipped(key), {("PTK405", ERROR)}) for key in PUBLISHED_KEYS.split()),
        *((key, {("PTK406", ERROR)}) for key in (*WEAK_KEYS.split(), *SEMI_WEAK_KEYS.split())),
        ("A7A7A7A7A7A7A7A7", {("PTK406", WARNING)}),
        ("1122334455667788", {("PTK406", WARNING)}),
        ("D7C1E8D9D6D3D3F1", {("PTK406", WARNING), IN_CLEAR}),
        (KEY, {IN_CLEAR}),
        (KEY.lower(), {IN_CLEAR}),
        *((each, {("PTK407", ERROR)}) for each in ("key16", "<key>", "<key-description>", "yourmaskvalue", "#crypto")),
        *((each, {("PTK407", ERROR)}) for each in ("XXXXXXXXXXXXXXXX", "****************", "nnnnnnnnnnnnnnnn")),
        *((each, {("PTK408", ERROR)}) for each in ("296LFD", KEY[:-1], KEY + "0", KEY[:-2], "E00119351956197O")),
        *((each, set()) for each in ("&KEY", "&KEY.", "${KEY}", "$KEY")),
    ],
)
def test_keys(digits: str, expected: Told, lint_texts: Lint) -> None:
    result = lint_texts(job(APPL, key_profile(legacy=f"KEYENCRYPTED({digits})"), AUTHORITY))
    assert told(result) == expected
    assert not any(digits in each.message + each.advice for each in result.findings)


def test_masked_key_until_it_is_encrypted(lint_texts: Lint) -> None:
    masked = key_profile(legacy="KEYMASKED(&KEY)")
    assert told(lint_texts(job(APPL, masked, AUTHORITY))) == {("PTK404", WARNING)}
    encrypted = "RALTER PTKTDATA FEKAPPL SSIGNON(ENCRYPTKEY)"
    assert told(lint_texts(job(APPL, masked, AUTHORITY, encrypted))) == set()


@pytest.mark.parametrize("later", ["SSIGNON(KEYLABEL(RSE.NEW))", "SSIGNON(KEYENCRYPTED(&KEY))", "SSIGNON(NOLEGACYKEY)"])
def test_key_that_is_replaced_later_is_not_judged(later: str, lint_texts: Lint) -> None:
    commands = (
        APPL,
        key_profile(legacy="KEYENCRYPTED(E001193519561977)"),
        AUTHORITY,
        f"RALTER PTKTDATA FEKAPPL {later}",
    )
    assert told(lint_texts(job(*commands))) == set()


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("E001193519561977", {("PTK405", ERROR)}),
        ("C7EA25", {IN_CLEAR}),
        ("296LFD", {("PTK408", ERROR)}),
        (KEY + "00", {("PTK408", ERROR)}),
    ],
)
def test_keys_of_top_secret_may_be_shorter(digits: str, expected: Told, lint_texts: Lint) -> None:
    commands = f"TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY({digits}) SIGNMULTI\nTSS REFRESH\n"
    found = told(lint_texts({"tss.txt": commands}))
    assert {each for each in found if each[0].startswith("PTK40")} == expected


@pytest.mark.parametrize(
    ("name", "key", "fires"),
    [
        ("PAY*", "SSIGNON(EPTKEYLABEL(PAY))", True),
        ("PAY%", "", True),
        ("PAY.**", "SSIGNON(EPTKEYLABEL(PAY))", True),
        ("**", "SSIGNON(EPTKEYLABEL(PAY))", True),
        ("**", "", False),
        ("*", "", False),
        ("PAYROLL", "SSIGNON(EPTKEYLABEL(PAY))", False),
    ],
)
def test_generic_key_profiles(name: str, key: str, fires: bool, lint_texts: Lint) -> None:
    found = told(lint_texts(job(f"RDEFINE PTKTDATA {name} UACC(NONE) {key}")))
    assert ("PTK410", ERROR) in found if fires else ("PTK410", ERROR) not in found


def test_generic_characters_mean_nothing_elsewhere(lint_texts: Lint) -> None:
    commands = f"SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT PAY* SSKEY({KEY})\n"
    assert "PTK410" not in {rule for rule, _ in told(lint_texts({"acf2.txt": commands}))}


@pytest.mark.parametrize(
    ("first", "second", "fires"),
    [
        (f"KEYENCRYPTED({KEY})", f"KEYENCRYPTED({parity_flipped(KEY)})", True),
        (f"KEYENCRYPTED({KEY})", f"KEYMASKED({KEY})", True),
        ("KEYLABEL(A.B)", "KEYLABEL(A.B)", True),
        ("EPTKEYLABEL(A.B)", "EPTKEYLABEL(A.B)", True),
        ("KEYLABEL(A.B)", "KEYLABEL(A.C)", False),
        ("KEYENCRYPTED(&KEY)", "KEYENCRYPTED(&KEY)", False),
        ("KEYENCRYPTED(296LFD)", "KEYENCRYPTED(296LFD)", False),
    ],
)
def test_shared_keys(first: str, second: str, fires: bool, lint_texts: Lint) -> None:
    result = lint_texts(
        job(*(f"RDEFINE PTKTDATA {name} SSIGNON({key})" for name, key in (("A", first), ("B", second))))
    )
    found = [each for each in result.findings if each.rule.id == "PTK411"]
    assert [(each.span.line, each.related[0].span.line) for each in found] == ([(4, 3)] if fires else [])


def test_one_profile_on_two_systems_may_have_one_key(lint_texts: Lint) -> None:
    commands = job(f"RDEFINE PTKTDATA A SSIGNON(KEYENCRYPTED({KEY}))")["racf.txt"]
    assert "PTK411" not in {rule for rule, _ in told(lint_texts({"sys1.txt": commands, "sys2.txt": commands}))}


@pytest.mark.parametrize(
    ("timeout", "severity"),
    [
        ("0", ERROR),
        ("1", WARNING),
        ("9", WARNING),
        ("10", None),
        ("60", None),
        ("0000000060", None),
        ("61", INFO),
        ("600", INFO),
        ("601", ERROR),
        ("9" * 30, ERROR),
    ],
)
def test_timeouts(timeout: str, severity: Severity | None, lint_texts: Lint) -> None:
    enhanced = f"EPTKEYLABEL(RSE.ENHANCED) TYPE(UPPER) TIMEOUT({timeout}) REPLAY(YES)"
    found = told(lint_texts(job(APPL, key_profile(enhanced=enhanced), AUTHORITY)))
    assert found == ({("PTK412", severity)} if severity else set())


@pytest.mark.parametrize(
    ("kind", "password", "fires"),
    [
        ("TYPE(MIXED)", "PASSWORD(NOMIXEDCASE)", True),
        ("", "PASSWORD(NOMIXEDCASE)", True),
        ("TYPE(UPPER)", "PASSWORD(NOMIXEDCASE)", False),
        ("TYPE(MIXED)", "PASSWORD(MIXEDCASE)", False),
        ("TYPE(MIXED)", "RACLIST(PTKTDATA) REFRESH", False),
    ],
)
def test_mixed_tickets(kind: str, password: str, fires: bool, lint_texts: Lint) -> None:
    enhanced = f"EPTKEYLABEL(RSE.ENHANCED) {kind} REPLAY(YES)"
    found = told(lint_texts(job(APPL, key_profile(enhanced=enhanced), AUTHORITY, f"SETROPTS {password}")))
    assert found == ({("PTK416", WARNING)} if fires else set())


def test_password_case_that_is_switched_on_again(lint_texts: Lint) -> None:
    mixed = key_profile(enhanced="EPTKEYLABEL(RSE.ENHANCED) REPLAY(YES)")
    options = ("SETROPTS PASSWORD(NOMIXEDCASE)", "SETROPTS PASSWORD(MIXEDCASE)")
    assert told(lint_texts(job(APPL, mixed, AUTHORITY, *options))) == set()


READ = "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID({}) ACCESS(READ)"
UPDATE = "PERMIT {} CLASS(PTKTDATA) ID({}) ACCESS(UPDATE)"
DEFINE = "RDEFINE PTKTDATA {} UACC({})"
WIDE, EVERY, NARROW = "IRRPTAUTH.FEKAPPL.*", "IRRPTAUTH.**", "IRRPTAUTH.FEKAPPL.USER1"
ONE_USER = "IRRPTAUTH.FEKAPPL.US#R@$1"


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ([], {("PTK501", ERROR)}),
        ([DEFINE.format(WIDE, "NONE")], {("PTK503", ERROR)}),
        ([DEFINE.format(WIDE, "NONE"), READ.format("STCRSE")], {("PTK503", ERROR)}),
        ([DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE")], set()),
        ([DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE"), READ.format("JMON")], set()),
        ([DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE IBMUSER")], {("PTK510", WARNING)}),
        ([DEFINE.format(ONE_USER, "NONE"), UPDATE.format(ONE_USER, "STCRSE IBMUSER")], set()),
        ([DEFINE.format(NARROW, "NONE"), UPDATE.format(NARROW, "STCRSE IBMUSER")], set()),
        ([DEFINE.format(WIDE, "READ"), UPDATE.format(WIDE, "STCRSE")], {("PTK502", ERROR)}),
        ([DEFINE.format(WIDE, "EXECUTE"), UPDATE.format(WIDE, "STCRSE")], set()),
        ([DEFINE.format(WIDE, "UPDATE")], {("PTK502", ERROR)}),
        ([DEFINE.format(WIDE, "NONE") + " WARNING", UPDATE.format(WIDE, "STCRSE")], {("PTK502", ERROR)}),
        ([DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE"), READ.format("*")], {("PTK502", ERROR)}),
        ([DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "*")], {("PTK502", ERROR)}),
        ([DEFINE.format(EVERY, "NONE"), UPDATE.format(EVERY, "STCRSE")], {("PTK504", ERROR)}),
        (
            [DEFINE.format(EVERY, "NONE"), DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE")],
            {("PTK504", INFO)},
        ),
        (
            [DEFINE.format("IRRPTAUTH.*.*", "NONE"), UPDATE.format("IRRPTAUTH.*.*", "STCRSE")],
            {("PTK504", ERROR)},
        ),
        ([DEFINE.format(EVERY, "UPDATE")], {("PTK502", ERROR), ("PTK504", ERROR)}),
        ([DEFINE.format("**", "NONE"), DEFINE.format(WIDE, "NONE"), UPDATE.format(WIDE, "STCRSE")], set()),
        ([DEFINE.format("**", "NONE"), UPDATE.format("**", "STCRSE")], {("PTK504", ERROR)}),
    ],
)
def test_authority(commands: list[str], expected: Told, lint_texts: Lint) -> None:
    files = job(APPL, key_profile(), *commands)
    not_meant = {("PTK505", ERROR)}  # a permit of `**` is told to be that of a key profile
    assert told(lint_texts(files)) - not_meant == expected
    assert told(lint_texts({**configured("FEKAPPL"), **files})) - not_meant == expected


def advice(result: Result, rule: str) -> list[str]:
    return [each.advice for each in result.findings if each.rule.id == rule]


def test_no_remedy_gives_everybody_the_authority_to_make_tickets(lint_texts: Lint) -> None:
    for user, named in (("*", "started-task-user"), ("JMON", "JMON")):
        result = lint_texts(job(APPL, key_profile(), DEFINE.format(WIDE, "NONE"), READ.format(user)))
        assert advice(result, "PTK503") == [f"PERMIT {WIDE} CLASS(PTKTDATA) ID({named}) ACCESS(UPDATE)"]


@pytest.mark.parametrize(
    ("commands", "how", "remedy"),
    [
        ("TSS PERMIT(ALL) PTKTDATA(IRRPTAUTH.A.) ACCESS(READ)\n", "the ALL record", "TSS REVOKE(ALL) PTKTDATA"),
        (
            "SET RESOURCE(PTK)\nRECKEY IRRPTAUTH ADD(A.- UID(-) SERVICE(READ) ALLOW)\n",
            "the rule for every UID",
            "delete the rule for every UID",
        ),
        ("RDEFINE PTKTDATA IRRPTAUTH.A.*\n" + READ.format("*").replace("FEKAPPL", "A") + "\n", "ID(*)", "ID(*) DELETE"),
    ],
)
def test_everybody_is_called_as_each_product_does(commands: str, how: str, remedy: str, lint_texts: Lint) -> None:
    (finding,) = (each for each in lint_texts({"c.txt": commands}).findings if each.rule.id == "PTK502")
    assert finding.message.startswith(how)
    assert remedy in finding.advice


def test_remedies_act_on_both_switches_of_a_profile_with_two_keys(lint_texts: Lint) -> None:
    idle = key_profile().replace("FEKAPPL", "PAYROLL")
    assert advice(lint_texts(job(idle)), "PTK403") == ["RALTER PTKTDATA PAYROLL NOAPPLDATA SSIGNON(REPLAY(NO))"]
    once = key_profile(enhanced=REPLAY_NO, appldata="")
    (remedy,) = advice(lint_texts(job(APPL, AUTHORITY, once)), "PTK401")
    assert "APPLDATA('NO REPLAY PROTECTION" in remedy
    assert "SSIGNON(REPLAY(YES))" in remedy


def test_user_of_an_exit_needs_authority(lint_texts: Lint) -> None:
    narrow = [DEFINE.format(NARROW, "NONE"), UPDATE.format(NARROW, "STCRSE")]
    for user, expected in (("user1", set()), ("user2", {("PTK501", ERROR)})):
        options = f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dlogon.action=/u/exit -Dlogon.action.id={user}"\n'
        files = {**configured("FEKAPPL"), **job(APPL, key_profile(), *narrow)}
        files["rse.env"] = RSE_ENV.format("FEKAPPL") + options
        result = lint_texts(files)
        assert told(result) == expected
        assert all("IRRPTAUTH.FEKAPPL.USER2 CLASS" in each for each in advice(result, "PTK501"))


@pytest.mark.parametrize(
    ("commands", "fires"),
    [
        (["RDEFINE APPL FEKAPPL UACC(NONE)"], True),
        (["RDEFINE APPL FEKAPPL UACC(NONE)", "PERMIT FEKAPPL CLASS(APPL) ID(DEV) ACCESS(READ)"], False),
        (["RDEFINE APPL FEKAPPL UACC(NONE)", "PERMIT FEKAPPL CLASS(APPL) ID(DEV) ACCESS(NONE)"], True),
        (["RDEFINE APPL FEKAPPL UACC(NONE) WARNING"], False),
        (["RDEFINE APPL FEKAPPL UACC(READ)", "RALTER APPL FEKAPPL UACC(NONE)"], True),
        (["RDEFINE APPL FEKAPPL UACC(READ)"], False),
        (["RDEFINE APPL ** UACC(NONE)", "RDEFINE APPL FEKAPPL UACC(READ)"], False),
    ],
)
def test_who_may_use(commands: list[str], fires: bool, lint_texts: Lint) -> None:
    found = {rule for rule, _ in told(lint_texts(job(*commands, key_profile(), AUTHORITY)))}
    assert found - {"PTK506"} == ({"PTK509"} if fires else set())


REPLACED: list[tuple[tuple[str, ...], set[str]]] = [
    (("RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(RSE.LEGACY))",), set()),
    (("RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(OTHER))",), {"PTK417"}),
    (("RALTER PTKTDATA FEKAPPL SSIGNON(EPTKEYLABEL(OTHER))",), {"PTK417"}),
    (("RALTER PTKTDATA FEKAPPL SSIGNON(KEYENCRYPTED(&KEY))",), set()),
    (("RALTER PTKTDATA FEKAPPL SSIGNON(ENCRYPTKEY)",), set()),
    (("RALTER PTKTDATA FEKAPPL NOSSIGNON", "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(OTHER))"), set()),
    (("RDELETE PTKTDATA FEKAPPL", key_profile("KEYLABEL(NEW)", "EPTKEYLABEL(NEWER) TYPE(UPPER) REPLAY(YES)")), set()),
]


@pytest.mark.parametrize(("commands", "expected"), REPLACED)
def test_a_key_that_replaces_another(commands: tuple[str, ...], expected: set[str], lint_texts: Lint) -> None:
    result = lint_texts(job(APPL, key_profile(), AUTHORITY, *commands))
    assert {rule for rule, _ in told(result)} & {"PTK417"} == expected


def test_no_file_takes_away_what_another_one_says(lint_texts: Lint) -> None:
    sample = key_profile(legacy="KEYENCRYPTED(E001193519561977)")
    for other in ("RDELETE PTKTDATA FEKAPPL\n", "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(NEW))\n"):
        files = {**job(APPL, sample, AUTHORITY), "undo.txt": f"{other}{REFRESH}"}
        for names in (sorted(files), sorted(files, reverse=True)):
            assert told(lint_texts({name: files[name] for name in names})) == {("PTK405", ERROR)}


@pytest.mark.parametrize("names", [("a.txt", "b.txt"), ("b.txt", "a.txt")])
def test_keys_of_two_files_are_told_without_an_order(names: tuple[str, str], lint_texts: Lint) -> None:
    texts = {"a.txt": "KEYLABEL(ONE)", "b.txt": "KEYLABEL(TWO)"}
    files = {name: f"RALTER PTKTDATA FEKAPPL SSIGNON({texts[name]})\n{REFRESH}" for name in names}
    (finding,) = lint_texts(files).findings
    assert finding.rule.id == "PTK417"
    assert finding.message.endswith(f"another key here than in {names[0]}")


def test_a_profile_named_by_a_variable_may_be_another_each_time(lint_texts: Lint) -> None:
    given = "RALTER PTKTDATA &APPL SSIGNON(KEYLABEL({}))\n"
    assert lint_texts({"a.txt": given.format("ONE") + given.format("TWO") + REFRESH}).findings == ()


def test_a_key_that_differs_in_parity_only_is_the_same(lint_texts: Lint) -> None:
    for other, expected in ((KEY, False), (KEY.replace("9B", "9A"), False), (KEY.replace("9B", "99"), True)):
        commands = (key_profile(f"KEYENCRYPTED({KEY})"), f"RALTER PTKTDATA FEKAPPL SSIGNON(KEYENCRYPTED({other}))")
        rules = {rule for rule, _ in told(lint_texts(job(APPL, AUTHORITY, *commands)))}
        assert ("PTK417" in rules) is expected


@pytest.mark.parametrize("name", ["*", "**"])
def test_a_permit_of_the_profile_for_everything_is_judged_once(name: str, lint_texts: Lint) -> None:
    commands = (f"RDEFINE PTKTDATA {name} UACC(NONE)", f"PERMIT {name} CLASS(PTKTDATA) ID(AGENT) ACCESS(UPDATE)")
    result = lint_texts(job(APPL, key_profile(), AUTHORITY, *commands))
    assert told(result) == {("PTK504", ERROR)}
    undefined = lint_texts(job(APPL, key_profile(), AUTHORITY, commands[1]))
    assert told(undefined) == {("PTK505", ERROR)}


COPIED: list[tuple[tuple[str, ...], set[str]]] = [
    (("PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) FROM(IRRPTAUTH.MODEL.*)",), set()),
    (
        (
            "RDEFINE PTKTDATA IRRPTAUTH.MODEL.* UACC(NONE)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) FROM(IRRPTAUTH.MODEL.*)",
        ),
        {"PTK503"},
    ),
    (
        (
            "RDEFINE PTKTDATA IRRPTAUTH.MODEL.* UACC(NONE)",
            "PERMIT IRRPTAUTH.MODEL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) FROM(IRRPTAUTH.MODEL.*) FCLASS(PTKTDATA)",
        ),
        set(),
    ),
    (
        (
            "RDEFINE PTKTDATA IRRPTAUTH.MODEL.* UACC(NONE)",
            "PERMIT IRRPTAUTH.MODEL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(READ)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) FROM(IRRPTAUTH.MODEL.*)",
        ),
        {"PTK503"},
    ),
    (
        (
            "RDEFINE PTKTDATA IRRPTAUTH.MODEL.* UACC(NONE)",
            "PERMIT IRRPTAUTH.MODEL.* CLASS(PTKTDATA) ID(STCRSE AGENT) ACCESS(UPDATE)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) FROM(IRRPTAUTH.MODEL.*)",
            "RDELETE PTKTDATA IRRPTAUTH.MODEL.*",
        ),
        {"PTK510"},
    ),
]


@pytest.mark.parametrize(("commands", "expected"), COPIED)
def test_copied_access_lists(commands: tuple[str, ...], expected: set[str], lint_texts: Lint) -> None:
    authority = AUTHORITY.partition("\n")[0]
    result = lint_texts(job(APPL, key_profile(), authority, *commands))
    assert {rule for rule, _ in told(result)} == expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("00010000", set()),
        ("        ", set()),
        ("@L1A", {"PTK313"}),
        ("RACF0010", {"PTK313"}),
        ("  1", {"PTK313"}),
        ("UACC(NONE) DATA('more than a record holds')", set()),
    ],
)
def test_what_stands_beyond_column_72_of_a_job(rest: str, expected: set[str], lint_texts: Lint) -> None:
    head = "//RACF     JOB (ACCT)\n//TSO      EXEC PGM=IKJEFT01\n//SYSTSIN  DD *\n"
    last = f"{'SETROPTS RACLIST(PTKTDATA APPL) REFRESH':<72}{rest}\n"
    if expected == set() and "(" in rest:
        last = f"{'RDEFINE APPL OTHER':<72}{rest}\n"
    commands = "".join(str(text) for text in job(APPL, key_profile(), AUTHORITY).values())
    files = {"racf.jcl": f"{head}{commands}{last}/*\n"}
    assert {rule for rule, _ in told(lint_texts(files))} - {"PTK509"} == expected


RULE_SET = "SET RESOURCE(PTK)\nCOMPILE *\n$KEY(IRRPTAUTH) TYPE(PTK)\n{}STORE\nF ACF2,REBUILD(PTK)\n"


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (" FEKAPPL.- UID(STCRSE) SERVICE(UPDATE) ALLOW\n", set()),
        (" FEKAPPL.- UID(STCRSE) -\n  SERVICE(UPDATE) ALLOW\n", set()),
        ("* UID(*) is too much\n%CHANGE SECADM\n FEKAPPL.- UID(STCRSE) SERVICE(UPDATE) ALLOW\n", set()),
        (" FEKAPPL.- UID(STCRSE) SERVICE(READ) ALLOW\n", {("PTK503", ERROR)}),
        (" FEKAPPL.- UID(STCRSE) SERVICE(UPDATE) PREVENT\n", {("PTK503", ERROR)}),
        (" FEKAPPL.- UID(-) SERVICE(READ) ALLOW\n", {("PTK502", ERROR), ("PTK503", ERROR)}),
        (" - UID(AGENT) SERVICE(UPDATE) ALLOW\n", {("PTK504", ERROR)}),
        (" OTHER.- UID(AGENT) SERVICE(UPDATE) ALLOW\n", {("PTK501", ERROR)}),
    ],
)
def test_rule_sets_of_acf2(rules: str, expected: Told, lint_texts: Lint) -> None:
    keys = (
        "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)\nINSERT FEKAPPL SSKEY(&KEY) MULT-USE\nF ACF2,REBUILD(PTK),CLASS(P)\n"
    )
    appl = "SET RESOURCE(APL)\nCOMPILE *\n$KEY(FEKAPPL)\n$TYPE(APL)\n UID(-) ALLOW\nSTORE\nF ACF2,REBUILD(APL)\n"
    result = lint_texts({**configured("FEKAPPL"), "acf2.txt": keys + RULE_SET.format(rules) + appl})
    assert told(result) == expected


def test_rules_of_other_types_are_passed_over(lint_texts: Lint) -> None:
    text = "SET RESOURCE(OPR)\nCOMPILE *\n$KEY(MVS) TYPE(OPR)\n SEND.- UID(*) ALLOW\nSTORE\n"
    assert told(lint_texts({"acf2.txt": text}, "acf2-commands")) == set()


LISTED = "ACTIVE CLASSES = APPL{}\nGENERIC PROFILE CLASSES = APPL PTKTDATA\nSETR RACLIST CLASSES = APPL{}\n"


@pytest.mark.parametrize(
    ("active", "raclisted", "files", "expected"),
    [
        (" PTKTDATA", " PTKTDATA", configured("FEKAPPL"), 0),
        ("", " PTKTDATA", configured("FEKAPPL"), 1),
        (" PTKTDATA", "", configured("FEKAPPL"), 1),
        ("", "", configured("FEKAPPL"), 2),
        ("", "", {}, 0),
        ("", "", {**configured("FEKAPPL"), **job(APPL, key_profile(), AUTHORITY)}, 0),
    ],
)
def test_a_class_that_is_listed_as_inactive(
    active: str, raclisted: str, files: dict[str, str | bytes], expected: int, lint_texts: Lint
) -> None:
    result = lint_texts({"SETROPTS": LISTED.format(active, raclisted), **files})
    found = [(each.severity, each.span.file) for each in result.findings if each.rule.id == "PTK508"]
    assert found == [(ERROR, "SETROPTS")] * expected
