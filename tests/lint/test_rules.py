"""The rules: their examples, executed, and the circumstances that change what they say."""

from collections.abc import Mapping
from typing import Protocol

import pytest

from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Example, Rule, Severity
from ptktctl.lint.result import File, Result
from ptktctl.lint.rules import catalogue, choose_rules, find_rules
from ptktctl.passticket.reserved import PRODUCT_DEFAULTS

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
CATALOGUE = [rule for rule, _ in catalogue()]
OPTIONS = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS {}"\n'
FEKAPPL = OPTIONS.format("-DAPPLID=FEKAPPL")
# Anyone's APPLID of another product, but for z/VM's, which is a pattern.
OWNERS = [*PRODUCT_DEFAULTS, "VMSYS1"]


class Lint(Protocol):
    def __call__(
        self, files: Mapping[str, str | bytes], kind: str | None = None, stored: frozenset[str] | None = None
    ) -> Result: ...


def content(examples: tuple[Example, ...]) -> dict[str, str]:
    return {example.file: example.content for example in examples}


def store_for(rule: Rule) -> frozenset[str] | None:
    """What the store has, for the one rule that asks for it."""
    return frozenset({"FEKAPPL"}) if rule.id == "PTK209" else None


def told(result: Result) -> set[tuple[str, Severity]]:
    assert result.problems == ()
    return {(finding.rule.id, finding.severity) for finding in result.findings}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_bad_example_makes_this_rule_fire_and_no_other(rule: Rule, lint_texts: Lint) -> None:
    assert {each for each, _ in told(lint_texts(content(rule.bad), stored=store_for(rule)))} == {rule.id}


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_good_example_is_silent(rule: Rule, lint_texts: Lint) -> None:
    assert told(lint_texts(content(rule.good), stored=store_for(rule))) == set()


def test_catalogue() -> None:
    assert [rule.id for rule in CATALOGUE] == sorted({rule.id for rule in CATALOGUE})
    assert len({rule.slug for rule in CATALOGUE}) == len(CATALOGUE)
    for rule in CATALOGUE:
        texts = (rule.what, rule.why, rule.remedy, rule.source)
        assert all(texts)
        assert all(text.strip() == text for text in texts)


@pytest.mark.parametrize(
    ("applid", "expected"),
    [
        ("FEKAPPL", set()),
        ("RSE@#$1", set()),
        ("OMVSAPPL", {("PTK101", ERROR)}),
        ("OMVSAPP", set()),
        ("MVS", set()),
        ("MVSA", {("PTK102", ERROR)}),
        ("MVSSYS1", {("PTK102", ERROR)}),
        ("MVSSYSTA", {("PTK102", WARNING)}),
        ("TSO", set()),
        ("TSO1", {("PTK104", WARNING)}),
        ("TSOSYS1", {("PTK104", WARNING)}),
        ("TSOAPPL1", set()),
        ("EXPLORER", set()),
        ("EXPLORER1", {("PTK103", ERROR)}),
        ("fekappl", {("PTK103", ERROR)}),
        ("RSE-1", {("PTK103", ERROR)}),
        ("RSÉ", {("PTK103", ERROR)}),
        ("omvsappl", {("PTK101", ERROR), ("PTK103", ERROR)}),
        *((name, {("PTK105", WARNING)}) for name in OWNERS),
    ],
)
def test_applids(applid: str, expected: set[tuple[str, Severity]], lint_texts: Lint) -> None:
    rse, monitor = OPTIONS.format(f"-DAPPLID={applid}"), f"APPLID={applid}\n"
    result = lint_texts({"rse.env": rse, "FEJJCNFG": monitor})
    assert told(result) == expected
    assert len(result.findings) == 2 * len(expected)


