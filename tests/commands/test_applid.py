"""ptktctl applid: the definitions."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ptktctl.commands.applid import COMPONENTS
from ptktctl.lint.rules.applids import MVS_DEFAULT_APPLID, OMVSAPPL
from ptktctl.store.definitions import Component
from ptktctl.store.migration import Migration

Process = Callable[..., "subprocess.CompletedProcess[str]"]
MEMBERS: dict[str, Any] = {
    "applid": {"type": "string", "pattern": "^[A-Z0-9@#$]{1,8}$"},
    "component": {"enum": list(COMPONENTS)},
    "ticket": {"enum": ["legacy", "upper", "mixed", None]},
    "timeout": {"type": "integer", "minimum": 1, "maximum": 600},
    "replay": {"enum": ["allow", "deny"]},
    "description": {"type": "string"},
    "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
    "max_age_days": {"type": ["integer", "null"], "minimum": 1},
    "migration": {"enum": [None, *(each.value for each in Migration)]},
}
ONE: dict[str, Any] = {"type": "object", "required": list(MEMBERS), "properties": MEMBERS}
SCHEMA = {**ONE, "required": ["schema", *MEMBERS], "properties": {**MEMBERS, "schema": {"const": "ptktctl.applid/1"}}}
LIST_SCHEMA = {
    "type": "object",
    "required": ["schema", "applids"],
    "properties": {"schema": {"const": "ptktctl.applid-list/1"}, "applids": {"type": "array", "items": ONE}},
}


def shown(cli: Any, applid: str = "FEKAPPL") -> dict[str, Any]:
    answer: dict[str, Any] = cli.ok(f"applid show {applid} --format json").json
    jsonschema.validate(answer, SCHEMA)
    return answer


def names(cli: Any) -> list[str]:
    answer = cli.ok("applid list --format json").json
    jsonschema.validate(answer, LIST_SCHEMA)
    return [each["applid"] for each in answer["applids"]]


# add


def test_add_with_nothing_but_a_name(cli: Any) -> None:
    ran = cli.ok("applid add fekappl")
    assert (ran.out, ran.err) == ("defined FEKAPPL\n", "")
    assert shown(cli) == {
        "schema": "ptktctl.applid/1",
        "applid": "FEKAPPL",
        "component": "other",
        "ticket": None,
        "timeout": 60,
        "replay": "deny",
        "description": "",
        "created": "2023-11-14T22:13:20Z",
        "max_age_days": None,
        "migration": None,
    }


def test_add_with_every_setting(cli: Any) -> None:
    settings = "--component zowe --ticket upper --timeout 30 --replay allow --description"
    ran = cli.run(["applid", "add", "ZOWEAPPL", *settings.split(), "API ML [prod] é", "--format", "json"])
    assert ran.status == 0
    jsonschema.validate(ran.json, SCHEMA)
    said = {key: ran.json[key] for key in ("component", "ticket", "timeout", "replay", "description")}
    assert said == {
        "component": "zowe",
        "ticket": "upper",
        "timeout": 30,
        "replay": "allow",
        "description": "API ML [prod] é",
    }
    assert shown(cli, "ZOWEAPPL") == ran.json


def test_every_component_is_known_to_the_store(cli: Any) -> None:
    assert set(COMPONENTS) == {component.value for component in Component}
    for number, component in enumerate(COMPONENTS):
        cli.ok(f"applid add APPL{number} --component {component}")
        assert shown(cli, f"APPL{number}")["component"] == component


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--timeout 0", "'--timeout': 0 is not in the range"),
        ("--timeout 601", "'--timeout': 601 is not in the range"),
        ("--timeout soon", "'--timeout': 'soon' is not a valid integer"),
        ("--component db3", "'--component': 'db3' is not one of"),
        ("--ticket both", "'--ticket': 'both' is not one of"),
        ("--replay maybe", "'--replay': 'maybe' is not one of"),
    ],
)
def test_a_setting_that_is_none(cli: Any, options: str, said: str) -> None:
    cli.refused(f"applid add FEKAPPL {options}", said)
    assert names(cli) == []


@pytest.mark.parametrize("description", ["two\nlines", "a bell \a", "\x1b[31mred", "\udcff"])
def test_a_description_is_one_printable_line(cli: Any, description: str) -> None:
    ran = cli.run(["applid", "add", "FEKAPPL", "--description", description])
    assert (ran.status, ran.out) == (2, "")
    assert "description" in ran.err
    assert names(cli) == []


@pytest.mark.parametrize(
    ("name", "said"), [("FEK.APPL", "character 4 is '.'"), ("TOOLONGNAME", "has 11 characters"), ("é", "'é'")]
)
def test_a_malformed_applid(cli: Any, name: str, said: str) -> None:
    for line in (f"applid add {name}", f"applid show {name}", f"applid remove {name}", f"applid rename A {name}"):
        cli.refused(line, said)


def test_what_is_defined_is_not_defined_again(cli: Any) -> None:
    cli.ok("applid add FEKAPPL --timeout 30")
    cli.refused("applid add FEKAPPL --timeout 90", "FEKAPPL is defined already", "applid set")
    assert shown(cli)["timeout"] == 30


@pytest.mark.parametrize(("name", "rule"), [("OMVSAPPL", OMVSAPPL), ("MVSSYS1", MVS_DEFAULT_APPLID)])
def test_a_hazardous_applid_is_refused_in_the_rules_words_unless_forced(cli: Any, name: str, rule: Any) -> None:
    ran = cli.refused(f"applid add {name} --component rse", rule.why, rule.id, "--force")
    assert names(cli) == []
    ran = cli.ok(f"applid add {name} --component rse --force")
    assert ran.err == f"warning: {rule.why} ({rule.id} {rule.slug})\n"
    assert names(cli) == [name]


@pytest.mark.parametrize(
    ("name", "component", "owner"),
    [("IZUDFLT", "rse", "z/OSMF"), ("TSOSYS1", "jes-job-monitor", "TSO"), ("BBGZDFLT", "rse", "Liberty")],
)
def test_a_borrowed_applid_is_warned_of(cli: Any, name: str, component: str, owner: str) -> None:
    ran = cli.ok(f"applid add {name} --component {component}")
    assert ran.err.startswith("warning: ")
    assert owner in ran.err
    assert names(cli) == [name]


@pytest.mark.parametrize(
    ("name", "component"), [("IZUDFLT", "zosmf"), ("TSOSYS1", "tso"), ("FEKAPPL", "rse"), ("MVS", "rse")]
)
def test_an_applid_in_its_place_is_not(cli: Any, name: str, component: str) -> None:
    assert cli.ok(f"applid add {name} --component {component}").err == ""


# list and show


def test_an_empty_list_says_so_on_stderr(cli: Any) -> None:
    ran = cli.ok("applid list")
    assert (ran.out, ran.err) == ("", "no APPLID is defined yet: ptktctl applid add APPLID\n")
    assert cli.ok("applid list --format json").err == ""
    assert names(cli) == []


def test_the_list_is_sorted_and_tab_separated_in_a_pipe(cli: Any) -> None:
    cli.ok("applid add ZOWEAPPL --component zowe --ticket mixed --timeout 30")
    cli.ok("applid add FEKAPPL --component rse --replay allow")
    assert cli.ok("applid list").out == (
        "FEKAPPL\trse\tas RACF\t60\tallow\t\t2023-11-14T22:13:20Z\n"
        "ZOWEAPPL\tzowe\tmixed\t30\tdeny\t\t2023-11-14T22:13:20Z\n"
    )
    assert names(cli) == ["FEKAPPL", "ZOWEAPPL"]


def test_the_list_is_a_table_with_headings_on_a_terminal(cli: Any) -> None:
    cli.run(["applid", "add", "FEKAPPL", "--description", "[bold]not markup[/bold]"])
    ran = cli("applid list --color never", terminal=True)
    heading, first = (line for line in ran.out.splitlines() if "APPLID" in line or "FEKAPPL" in line)
    assert heading.split() == ["APPLID", "component", "ticket", "timeout", "replay", "description", "created"]
    assert "[bold]not markup[/bold]" in first
    assert cli("applid list", terminal=True).err == ""


def test_show_as_text(cli: Any) -> None:
    cli.ok("applid add FEKAPPL --component rse")
    assert cli.ok("applid show fekappl").out == (
        "applid       FEKAPPL\n"
        "component    rse\n"
        "ticket       as RACF\n"
        "timeout      60\n"
        "replay       deny\n"
        "description\n"
        "created      2023-11-14T22:13:20Z\n"
    )


# set


def test_the_greatest_age_of_a_key(cli: Any) -> None:
    cli.ok("applid add FEKAPPL")
    for text, days in (("90", 90), ("1", 1), ("36500", 36_500), ("none", None), ("0400", 400), ("NONE", None)):
        cli.ok(f"applid set FEKAPPL --max-age {text}")
        assert shown(cli)["max_age_days"] == days
    cli.ok("applid set FEKAPPL --max-age 7")
    assert cli.ok("applid show FEKAPPL").out.endswith("max_age_days 7\n")


@pytest.mark.parametrize("text", ["0", "-1", "36501", "1.5", "x", "٣", "9" * 5000, "''"])
def test_a_greatest_age_that_is_none(cli: Any, text: str) -> None:
    cli.ok("applid add FEKAPPL --max-age 30")
    ran = cli.run(["applid", "set", "FEKAPPL", "--max-age", text.strip("'")])
    assert ran.status == 2
    assert "it takes 1 to 36500 days, or none" in ran.err
    assert shown(cli)["max_age_days"] == 30


def test_set_changes_what_is_given_and_nothing_else(cli: Any) -> None:
    cli.ok("applid add FEKAPPL --component rse --timeout 30 --ticket upper")
    before = shown(cli)
    cli.now += 100
    ran = cli.ok("applid set FEKAPPL --replay allow --timeout 90")
    assert (ran.out, ran.err) == ("changed FEKAPPL\n", "")
    assert shown(cli) == {**before, "replay": "allow", "timeout": 90}


def test_set_nothing(cli: Any) -> None:
    cli.ok("applid add FEKAPPL")
    cli.refused("applid set FEKAPPL", "nothing to change was given", "--help")


# What has no use for a definition without a key.
USING = [
    "gen -u A -a NOSUCH",
    "verify -u A -a NOSUCH AEPRRZ3S",
    "decode -u A -a NOSUCH AEPRRZ3S",
    "diagnose -u A -a NOSUCH AEPRRZ3S",
    "exec -u A -a NOSUCH -- true",
]


@pytest.mark.parametrize(
    "line",
    [
        "applid show NOSUCH",
        "applid set NOSUCH --replay allow",
        "applid rename NOSUCH OTHER",
        "applid remove NOSUCH",
        "applid remove NOSUCH --yes",
        "key generate NOSUCH",
        "key set NOSUCH --from -",
        "key show NOSUCH",
        "key remove NOSUCH --yes",
        *USING,
    ],
)
@pytest.mark.parametrize("home", ["cli", "stored"])
def test_an_applid_that_is_not_defined_is_status_2_everywhere(
    line: str, home: str, request: pytest.FixtureRequest
) -> None:
    cli = request.getfixturevalue(home)
    if home == "cli" and line in USING:
        cli.refused(line, f"there is no store yet: {cli.home}/keys.toml", "ptktctl init", status=3)
        cli.ok("applid add FEKAPPL")
        cli.refused(line, "there is no store yet", "ptktctl init", status=3)
        return
    cli.refused(line, "the APPLID NOSUCH is not defined", "hint: ptktctl applid add NOSUCH", stdin="0123456789ABCDEF")
    if home == "cli":
        assert not cli.home.exists()


# rename and remove


def test_rename_moves_the_keys_along(stored: Any) -> None:
    for options in ("--enhanced", "--user IBMUSER", "--group SYS1"):
        stored.ok(f"key generate FEKAPPL {options}")
    fingerprints = {each["fingerprint"] for each in stored.ok("key list --format json").json["keys"]}
    ran = stored.ok("applid rename FEKAPPL FEKPROD")
    assert ran.out == "renamed FEKAPPL to FEKPROD\n"
    assert names(stored) == ["FEKPROD"]
    assert shown(stored, "FEKPROD")["component"] == "rse"
    keys = stored.ok("key list --format json").json["keys"]
    assert {each["fingerprint"] for each in keys} == fingerprints
    assert {each["applid"] for each in keys} == {"FEKPROD"}
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    assert stored(f"verify -u IBMUSER -- {ticket}").status == 0


def test_rename_without_keys_needs_no_unlocking(cli: Any) -> None:
    cli.ok("applid add FEKAPPL")
    cli.ok("applid rename FEKAPPL FEKPROD")
    assert names(cli) == ["FEKPROD"]


def test_rename_to_what_is_there_or_hazardous(stored: Any) -> None:
    stored.ok("applid add FEKPROD")
    stored.refused("applid rename FEKAPPL FEKPROD", "FEKPROD is defined already")
    ran = stored.refused("applid rename FEKAPPL FEKAPPL", "FEKAPPL is defined already")
    assert "remove" not in ran.err
    stored.refused("applid rename FEKAPPL OMVSAPPL", OMVSAPPL.id, "--force")
    assert names(stored) == ["FEKAPPL", "FEKPROD"]
    stored.ok("applid rename FEKAPPL OMVSAPPL --force")
    assert names(stored) == ["FEKPROD", "OMVSAPPL"]


def test_remove_asks_before_keys_are_lost(stored: Any) -> None:
    stored.refused("applid remove FEKAPPL", "and the keys stored for it?", "Nobody is there to ask", "--yes")
    for answer in (b"n\n", b"\n", b"", b"maybe\n"):
        ran = stored.run(["applid", "remove", "FEKAPPL"], answer, terminal=True, keyboard=True)
        assert (ran.status, ran.out) == (2, "")
        assert "remove FEKAPPL and the keys stored for it? [y/N] " in ran.err
        assert names(stored) == ["FEKAPPL"]
    ran = stored.run(["applid", "remove", "FEKAPPL"], b"y\n", terminal=True, keyboard=True)
    assert (ran.status, ran.out) == (0, "removed FEKAPPL\n")
    assert names(stored) == []
    assert stored.ok("key list --format json").json["keys"] == []


def test_remove_without_keys_does_not_ask(cli: Any) -> None:
    cli.ok("applid add FEKAPPL")
    cli.ok("applid remove FEKAPPL")
    assert names(cli) == []


def test_remove_leaves_the_keys_of_others(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.ok("key generate CICSPROD")
    stored.ok("applid remove FEKAPPL --yes")
    assert [each["profile"] for each in stored.ok("key list --format json").json["keys"]] == ["CICSPROD"]


# The file


def test_the_definitions_hold_no_secret_and_can_be_compared(stored: Any, tmp_path: Path) -> None:
    """Fit for version control: one table an APPLID, sorted; a change touches only its own lines."""
    file = stored.home / "applids.toml"
    stored.ok("applid add CICSPROD --component cics")
    before = file.read_text().splitlines()
    stored.ok("applid set CICSPROD --timeout 90")
    changed = [new for old, new in zip(before, file.read_text().splitlines(), strict=True) if old != new]
    assert {line.split(" = ")[0] for line in changed} == {"timeout", "check"}
    key = stored.ok("key show FEKAPPL --reveal --format json").json["keys"][0]["key"]
    assert key.lower() not in file.read_text().lower()


def test_an_edited_definition_is_named_as_such(stored: Any) -> None:
    file = stored.home / "applids.toml"
    file.write_text(file.read_text().replace('replay = "deny"', 'replay = "allow"'))
    stored.refused("gen -u IBMUSER", "applids.toml, entry FEKAPPL", "edited by hand", "delete the line", status=3)
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if "check" not in line))
    assert shown(stored)["replay"] == "allow"


@pytest.mark.parametrize("text", ["", "[", "\x00", "format = 99\n", "applid = 3\n", "\xff"])
def test_a_file_that_is_none_is_damage(stored: Any, text: str) -> None:
    (stored.home / "applids.toml").write_bytes(text.encode("latin-1"))
    stored.refused("applid list", "applids.toml", status=3)


def test_two_processes_that_add_at_once_both_succeed(cli: Any, process: Process) -> None:
    from concurrent.futures import ThreadPoolExecutor

    wanted = [f"APPL{number}" for number in range(4)]
    with ThreadPoolExecutor() as pool:
        ran = list(pool.map(lambda name: process("applid", "add", name), wanted))
    assert [each.returncode for each in ran] == [0] * 4
    assert names(cli) == wanted
