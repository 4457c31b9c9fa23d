"""ptktctl provision: what it prints, to the byte; its JSON; what it refuses."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ptktctl.lint.engine import lint
from ptktctl.lint.result import File

GOLDEN = Path(__file__).parents[1] / "provision" / "golden"
SCENES = {
    "racf": "FEKAPPL --generator STCRSE --all-users",
    "racf-job": "PAYROLL --generator PAYSRV --evaluator MONITOR --users ANNA,BERT --key-form keyencrypted "
    '--key-form eptkeylabel --as jcl --jobname PAYPTKT --account "4711,O\'Brien" --class A --msgclass H',
    "racf-tokens": "RSEPROD --users ANNA --logon DEVELOPR --jwt --crypto-admin CRYPTO1 --as rexx",
    "racf-script": "$PAY --generator PAYSRV,PAYSRV2 --all-users --key-form keymasked --as tsocmd",
    "racf-labels": "PAYROLL --key-form keylabel --key-form eptkeylabel --key-label PAY.DES "
    f"--key-label PAY.{'HMAC' * 15}",
    "racf-undo": "RSEPROD --users ANNA --jwt --undo --key-form keylabel --key-form eptkeylabel",
    "zowe": "ZOWEAPPL --generator ZWESVUSR --all-users",
    "acf2": "FEKAPPL --esm acf2 --all-users",
    "acf2-job": "RSEPROD --esm acf2 --generator STCRSE --evaluator STCJMON --users ANNA --as jcl",
    "acf2-undo": "RSEPROD --esm acf2 --generator STCRSE --users ANNA --undo",
    "top-secret": "FEKAPPL --esm top-secret --owner SECDEPT --all-users",
    "top-secret-undo": "RSEPROD --esm top-secret --owner SECDEPT --users ANNA --undo",
}
DEFINITIONS = (
    "FEKAPPL --component rse --replay allow",
    "RSEPROD --component rse --replay allow",
    "PAYROLL --timeout 120",
    "$PAY --replay allow --ticket legacy",
    "ZOWEAPPL --component zowe --replay allow",
)
TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "applid", "esm", "form", "undo", "key_forms", "key_labels", "warnings", "output", "steps"],
    "properties": {
        "schema": {"const": "ptktctl.provision/1"},
        "esm": {"enum": ["RACF", "ACF2", "Top Secret"]},
        "form": {"enum": ["commands", "jcl", "rexx", "tsocmd"]},
        "undo": {"type": "boolean"},
        "warnings": TEXTS,
        "output": TEXTS,
        "steps": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["number", "purpose", "remarks", "source", "lines", "commands", "expected"],
                "properties": {
                    "number": {"type": "integer"},
                    "purpose": {"type": "string"},
                    "remarks": TEXTS,
                    "source": {"type": "string"},
                    "lines": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"where": {"type": "string"}, "lines": TEXTS}},
                    },
                    "commands": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["command", "comment", "accepted"],
                            "properties": {"command": {"type": "string"}, "comment": {"type": "string"}},
                        },
                    },
                    "expected": TEXTS,
                },
            },
        },
    },
}


@pytest.fixture
def defined(cli: Any) -> Any:
    """A home with definitions and no store."""
    for definition in DEFINITIONS:
        cli.ok(f"applid add {definition}")
    return cli


def provision(cli: Any, line: str) -> Any:
    return cli.run(["provision", *shlex.split(line)])


@pytest.mark.parametrize("name", SCENES)
def test_the_output(defined: Any, name: str) -> None:
    ran = provision(defined, SCENES[name])
    assert ran.status == 0, ran
    assert ran.out == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("name", SCENES)
def test_json(defined: Any, name: str) -> None:
    ran = provision(defined, f"{SCENES[name]} --format json")
    jsonschema.validate(ran.json, SCHEMA)
    assert (ran.status, ran.err) == (0, "")
    assert ran.json["output"] == (GOLDEN / f"{name}.txt").read_text().splitlines()
    assert [step["number"] for step in ran.json["steps"]] == list(range(1, len(ran.json["steps"]) + 1))


def test_nothing_but_the_commands_goes_to_standard_output(defined: Any) -> None:
    ran = provision(defined, "FEKAPPL --all-users --key-form keymasked")
    assert ran.err.splitlines() == [
        "warning: KEYMASKED hides the key by XOR with a constant, as public tools show. Whoever has a copy of the RACF "
        "database has the key, and the DISA STIG counts it as a finding (RACF-ES-000860). Use KEYLABEL or "
        "KEYENCRYPTED.",
        "note: STCRSE is the started-task user of IBM's sample: name the real one with --generator",
    ]
    assert lint([File("set-up.txt", ran.out.encode())]).problems == ()


def test_rse_without_replay_is_warned_of(defined: Any) -> None:
    defined.ok("applid set FEKAPPL --replay deny")
    for options in ("", "--esm acf2", "--esm top-secret --owner DEPT"):
        assert "applid set FEKAPPL --replay allow" in provision(defined, f"FEKAPPL --all-users {options}").err


def test_mixed_tickets_for_zowe_are_warned_of(defined: Any) -> None:
    assert "--ticket upper" in provision(defined, SCENES["zowe"]).err
    defined.ok("applid set ZOWEAPPL --ticket upper")
    assert "--ticket upper" not in provision(defined, SCENES["zowe"]).err


def test_the_form_of_the_key_follows_the_store(stored: Any) -> None:
    assert provision(stored, "FEKAPPL --all-users --format json").json["key_forms"] == ["keylabel"]
    stored.ok("key generate FEKAPPL --enhanced --user IBMUSER")
    assert provision(stored, "FEKAPPL --all-users --format json").json["key_forms"] == ["keylabel"]
    stored.ok("key generate FEKAPPL --enhanced")
    assert provision(stored, "FEKAPPL --all-users --format json").json["key_forms"] == ["keylabel", "eptkeylabel"]


def test_the_key_is_revealed_only_when_asked(stored: Any, tmp_path: Path) -> None:
    stored.ok("key generate FEKAPPL --enhanced --bytes 256")
    stored.ok("applid set FEKAPPL --replay allow")
    revealed = {each["kind"]: each["key"] for each in stored.ok("key show FEKAPPL --reveal --format json").json["keys"]}
    # `cli` searches the output of all commands but those that reveal for every key.
    for options in ("", "--key-form keyencrypted", "--key-form placeholder", "--esm acf2", "--format json"):
        assert provision(stored, f"FEKAPPL --all-users {options}").status == 0
    for options in ("--key-form keyencrypted", "--key-form keymasked", "--key-form keylabel", "--esm acf2"):
        ran = provision(stored, f"FEKAPPL --all-users --reveal-key {options}")
        assert ran.out.count(revealed["legacy"]) == 1, ran
        assert "THIS TEXT HOLDS A KEY OF FEKAPPL IN CLEAR" in ran.out.splitlines()[1]
        assert "warning: the output holds the key in clear" in ran.err
        findings = lint([File("set-up.txt", ran.out.encode())]).findings
        assert findings == ()
    ran = provision(stored, "FEKAPPL --all-users --reveal-key --key-form eptkeylabel")
    digits = "".join(
        line.strip("/* ") for line in ran.out.splitlines() if set(line.strip("/* ")) <= set("0123456789ABCDEF")
    )
    assert revealed["enhanced"] in digits


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("FEKAPPL", ["for which users", "--all-users"]),
        ("FEKAPPL --all-users --users A", ["exclude each other"]),
        ("PAYROLL --generator A", ["for which users"]),
        ("NOPE --all-users", ["NOPE is not defined"]),
        ("PAYROLL --users A,", ["--users", "empty"]),
        ("PAYROLL --generator A-B --all-users", ["--generator", "character 2"]),
        ("PAYROLL --key-label 1ABC", ["--key-label", "not the label"]),
        ("PAYROLL --key-form keylabel --key-form keymasked", ["one legacy key"]),
        ("PAYROLL --key-form keymasked --key-label X", ["--key-label X"]),
        ("PAYROLL --esm acf2 --as rexx", ["subcommands of ACF", "--as jcl"]),
        ("PAYROLL --esm acf2 --key-form keylabel", ["RACF's"]),
        ("ZOWEAPPL --esm acf2 --key-form eptkeylabel", ["not documented", "--key-form placeholder"]),
        ("PAYROLL --esm top-secret", ["--owner"]),
        ("PAYROLL --esm top-secret --owner DEPARTMENT", ["--owner", "10 characters"]),
        ("PAYROLL --esm acf2 --jwt", ["RACF only"]),
        ("PAYROLL --crypto-admin A", ["--jwt"]),
        ("PAYROLL --jobname A", ["--jobname", "--as jcl"]),
        ("PAYROLL --as jcl --jobname 1A", ["--jobname", "no digit first"]),
        ("PAYROLL --as jcl --account Zürich", ["--account"]),
        ("PAYROLL --as jcl --class A+B", ["--class"]),
        ("PAYROLL --undo --reveal-key", ["way back"]),
        ("PAYROLL --reveal-key --key-form placeholder", ["--key-form keyencrypted"]),
    ],
)
def test_what_is_refused(defined: Any, line: str, said: list[str]) -> None:
    defined.refused(f"provision {line}", *said)
    failed = provision(defined, f"{line} --format json")
    assert (failed.status, failed.json["schema"]) == (2, "ptktctl.error/1")


def test_a_key_that_is_not_stored_cannot_be_revealed(stored: Any) -> None:
    line = "provision FEKAPPL --all-users --reveal-key --key-form eptkeylabel"
    stored.refused(line, "no enhanced key is stored", "key generate FEKAPPL --enhanced", status=3)


def test_that_a_key_was_revealed_is_recorded(stored: Any) -> None:
    before = stored.ok("log").out
    stored.ok("provision FEKAPPL --all-users")
    assert stored.ok("log").out == before
    stored.ok("provision FEKAPPL --all-users --reveal-key")
    (line,) = stored.ok("log").out.removeprefix(before).splitlines()
    assert "provision" in line
    assert "FEKAPPL" in line
    assert "revealed" in line


def test_a_store_that_is_not_there_cannot_reveal(defined: Any) -> None:
    defined.refused("provision PAYROLL --reveal-key", "there is no store yet", status=3)


def test_it_can_be_piped_into_lint(defined: Any, process: Callable[..., Any]) -> None:
    printed = process("provision", "FEKAPPL", "--generator", "STCRSE", "--all-users")
    assert printed.returncode == 0
    linted = process("lint", "-", "--format", "json", input=printed.stdout)
    assert json.loads(linted.stdout)["findings"] == []
