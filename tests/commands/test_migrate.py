"""ptktctl applid migrate: from legacy to enhanced tickets, and back, and what is seen on the way."""

import os
import subprocess
import sys
from random import Random
from typing import Any

import jsonschema
import pytest

from ptktctl.store import definitions
from ptktctl.store.migration import Migration

MIGRATE = "applid migrate FEKAPPL --to enhanced"
TEXTS = {"type": "array", "items": {"type": "string"}}
STEP: dict[str, Any] = {
    "type": "object",
    "required": ["number", "purpose", "commands", "expected", "remarks", "lines"],
    "properties": {
        "number": {"type": "integer", "minimum": 1},
        "purpose": {"type": "string", "minLength": 10},
        "status": {"enum": ["done", "next", "open", "broken"]},
        "checked": {"type": ["string", "null"]},
        "holds": {"type": ["boolean", "null"]},
        "commands": {"type": "array", "items": {"type": "object", "required": ["command", "comment", "accepted"]}},
        "expected": TEXTS,
        "remarks": TEXTS,
        "lines": {"type": "array", "items": {"type": "object", "required": ["where", "lines"]}},
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "applid", "to", "ticket_type", "migration", "done", "steps"],
    "properties": {
        "schema": {"const": "ptktctl.applid-migrate/1"},
        "applid": {"const": "FEKAPPL"},
        "to": {"const": "enhanced"},
        "ticket_type": {"enum": ["mixed", "upper", None]},
        "migration": {"enum": [None, *(each.value for each in Migration)]},
        "done": {"type": "integer"},
        "steps": {
            "type": "array",
            "items": {
                **STEP,
                "required": [*STEP["required"], "status", "checked", "holds", "back"],
                "properties": {**STEP["properties"], "back": STEP},
            },
        },
    },
}
# What has to be done with ptktctl before each step can be said to be done; the others are done on the hosts.
DOING = {
    2: "applid set FEKAPPL --ticket legacy",
    3: "key generate FEKAPPL --enhanced",
    6: "applid set FEKAPPL --ticket mixed",
    9: "key remove FEKAPPL --yes",
}
STEPS = 9


def asked(cli: Any, options: str = "") -> dict[str, Any]:
    ran = cli(f"{MIGRATE} {options} --format json")
    answer: dict[str, Any] = ran.json
    jsonschema.validate(answer, SCHEMA)
    assert ran.status == (1 if "broken" in statuses(answer) else 0)
    return answer


def statuses(answer: dict[str, Any]) -> list[str]:
    return [each["status"] for each in answer["steps"]]


def commands(step: dict[str, Any]) -> list[str]:
    return [each["command"] for each in step["commands"]]


def go_to(cli: Any, number: int, doing: dict[int, str] = DOING) -> dict[str, Any]:
    """Do the steps up to this one, it included."""
    answer = asked(cli)
    for step in range(answer["done"] + 1, number + 1):
        if step in doing:
            cli.ok(doing[step])
        answer = asked(cli, "--done")
    return answer


# The way


