"""ptktctl simulate: what it prints, to the byte."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

GOLDEN = Path(__file__).parent / "golden"
SCENES = {
    "rse-logon": (0, ""),
    "rse-logon-deny": (1, "--replay deny"),
    "rse-logon-applids": (1, "--clients 1 --tickets-per-logon 3 --jmon-applid OMVSAPPL"),
    "rse-logon-skew": (1, "--clients 2 --skew -7200"),
}
NAME = {"type": ["string", "null"], "pattern": "^[A-Z0-9@#$]{1,8}$"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "settings", "events", "summary"],
    "properties": {
        "schema": {"const": "ptktctl.simulate-rse-logon/1"},
        "settings": {
            "type": "object",
            "required": ["clients", "tickets_per_logon", "replay", "skew_seconds", "rse_applid", "jmon_applid"],
        },
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "time",
                    "userid",
                    "where",
                    "what",
                    "ticket_number",
                    "applid",
                    "ticket",
                    "outcome",
                    "cause",
                ],
                "properties": {
                    "time": {"type": "string", "pattern": r"^2026-11-22T10:\d\d:\d\d\.\d{3}Z$"},
                    "userid": NAME,
                    "where": {"enum": ["RSE daemon", "RSE server", "JES Job Monitor"]},
                    "what": {"enum": ["connect", "authenticate", "start-thread", "generate", "evaluate"]},
                    "ticket_number": {"type": ["integer", "null"]},
                    "applid": NAME,
                    "ticket": NAME,
                    "generated": {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "outcome": {"enum": ["valid", "used", "expired", "early", "no-match", "malformed", None]},
                    "cause": {"enum": ["replay", "applid", "clock", None]},
                },
            },
        },
        "summary": {
            "type": "object",
            "required": [
                "logons",
                "logons_succeeding",
                "tickets_made",
                "tickets_different",
                "tickets_refused",
                "causes",
            ],
        },
    },
}


@pytest.mark.parametrize("name", SCENES)
def test_the_timeline(cli: Any, name: str) -> None:
    status, options = SCENES[name]
    ran = cli(f"simulate rse-logon {options}")
    assert (ran.status, ran.err) == (status, "")
    assert ran.out == (GOLDEN / f"{name}.txt").read_text()


@pytest.mark.parametrize("options", ["", "--clients 2 --replay deny", "--skew 100000000", "--jmon-applid IZUDFLT"])
def test_json(cli: Any, options: str) -> None:
    ran = cli(f"simulate rse-logon --format json {options}")
    jsonschema.validate(ran.json, SCHEMA)
    refused = [event for event in ran.json["events"] if event["cause"]]
    assert len(refused) == ran.json["summary"]["tickets_refused"]
    assert ran.status == bool(refused)


def test_it_is_the_same_everywhere(process: Callable[..., Any]) -> None:
    expected = (GOLDEN / "rse-logon.txt").read_text()
    for environ in ({"TZ": "America/New_York", "PYTHONHASHSEED": "1"}, {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2"}):
        assert process("simulate", "rse-logon", environ=environ).stdout == expected


def test_it_needs_no_store_and_leaves_nothing(process: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    ran = process("simulate", "rse-logon", "--replay", "deny", environ={"TMPDIR": str(tmp_path / "tmp")})
    assert (ran.returncode, ran.stderr) == (1, "")
    assert os.listdir(tmp_path / "tmp") == []
    assert not (tmp_path / "home").exists()


def test_a_day_that_is_another_one_is_told(cli: Any) -> None:
    assert "second 2026-11-20T10:00:00Z" in cli("simulate rse-logon --clients 1 --skew -172800").out


def test_wrong_calls(cli: Any) -> None:
    cli.refused("simulate rse-logon --clients 0", "--clients")
    cli.refused("simulate rse-logon --tickets-per-logon 1000", "--tickets-per-logon")
    cli.refused("simulate rse-logon --rse-applid TOOLONGNAME", "--rse-applid")
    cli.refused("simulate rse-logon --skew -99999999999", "--skew")
    cli.refused("simulate rse-logoff", "rse-logoff")