RSE_ALONE: list[tuple[str, set[tuple[str, Severity]]]] = [
    ("", {("PTK106", INFO)}),
    (FEKAPPL, set()),
    ("APPLID=\n", {("PTK103", ERROR)}),
    ("APPLID=$UNKNOWN\n", set()),
    ("if true; then APPLID=OMVSAPPL; fi\n", set()),
    (FEKAPPL + "if true; then _RSE_JAVAOPTS=-Xmx1g; fi\n", set()),
    ("APPLID=MINE\n", {("PTK203", INFO)}),
    (FEKAPPL + "A = 1\n", {("PTK301", ERROR)}),
    (FEKAPPL + "A =1\n", {("PTK301", ERROR)}),
    (FEKAPPL + "A= 1\n", {("PTK301", ERROR)}),
    (FEKAPPL + "A=x -Db=c\n", {("PTK314", WARNING)}),
    (FEKAPPL + "export A=x -Db=c\n", {("PTK314", WARNING)}),
    (FEKAPPL + "A='$A x'\n", {("PTK315", WARNING)}),
    (FEKAPPL + "A='${A:-x} x'\n", {("PTK315", WARNING)}),
    (FEKAPPL + "A='$B $AB x'\nA=\"'$A'\"\n", set()),
    (FEKAPPL + "_RSE_JAVAOPTS='$_RSE_JAVAOPTS -Xmx1g'\n", {("PTK106", INFO), ("PTK302", ERROR), ("PTK315", WARNING)}),
    (FEKAPPL + "A=x B=y\nA=x ls -l\nA= -x\nA='x -y'\nexport -p A=x\n", {("PTK301", ERROR)}),
    ("_RSE_JAVAOPTS=$_RSE_JAVAOPTS -DAPPLID=MINE\n", {("PTK106", INFO), ("PTK314", WARNING)}),
    (FEKAPPL + "export A = 1\n", {("PTK301", ERROR)}),
    (FEKAPPL + "export A= 1\n", {("PTK301", ERROR)}),
    (FEKAPPL + "export A= B\nexport A= B=1\nexport A=\n", set()),
    (FEKAPPL + "A=\nA= # nothing\n[ a = b ]\nIFS= read x\necho ==== done\n", set()),
    (FEKAPPL + '_RSE_JAVAOPTS="-Xmx1g"\n', {("PTK302", ERROR), ("PTK106", INFO)}),
    (FEKAPPL + '_RSE_JAVAOPTS="-Xmx1g -DAPPLID=FEKAPPL"\n', set()),
    (FEKAPPL + '_RSE_JAVAOPTS="-DAPPLID=OTHER"\n', {("PTK302", WARNING), ("PTK203", INFO)}),
    (OPTIONS.format("-Xmx1g") + '_RSE_JAVAOPTS="-DAPPLID=FEKAPPL"\n', {("PTK302", WARNING)}),
    ('_RSE_JAVAOPTS="-DAPPLID=FEKAPPL"\n', set()),
    (FEKAPPL + 'O="$_RSE_JAVAOPTS -Xmx1g"\n_RSE_JAVAOPTS=$O\n', set()),
    (FEKAPPL + '_RSE_JAVAOPTS="${_RSE_JAVAOPTS:-} -Xmx1g"\n', set()),
    (FEKAPPL + "A=“x”\n", {("PTK303", ERROR)}),
    (FEKAPPL + "A=a\u00a0b\n", {("PTK303", ERROR)}),
    (FEKAPPL + "# a – b\n", {("PTK303", WARNING)}),
    (FEKAPPL + "A=1 # a – b\n", {("PTK303", WARNING)}),
    (FEKAPPL + "# Überprüfung\n", set()),
    (OPTIONS.format("–DAPPLID=MINE"), {("PTK303", ERROR), ("PTK106", INFO)}),
    *(
        (FEKAPPL + OPTIONS.format(option), {("PTK304", WARNING)})
        for option in ("-Dapplid=X", "-D APPLID=X", "-DAPPL_ID=X", "-DAPPID=X", "-APPLID=X", "-dAPPLID=X")
    ),
    *((f"{FEKAPPL}{name}=X\n", {("PTK304", WARNING)}) for name in ("APPL_ID", "APPID", "applid", "_RSE_APPLID")),
    *((OPTIONS.format(option), {("PTK304", WARNING)}) for option in ("-DAPPLID X", "-DAPPLID = X", "-DAPPLID =X")),
    (OPTIONS.format("-DAPPLID= X"), {("PTK304", WARNING)}),
    (OPTIONS.format("-DAPPLID= -Xmx1g"), {("PTK103", ERROR)}),
    (FEKAPPL + "APPLID_NOTE=X\n" + OPTIONS.format("-Dmy.applid.file=x"), set()),
    (FEKAPPL + "APPLID=OTHER\n", {("PTK305", WARNING)}),
    (FEKAPPL + FEKAPPL + "APPLID=FEKAPPL\n", set()),
    (OPTIONS.format("-DAPPLID=A -DAPPLID=FEKAPPL"), {("PTK305", WARNING)}),
    (FEKAPPL + 'A="x\n', {("PTK306", ERROR)}),
    (FEKAPPL + "A='x\nB=1\n", {("PTK306", ERROR)}),
    (FEKAPPL + "A=${x\n", {("PTK306", ERROR)}),
    (FEKAPPL + "A=$(x\n", {("PTK306", ERROR)}),
    (FEKAPPL + "(A=1\n", {("PTK306", ERROR)}),
    (FEKAPPL + "((A=1\n", {("PTK306", ERROR)}),
    (FEKAPPL + "cat <<EOF\n", {("PTK306", ERROR)}),
    (FEKAPPL + "A=1 \\\n", {("PTK306", ERROR)}),
    (FEKAPPL + '#_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n', {("PTK307", INFO)}),
    (FEKAPPL + "#  APPLID=OMVSAPPL\n", {("PTK307", INFO)}),
    (FEKAPPL + "# do not use OMVSAPPL, as in -DAPPLID=OMVSAPPL\n", set()),
    ((FEKAPPL.rstrip().ljust(72) + "00000100\n") + "A=1".ljust(72) + "00000200\n", {("PTK310", WARNING)}),
    (FEKAPPL.replace("\n", "\r\n"), {("PTK311", WARNING)}),
    ("\ufeff" + FEKAPPL, {("PTK311", WARNING)}),
]