def test_the_whole_way(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --timeout 90 --replay allow")
    for number in range(STEPS + 1):
        answer = asked(stored) if number == 0 else go_to(stored, number)
        assert answer["done"] == number
        assert statuses(answer) == ["done"] * number + ["next"] * (number < STEPS) + ["open"] * (STEPS - 1 - number)
        assert [each["number"] for each in answer["steps"]] == list(range(1, STEPS + 1))
        if number < STEPS:
            assert stored.ok("applid show FEKAPPL --format json").json["migration"] == answer["migration"]
    assert (answer["migration"], answer["ticket_type"]) == (None, None)
    assert "migration" not in (stored.home / "applids.toml").read_text()
    assert "migrating_to" not in (stored.home / "applids.toml").read_text()
    assert [each["kind"] for each in stored.ok("key list --format json").json["keys"]] == ["enhanced"]
    assert stored.ok(MIGRATE).out == "FEKAPPL: no legacy key is stored for it: nothing is to be moved\n"


def test_gen_makes_legacy_tickets_until_its_step_and_enhanced_ones_after_it(stored: Any) -> None:
    for number in range(1, STEPS + 1):
        go_to(stored, number)
        ticket = stored.ok("gen -u IBMUSER").out.strip()
        found = stored(f"verify -u IBMUSER --peek --format json -- {ticket}").json
        assert (found["outcome"], found["ticket_type"]) == ("valid", "legacy" if number < 6 else "mixed")


@pytest.mark.parametrize("kind", ["mixed", "upper"])
def test_enhanced_tickets_can_be_tried_while_legacy_ones_are_made(stored: Any, kind: str) -> None:
    asked(stored, f"--type {kind}")
    for number in range(3, STEPS + 1):
        go_to(stored, number, {**DOING, 6: f"applid set FEKAPPL --ticket {kind}"})
        ticket = stored.ok(f"gen -u IBMUSER --ticket {kind}").out.strip()
        found = stored(f"verify -u IBMUSER --peek --format json -- {ticket}").json
        assert (found["outcome"], found["ticket_type"]) == ("valid", kind)


def test_a_move_to_upper_makes_its_kind_before_the_definition_says_so(stored: Any) -> None:
    """Where the definition leaves the kind to the keys, as a definition does that was never pinned."""
    asked(stored, "--type upper")
    stored.ok("key generate FEKAPPL --enhanced")
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    assert stored.ok(f"verify -u IBMUSER --format json -- {ticket}").json["ticket_type"] == "upper"


def test_the_commands_of_the_hosts(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --timeout 90 --replay allow")
    stored.ok("key generate FEKAPPL --user MIKEM")
    steps = asked(stored, "--type upper")["steps"]
    settings = "TYPE(UPPER) TIMEOUT(90) REPLAY(YES)"
    assert commands(steps[4]) == [
        f"RALTER PTKTDATA FEKAPPL SSIGNON(EPTKEYLABEL(PTKT.FEKAPPL.HMAC) {settings})",
        f"RALTER PTKTDATA FEKAPPL.MIKEM SSIGNON(EPTKEYLABEL(PTKT.FEKAPPL.MIKEM.HMAC) {settings})",
        "SETROPTS RACLIST(PTKTDATA) REFRESH",
        "RLIST PTKTDATA FEKAPPL SSIGNON ALL",
        "RLIST PTKTDATA FEKAPPL.MIKEM SSIGNON ALL",
    ]
    assert commands(steps[7])[:3] == [
        "RALTER PTKTDATA FEKAPPL SSIGNON(NOLEGACYKEY)",
        "RALTER PTKTDATA FEKAPPL.MIKEM SSIGNON(NOLEGACYKEY)",
        "SETROPTS RACLIST(PTKTDATA) REFRESH",
    ]
    assert commands(steps[4]["back"])[:2] == [
        "RALTER PTKTDATA FEKAPPL NOSSIGNON",
        "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(PTKT.FEKAPPL.DES))",
    ]


def test_what_the_first_step_asks_of_the_hosts(stored: Any) -> None:
    needed = " ".join(asked(stored)["steps"][0]["remarks"])
    for word in ("z/OS 2.5", "OA59196", "OA59197", "KDSR", "PASSWORD(MIXEDCASE)", "--type upper", "not confirmed"):
        assert word in needed
    first = asked(stored, "--type upper")["steps"][0]
    assert "MIXEDCASE" not in " ".join(first["remarks"])
    assert commands(first) == []


def test_lint_reads_the_commands_after_those_of_a_set_up(stored: Any) -> None:
    """There and back."""
    stored.ok("applid set FEKAPPL --replay allow")
    set_up = stored.ok("provision FEKAPPL --key-form keylabel --users MIKEM").out
    steps = asked(stored)["steps"]
    there = [line for step in (steps[0], steps[4], steps[7]) for line in commands(step)]
    back = [line for step in (steps[7], steps[4]) for line in commands(step["back"])]
    assert (len(there), len(back)) == (7, 7)
    for lines in (there, there + back):
        text = f"{set_up}\n" + "".join(f"{line}\n" for line in lines)
        found = stored("lint --as racf-commands --format json -", stdin=text).json["findings"]
        # The set-up lets its own legacy key pass: not the lack of one, nor that one is given again.
        assert [each["rule"] for each in found] == ["PTK901", *(["PTK414"] if lines is not there else [])]


# What is seen from here


def test_a_step_of_ours_that_is_not_done_is_not_taken_for_done(stored: Any) -> None:
    for number, command in DOING.items():
        go_to(stored, number - 1)
        before = (stored.home / "applids.toml").read_bytes()
        stored.refused(f"{MIGRATE} --done", f"step {number} is not done", f"ptktctl {command.removesuffix(' --yes')}")
        assert (stored.home / "applids.toml").read_bytes() == before
        stored.ok(command)
        assert asked(stored, "--done")["done"] == number


def test_each_profile_needs_an_enhanced_key(stored: Any) -> None:
    stored.ok("key generate FEKAPPL --group SYS1")
    go_to(stored, 2)
    stored.ok("key generate FEKAPPL --enhanced")
    stored.refused(f"{MIGRATE} --done", "each profile with a legacy key has an enhanced one")
    stored.ok("key generate FEKAPPL --enhanced --group SYS1")
    assert asked(stored, "--done")["done"] == 3


def test_a_pending_enhanced_key_is_none_yet(stored: Any) -> None:
    go_to(stored, 3)
    stored.ok("key rotate FEKAPPL --enhanced")
    assert statuses(asked(stored))[2] == "done"
    keys = stored.home / "keys.toml"
    assert "pending" in keys.read_text()


@pytest.mark.parametrize(
    ("reached", "undoing", "step"),
    [
        (4, "applid set FEKAPPL --ticket mixed", 2),
        (5, "key remove FEKAPPL --enhanced --yes", 3),
        (7, "applid set FEKAPPL --ticket legacy", 6),
        (8, "key remove FEKAPPL --enhanced --yes", 3),
    ],
)
def test_a_step_that_is_not_so_any_more_is_named(stored: Any, reached: int, undoing: str, step: int) -> None:
    go_to(stored, reached)
    stored.ok(undoing)
    assert statuses(asked(stored))[step - 1] == "broken"
    ran = stored(MIGRATE)
    assert ran.status == 1
    assert f"step {step} is not so any more: " in ran.err
    assert f"{step}. [broken] " in ran.out
    stored.refused(f"{MIGRATE} --done", f"step {step} is not so any more")


def test_the_kind_of_ticket_is_remembered_and_can_be_changed(stored: Any) -> None:
    assert asked(stored)["ticket_type"] == "mixed"
    assert asked(stored, "--type upper")["ticket_type"] == "upper"
    go_to(stored, 5)
    stored.ok("applid set FEKAPPL --ticket mixed")
    stored.refused(f"{MIGRATE} --done", "step 6 is not done", "ptktctl applid set FEKAPPL --ticket upper")
    stored.ok("applid set FEKAPPL --ticket upper")
    assert asked(stored, "--done")["done"] == 6
    answer = go_to(stored, 9, {9: DOING[9]})
    assert statuses(answer) == ["done"] * STEPS


def test_the_definition_says_what_kind_it_shall_be(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --ticket upper")
    assert asked(stored)["ticket_type"] == "upper"


# Back, and out of it


def test_back_step_by_step(stored: Any) -> None:
    go_to(stored, 8)
    for number in range(8, 0, -1):
        answer = asked(stored, "--back")
        assert answer["done"] == number - 1
    stored.refused(f"{MIGRATE} --back", "no step is done yet", "--abandon")
    ran = stored.ok(f"{MIGRATE} --done") and stored.ok(f"{MIGRATE} --back")
    assert ran.out.startswith("step 1 is the next one again. What undoes it:\n\n- Nothing is to be undone.")


def test_abandoning_prints_how_all_is_undone(stored: Any) -> None:
    go_to(stored, 8)
    ran = stored.ok(f"{MIGRATE} --abandon")
    lines = [line.strip() for line in ran.out.splitlines()]
    assert lines[0] == "FEKAPPL: no move is under way any more. What undoes the steps that were done:"
    wanted = (
        "1. Give the profile the legacy key again, on every system.",
        "2. Make legacy tickets again.",
        "3. Take the enhanced key out of the profile, on every system.",
        "4. Delete PTKT.FEKAPPL.HMAC from the CKDS of every system.",
        "5. Forget the enhanced key.",
    )
    assert [line for line in lines if line[:1].isdecimal()] == list(wanted)
    stored.refused(f"{MIGRATE} --abandon", "no move of FEKAPPL is under way")
    assert asked(stored)["done"] == 0
    ran = stored.ok(f"{MIGRATE} --abandon")
    assert ran.out == "FEKAPPL: no move is under way any more\n"


ANYTHING = (
    *(
        f"{MIGRATE} {option}"
        for option in ("", "", "--done", "--done", "--done", "--back", "--abandon", "--type upper")
    ),
    *(f"applid set FEKAPPL --ticket {kind}" for kind in ("legacy", "upper", "mixed")),
    *(f"key {verb} FEKAPPL{kind}" for verb in ("generate", "rotate", "remove --yes") for kind in ("", " --enhanced")),
    "key generate FEKAPPL --user MIKEM --enhanced",
    "key remove FEKAPPL --user MIKEM --enhanced --yes",
)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_in_whatever_order(stored: Any, seed: int) -> None:
    """Each answer is one of those that are promised, and what is remembered fits to what was answered."""
    random, reached = Random(seed), 0
    for _ in range(100):
        line = random.choice(ANYTHING)
        ran = stored(f"{line} --format json")
        assert ran.status in (0, 1, 2, 3)
        if not line.startswith(MIGRATE) or ran.status > 1:
            continue
        jsonschema.validate(ran.json, SCHEMA)
        done = ran.json["done"]
        moved = {"--done": 1, "--back": -1}.get(line.rpartition(" ")[2], 0)
        assert done == (reached + moved if ran.json["steps"] else 0)
        finished = ran.json["migration"] is None
        reached = 0 if finished else done
        assert ran.json["migration"] == stored.ok("applid show FEKAPPL --format json").json["migration"]


# Bad calls


def test_calls_that_make_no_sense(stored: Any) -> None:
    before = (stored.home / "applids.toml").read_bytes()
    stored.refused("applid migrate NOSUCH --to enhanced", "NOSUCH is not defined")
    stored.refused("applid migrate FEKAPPL", "--to")
    stored.refused("applid migrate FEKAPPL --to legacy", "no move to legacy tickets", "56 bits", "--back")
    stored.refused(f"{MIGRATE} --esm acf2", "acf2", "not in the documentation")
    stored.refused(f"{MIGRATE} --esm top-secret", "top-secret", "not in the documentation")
    for option in ("--done", "--back", "--abandon"):
        stored.refused(f"{MIGRATE} {option}", "no move of FEKAPPL is under way", "ptktctl applid migrate FEKAPPL --to")
    stored.refused(f"{MIGRATE} --done --back", "exclude each other")
    stored.ok("applid add EMPTY")
    stored.refused("applid migrate EMPTY --to enhanced", "no key is stored for EMPTY", "--enhanced", status=3)
    stored.ok("applid remove EMPTY")
    assert (stored.home / "applids.toml").read_bytes() == before


def test_what_another_process_did_meanwhile(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go_to(stored, 1)
    stored.ok(DOING[2])
    path = str(stored.home / "applids.toml")
    update = definitions.update

    def late(*arguments: Any) -> Any:
        monkeypatch.setattr(definitions, "update", update)
        update(path, arguments[1], lambda before: before.replaced(migration=Migration.LEGACY_PINNED))
        return update(*arguments)

    monkeypatch.setattr(definitions, "update", late)
    stored.refused(f"{MIGRATE} --done", "another process moved FEKAPPL on meanwhile")
    assert asked(stored)["done"] == 2


def test_of_several_that_say_done_at_once_one_moves_on(stored: Any) -> None:
    asked(stored)
    environ = {**os.environ, **stored.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = [sys.executable, "-m", "ptktctl", *MIGRATE.split(), "--done"]
    running = [subprocess.Popen(call, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    ended = [each.communicate(timeout=60) and each.returncode for each in running]
    # Who comes after the first has ended says of step 2, which is not done, that it is.
    assert sorted(ended) == [0, 2, 2]
    assert asked(stored)["done"] == 1


def test_rename_takes_it_along_and_the_store_stays_closed(stored: Any) -> None:
    go_to(stored, 3)
    stored.ok("applid rename FEKAPPL FEKPROD")
    answer = stored.ok("applid migrate FEKPROD --to enhanced --format json").json
    assert (answer["done"], answer["applid"]) == (3, "FEKPROD")
    stored.environ["PTKTCTL_KEY_FILE"] = "/nowhere"
    stored.ok("applid migrate FEKPROD --to enhanced")
    assert "migration    key-made\n" in stored.ok("applid show FEKPROD").out