@pytest.mark.parametrize(("text", "expected"), RSE_ALONE)
def test_rse_environment(text: str, expected: set[tuple[str, Severity]], lint_texts: Lint) -> None:
    assert told(lint_texts({"rse.env": text})) == expected


MONITOR_ALONE: list[tuple[str, set[tuple[str, Severity]]]] = [
    ("", set()),
    ("SERV_PORT=0\n", {("PTK309", ERROR)}),
    ("SERV_PORT=65535\n", set()),
    ("SERV_PORT=65536\n", {("PTK309", ERROR)}),
    ("SERV_PORT=6715x\n", {("PTK309", ERROR)}),
    ("SERV_PORT=\n", {("PTK309", ERROR)}),
    ("LIMIT_COMMANDS=NONE\n", {("PTK309", WARNING)}),
    ("LIMIT_VIEW=nolimit\nGEN_CONSOLE_NAME=ON\n", set()),
    ("CONCHAR=$$\n", {("PTK309", WARNING)}),
    ("CONCHAR=*\nTSO_TEMPLATE=FEK.#CUST.CNTL(FEJTSO)\n", set()),
    ("MAX_THREADS=many\n", {("PTK309", WARNING)}),
    ("AUTHMETHOD=APPLID\n", {("PTK309", WARNING)}),
    ("TIMEOUT=0\n", set()),
    ("SERVPORT=1\n", {("PTK308", WARNING)}),
    ("serv_port=6715\n", {("PTK308", WARNING)}),
    ("SERV_PORT 6715\n", {("PTK308", WARNING)}),
    ("=\n", {("PTK308", WARNING)}),
    ("_CEE_RUNOPTS=x\n", set()),
    ("APPL_ID=X\n", {("PTK304", WARNING)}),
    ("applid=FEKAPPL\n", {("PTK304", WARNING)}),
    ("TZ=EST5EDT # New York\n", {("PTK312", WARNING)}),
    ("TZ=EST5EDT New York\n", {("PTK312", WARNING)}),
    ("TZ=EST5EDT # a – b\n", {("PTK312", WARNING), ("PTK303", WARNING)}),
    ("TZ=EST5EDT   \t\n", set()),
    ("CODEPAGE=UTF–8\n", {("PTK303", ERROR)}),
    ("#APPLID=OMVSAPPL\n", {("PTK307", INFO)}),
    ("APPLID=OTHER\nAPPLID=FEKAPPL\n", {("PTK305", WARNING)}),
]


@pytest.mark.parametrize(("text", "expected"), MONITOR_ALONE)
def test_job_monitor(text: str, expected: set[tuple[str, Severity]], lint_texts: Lint) -> None:
    assert told(lint_texts({"FEJJCNFG": "APPLID=FEKAPPL\n" + text})) == expected


@pytest.mark.parametrize(
    ("rse", "monitor", "expected"),
    [
        (FEKAPPL, "APPLID=FEKAPPL\n", set()),
        (FEKAPPL, "", {("PTK106", INFO)}),
        ("", "", {("PTK106", INFO)}),
        (OPTIONS.format("-DAPPLID=MINE"), "APPLID=MINE\n", set()),
        (OPTIONS.format("-DAPPLID=MINE"), "", {("PTK201", ERROR), ("PTK106", INFO)}),
        ("", "APPLID=MINE\n", {("PTK201", ERROR), ("PTK106", INFO)}),
        (OPTIONS.format("-DAPPLID=MINE"), "APPLID=YOURS\n", {("PTK201", ERROR)}),
        (OPTIONS.format("-DAPPLID=MINE"), "APPLID=mine\n", {("PTK103", ERROR)}),
        (OPTIONS.format("-DAPPLID=$N"), "APPLID=MINE\n", set()),
        (FEKAPPL + "_RSE_JMON_PORT=6715\n", "APPLID=FEKAPPL\nSERV_PORT=06715\n", set()),
        (FEKAPPL + "_RSE_JMON_PORT=6716\n", "APPLID=FEKAPPL\n", {("PTK202", ERROR)}),
        (FEKAPPL, "APPLID=FEKAPPL\nSERV_PORT=6716\n", {("PTK202", ERROR)}),
        (FEKAPPL + "_RSE_JMON_PORT=$PORT\n", "APPLID=FEKAPPL\nSERV_PORT=6716\n", set()),
    ],
)
def test_agreement(rse: str, monitor: str, expected: set[tuple[str, Severity]], lint_texts: Lint) -> None:
    assert told(lint_texts({"rse.env": rse, "FEJJCNFG": monitor})) == expected


def test_a_disagreement_shows_both_places(lint_texts: Lint) -> None:
    result = lint_texts({"rse.env": "\n" + OPTIONS.format("-DAPPLID=MINE"), "FEJJCNFG": "# x\n\nAPPLID=YOURS\n"})
    (finding,) = result.findings
    (related,) = finding.related
    assert (finding.span.file, finding.span.line, finding.span.column) == ("rse.env", 2, 31)
    assert (related.span.file, related.span.line, related.span.column) == ("FEJJCNFG", 3, 1)
    assert "MINE" in finding.message
    assert "YOURS" in finding.message


def test_remedies_never_propose_a_reserved_applid(lint_texts: Lint) -> None:
    for ours, theirs in (("OMVSAPPL", "MVSSYS1"), ("OMVSAPPL", "FEKAPPL"), ("FEKAPPL", "IZUDFLT")):
        result = lint_texts({"rse.env": OPTIONS.format(f"-DAPPLID={ours}"), "FEJJCNFG": f"APPLID={theirs}\n"})
        advice = " ".join(finding.advice for finding in result.findings if finding.rule.id == "PTK201")
        assert "APPLID=FEKAPPL" in advice
        assert not any(f"APPLID={name}" in advice for name in ("OMVSAPPL", "MVSSYS1", "IZUDFLT"))


def test_several_pairs_are_judged_each_for_itself(lint_texts: Lint) -> None:
    files = {
        "a/rse.env": OPTIONS.format("-DAPPLID=SITEA"),
        "a/FEJJCNFG": "APPLID=SITEA\n",
        "b/rse.env": OPTIONS.format("-DAPPLID=SITEB"),
        "b/FEJJCNFG": "APPLID=SITEC\n",
    }
    assert [(each.rule.id, each.span.file) for each in lint_texts(files).findings] == [("PTK201", "b/rse.env")]


def test_unknown_directives_get_the_nearest_known_one(lint_texts: Lint) -> None:
    result = lint_texts({"FEJJCNFG": "APPLID=FEKAPPL\nSERVER_PORT=1\nXYZZY=1\nSERV_PORT 6715\n"})
    nearest = [finding.advice for finding in result.findings]
    assert nearest[0] == nearest[2] == "did you mean SERV_PORT=?"
    assert "did you mean" not in nearest[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PTK101", {"PTK101"}),
        ("ptk10", {"PTK101", "PTK102", "PTK103", "PTK104", "PTK105", "PTK106"}),
        ("applid-mismatch", {"PTK201"}),
        ("Omvsappl", {"PTK101"}),
        ("PTK", {rule.id for rule in CATALOGUE}),
    ],
)
def test_rules_by_name(name: str, expected: set[str]) -> None:
    assert {rule.id for rule in find_rules(name)} == expected


@pytest.mark.parametrize("name", ["", "PTK8", "PTK1011", "nonsense", "P", "101"])
def test_unknown_rules_are_named(name: str) -> None:
    with pytest.raises(InputError, match=f"there is no rule '{name}'"):
        find_rules(name)


def test_ignore_wins_over_select() -> None:
    assert choose_rules(["PTK10"], ["PTK102", "ptk105", "default-applid", "PTK3"]) == {"PTK101", "PTK103", "PTK104"}
    assert choose_rules([], ["PTK"]) == set()
    assert choose_rules() == {rule.id for rule in CATALOGUE}


def test_rules_not_chosen_are_not_asked() -> None:
    result = lint([File("rse.env", b"A = 1\n")], rules=choose_rules(["PTK301"]))
    assert told(result) == {("PTK301", ERROR)}


@pytest.mark.parametrize(
    ("ours", "theirs", "proposed"),
    [
        ("6716", "6717", "_RSE_JMON_PORT=6717 or SERV_PORT=6716"),
        ("99999", "6717", "_RSE_JMON_PORT=6717"),
        ("99999", "x", "a port is 1 to 65535"),
    ],
)
def test_no_port_is_proposed_that_is_none(ours: str, theirs: str, proposed: str, lint_texts: Lint) -> None:
    files = {"rse.env": f"_RSE_JMON_PORT={ours}\n", "FEJJCNFG": f"SERV_PORT={theirs}\n"}
    (finding,) = (each for each in lint_texts(files).findings if each.rule.id == "PTK202")
    assert finding.advice == f"make them equal: {proposed}"
