"""ptktctl key rotate, promote, abandon; and how old a key may get."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from ptktctl import LegacyKey
from ptktctl.passticket.weaknesses import WEAK_KEYS
from ptktctl.store import vault
from ptktctl.store.unlocking import Unlocker

NEXT = "9D2CA7F4133E8B60"
DAY = 86_400
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
TEXTS = {"type": "array", "items": {"type": "string"}}
STEP: dict[str, Any] = {
    "type": "object",
    "required": ["number", "purpose", "commands", "expected", "remarks", "lines"],
    "properties": {
        "number": {"type": "integer"},
        "purpose": {"type": "string", "minLength": 10},
        "commands": {
            "type": "array",
            "items": {"type": "object", "required": ["command", "comment", "accepted"]},
        },
        "expected": TEXTS,
        "remarks": TEXTS,
        "lines": {"type": "array", "items": {"type": "object", "required": ["where", "lines"]}},
        "source": {"type": "string"},
    },
    "additionalProperties": False,
}
ROTATED: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "profile", "kind", "stage", "fingerprint", "current_fingerprint", "key_label", "warnings"],
    "properties": {
        "schema": {"const": "ptktctl.key-rotated/1"},
        "stage": {"const": "pending"},
        "fingerprint": {"type": "string", "pattern": "^[0-9A-F]{8}$"},
        "current_fingerprint": {"type": "string", "pattern": "^[0-9A-F]{8}$"},
        "due": {"type": "null"},
        "steps": {"type": "array", "items": STEP, "minItems": 3},
        "warnings": TEXTS,
    },
}


def keys(cli: Any) -> dict[str, str]:
    """The fingerprints of what is stored, by profile, kind and stage."""
    listed = cli("key list --format json").json["keys"]
    return {f"{each['profile']} {each['kind']} {each['stage']}": each["fingerprint"] for each in listed}


def verified(cli: Any, ticket: str, options: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = cli(f"verify -u IBMUSER -a FEKAPPL --peek --format json {options} -- {ticket}").json
    return answer


def made(cli: Any, options: str = "") -> str:
    return str(cli.ok(f"gen -u IBMUSER -a FEKAPPL {options}").out.strip())


@pytest.fixture
def rotating(stored: Any) -> Any:
    """FEKAPPL has a pending key."""
    stored.now += 100
    stored.ok("key rotate FEKAPPL")
    return stored


# rotate


def test_the_next_key_lies_beside_the_current_one(stored: Any) -> None:
    (current,) = keys(stored).values()
    stored.now += 2 * DAY
    answer = stored.ok("key rotate FEKAPPL --format json").json
    jsonschema.validate(answer, ROTATED)
    assert keys(stored) == {"FEKAPPL legacy current": current, "FEKAPPL legacy pending": answer["fingerprint"]}
    assert answer["current_fingerprint"] == current != answer["fingerprint"]
    assert (answer["created"], answer["age_seconds"], answer["warnings"]) == ("2023-11-16T22:13:20Z", 0, [])
    assert answer["key_label"] == "PTKT.FEKAPPL.D20231116.T221320"


def test_two_rotations_on_one_day_have_labels_of_their_own(stored: Any) -> None:
    labels = set()
    for _ in range(2):
        labels.add(stored.ok("key rotate FEKAPPL --format json").json["key_label"])
        stored.ok("key promote FEKAPPL --yes")
        stored.now += 1
    assert len(labels) == 2
    stored.ok("key generate FEKAPPL --group GGGGGGGG --user UUUUUUUU")
    longest = stored.ok("key rotate FEKAPPL --group GGGGGGGG --user UUUUUUUU --as jcl --format json").json
    assert longest["key_label"] == "PTKT.FEKAPPL.GGGGGGGG.UUUUUUUU.D20231114.T221322"
    assert all(len(line) <= 72 for line in longest["output"])


def test_the_commands_for_the_hosts(stored: Any) -> None:
    ran = stored.ok("key rotate FEKAPPL --key-label fek.ptkt.key02")
    first, second, *_ = ran.out.splitlines()
    assert first.startswith("stored the key FEKAPPL (legacy, pending), fingerprint ")
    assert second.endswith(" stays the current one until: ptktctl key promote FEKAPPL")
    lines = [line.strip() for line in ran.out.splitlines()]
    start = lines.index("RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(FEK.PTKT.KEY02))")
    assert lines[start + 1 : start + 3] == ["SETROPTS RACLIST(PTKTDATA) REFRESH", "RLIST PTKTDATA FEKAPPL SSIGNON ALL"]
    assert "ADD LABEL(FEK.PTKT.KEY02)," in lines
    assert lines.index("ADD LABEL(FEK.PTKT.KEY02),") < start
    assert any("ptktctl key promote FEKAPPL" in line for line in lines[start:])
    assert max(map(len, ran.out.splitlines())) <= 110


@pytest.mark.parametrize("options", ["", "--enhanced", "--user MIKEM", "--group SYS1 --user MIKEM --enhanced"])
def test_lint_finds_in_the_commands_that_a_key_is_replaced(stored: Any, options: str) -> None:
    """After those of a set-up."""
    stored.ok("key generate FEKAPPL --enhanced")
    for qualified in ("--user MIKEM", "--group SYS1 --user MIKEM --enhanced"):
        stored.ok(f"key generate FEKAPPL {qualified}")
    answer = stored.ok(f"key rotate FEKAPPL {options} --format json").json
    commands = [each["command"] for step in answer["steps"] for each in step["commands"]]
    assert len(commands) == 3
    assert f"RALTER PTKTDATA {answer['profile']} SSIGNON(" in commands[0]
    assert ("EPTKEYLABEL" in commands[0]) == ("enhanced" in options)
    set_up = stored.ok("provision FEKAPPL --key-form keylabel --key-form eptkeylabel --users MIKEM").out
    text = f"{set_up}\n" + "".join(f"{line}\n" for line in commands)
    found = stored("lint --as racf-commands --format json -", stdin=text).json["findings"]
    # Another key than before is what a rotation is about; of the qualified profiles the set-up says nothing.
    assert [each["rule"] for each in found] == ([] if "--user" in options else ["PTK417"])


@pytest.mark.parametrize("esm", ["racf", "acf2", "top-secret"])
def test_the_commands_as_a_job(stored: Any, esm: str) -> None:
    """Nothing else on stdout, so that it can be submitted."""
    ran = stored.ok(f"key rotate FEKAPPL --esm {esm} --as jcl --jobname NEXTKEY --account 4711")
    lines = ran.out.splitlines()
    assert lines[0].startswith("//NEXTKEY  JOB 4711,")
    assert lines[-1] == "/*"
    assert all(len(line) <= 72 for line in lines)
    assert ran.err.startswith("stored the key FEKAPPL (legacy, pending), fingerprint ")
    assert "ptktctl key promote FEKAPPL\n" in ran.err
    (tmp := stored.home / "next.jcl").write_text(ran.out)
    found = stored(f"lint --format json {tmp}").json["findings"]
    assert [each["rule"] for each in found] == ([] if esm == "racf" else ["PTK407"])


@pytest.mark.parametrize(("esm", "name"), [("racf", "RACF"), ("acf2", "ACF2"), ("top-secret", "Top Secret")])
def test_each_product_in_json(stored: Any, esm: str, name: str) -> None:
    answer = stored.ok(f"key rotate FEKAPPL --esm {esm} --format json").json
    jsonschema.validate(answer, {**ROTATED, "properties": {**ROTATED["properties"], "steps": {"minItems": 2}}})
    assert (answer["esm"], answer["output"]) == (name, None)
    assert (answer["key_label"] is None) == (esm != "racf")
    assert answer["steps"][-1]["lines"][0]["lines"] == ["ptktctl key promote FEKAPPL"]
    assert stored.ok("key show FEKAPPL --reveal --format json").json["keys"][1]["key"] not in str(answer)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--esm acf2 --key-label A.LABEL", "--key-label is RACF's"),
        ("--esm acf2 --as rexx", "the commands of ACF2 are subcommands of ACF"),
        ("--esm top-secret --enhanced --as jcl", "not documented in ptktctl's sources"),
        ("--jobname NEXTKEY", "--jobname goes with --as jcl"),
        ("--as jcl --jobname 1KEY", "1KEY"),
    ],
)
def test_what_no_host_can_be_given_makes_no_key(stored: Any, options: str, said: str) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    stored.refused(f"key rotate FEKAPPL {options}", said)
    assert keys(stored).keys() == {"FEKAPPL legacy current", "FEKAPPL enhanced current"}


def test_the_kinds_are_rotated_each_for_itself(stored: Any) -> None:
    stored.ok("key generate FEKAPPL --enhanced --bytes 128")
    stored.ok("key rotate FEKAPPL --enhanced")
    stored.ok("key rotate FEKAPPL")
    before = keys(stored)
    assert len(before) == 4
    stored.ok("key promote FEKAPPL --enhanced --yes")
    after = keys(stored)
    assert after["FEKAPPL enhanced current"] == before["FEKAPPL enhanced pending"]
    assert after["FEKAPPL legacy current"] == before["FEKAPPL legacy current"]
    assert len(after) == 3


@pytest.mark.parametrize(("now", "options", "size"), [(32, "", 64), (128, "", 128), (128, "--bytes 32", 32)])
def test_an_enhanced_key_is_never_shorter_unless_asked_for(stored: Any, now: int, options: str, size: int) -> None:
    stored.ok(f"key generate FEKAPPL --enhanced --bytes {now}")
    stored.ok(f"key rotate FEKAPPL --enhanced {options}")
    shown = stored.ok("key show FEKAPPL --reveal --format json").json["keys"]
    assert [len(each["key"]) // 2 for each in shown if each["stage"] == "pending"] == [size]


def test_a_key_that_the_host_has_made(stored: Any, tmp_path: Path) -> None:
    stored.secrets.learn(NEXT)
    stored.ok("key rotate FEKAPPL --from -", stdin=NEXT)
    assert keys(stored)["FEKAPPL legacy pending"] == LegacyKey.from_hex(NEXT).fingerprint
    stored.ok("key abandon FEKAPPL --yes")
    (tmp_path / "next").write_text(NEXT)
    stored.ok(f"key rotate FEKAPPL --from {tmp_path}/next")
    assert keys(stored)["FEKAPPL legacy pending"] == LegacyKey.from_hex(NEXT).fingerprint


def test_what_cannot_be_the_next_key(stored: Any) -> None:
    current = stored.ok("key show FEKAPPL --reveal --format json").json["keys"][0]["key"]
    other_parity = f"{int(current[:2], 16) ^ 1:02X}{current[2:]}"
    before = (stored.home / "keys.toml").read_bytes()
    for text, said in (
        (current, "that is the current key"),
        (other_parity, "that is the current key"),
        (NEXT[:-1], "15 hexadecimal digits"),
        (WEAK_KEYS.split()[0], "the key is a DES weak key"),
        ("", "there is no key in it"),
    ):
        stored.refused("key rotate FEKAPPL --from -", said, stdin=text)
    assert (stored.home / "keys.toml").read_bytes() == before
    ran = stored.ok("key rotate FEKAPPL --from - --force", stdin=WEAK_KEYS.split()[0])
    assert "warning: the key is a DES weak key" in ran.err


def test_a_next_key_that_another_has_is_warned_of(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.ok("key set CICSPROD --from -", stdin=NEXT)
    ran = stored.ok("key rotate FEKAPPL --from -", stdin=NEXT)
    assert ran.err == "warning: the same key is stored for CICSPROD (legacy)\n"


def test_calls_that_make_no_sense(stored: Any) -> None:
    stored.refused("key rotate NOSUCH", "NOSUCH is not defined", "applid add")
    stored.refused("key rotate FEKAPPL --bytes 64", "--bytes goes with --enhanced")
    stored.refused("key rotate FEKAPPL --user MIKEM", "no key FEKAPPL.MIKEM", "key generate FEKAPPL --user", status=3)
    stored.refused("key rotate FEKAPPL --enhanced", "no key FEKAPPL (enhanced)", "applid migrate FEKAPPL", status=3)
    stored.ok("key generate FEKAPPL --enhanced")
    stored.refused("key rotate FEKAPPL --enhanced --bytes 64 --from -", "exclude each other")
    stored.ok("key remove FEKAPPL --yes")
    stored.refused("key rotate FEKAPPL", "no key FEKAPPL (legacy)", "key rotate FEKAPPL --enhanced", status=3)
    assert keys(stored).keys() == {"FEKAPPL enhanced current"}


@pytest.mark.parametrize("label", ["", "1KEY", ".KEY", "A B", "A-B", "É", "A" * 65, "A\n"])
def test_a_label_that_icsf_does_not_take(stored: Any, label: str) -> None:
    ran = stored.run(["key", "rotate", "FEKAPPL", "--key-label", label])
    assert (ran.status, ran.out) == (2, "")
    assert "is not the label of a key" in ran.err
    assert len(keys(stored)) == 1


def test_a_second_rotation_is_told_of_the_first(rotating: Any) -> None:
    before = (rotating.home / "keys.toml").read_bytes()
    rotating.refused(
        "key rotate FEKAPPL",
        "there is a pending key for FEKAPPL (legacy) already, made at 2023-11-14T22:15:00Z",
        "ptktctl key promote FEKAPPL, or ptktctl key abandon FEKAPPL",
    )
    assert (rotating.home / "keys.toml").read_bytes() == before


def test_of_rotations_at_once_one_wins_and_the_others_are_told(stored: Any, tmp_path: Path) -> None:
    """Each as a process of its own; the one that wins says of which key."""
    environ = {**os.environ, **stored.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    call = [sys.executable, "-m", "ptktctl", "key", "rotate", "FEKAPPL", "--format", "json"]
    running = [
        subprocess.Popen(call, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)
    ]
    ended = [(each.communicate(timeout=60), each.returncode) for each in running]
    assert sorted(status for _, status in ended) == [0, 2, 2, 2]
    for (_, err), status in ended:
        assert status == 0 or "there is a pending key for FEKAPPL (legacy) already, made at 2" in err
    (won,) = (out for (out, _), status in ended if status == 0)
    assert f'"fingerprint": "{keys(stored)["FEKAPPL legacy pending"]}"' in won


def test_killed_at_any_moment_every_key_reported_is_there(stored: Any, tmp_path: Path) -> None:
    """Rotations and promotions as processes, killed at moments spread over the time that one takes."""
    environ = {**os.environ, **stored.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def start(*arguments: str) -> "subprocess.Popen[str]":
        call = [sys.executable, "-m", "ptktctl", "key", *arguments, "FEKAPPL", "--format", "json"]
        return subprocess.Popen(call, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    began = time.monotonic()
    start("rotate").communicate(timeout=60)
    takes = time.monotonic() - began
    for number in range(8):
        before = keys(stored)
        running = start("promote", "--yes") if "FEKAPPL legacy pending" in before else start("rotate")
        time.sleep(takes * (0.6 + number / 14))
        running.kill()
        said, _ = running.communicate(timeout=60)
        after = keys(stored)
        rotated = {"FEKAPPL legacy current": before["FEKAPPL legacy current"]}
        promoted = {"FEKAPPL legacy current": before.get("FEKAPPL legacy pending")}
        assert after in (before, promoted) or rotated.items() < after.items()
        if said.endswith("}\n"):
            assert after != before
            assert json.loads(said)["fingerprint"] in after.values()


Model = dict[tuple[str, bool], str]
PLACES = [f"FEKAPPL {options}".strip() for options in ("", "--enhanced", "--user MIKEM", "--group SYS1 --enhanced")]
VERBS = ("generate", "generate --force", "rotate", "promote --yes", "abandon --yes", "remove --yes")


def follow(model: Model, verb: str, place: str, fingerprint: str) -> int:
    """What a command does to the keys there are; answers its status."""
    current, pending = (place, False), (place, True)
    if verb.startswith("generate"):
        if current in model and "--force" not in verb:
            return 2
        model[current] = fingerprint
    elif verb == "rotate":
        if pending in model or current not in model:
            return 2 if pending in model else 3
        model[pending] = fingerprint
    elif verb.startswith("remove"):
        if current not in model:
            return 3
        del model[current]
        model.pop(pending, None)
    else:
        if pending not in model:
            return 3
        moved = model.pop(pending)
        model.update({current: moved} if verb.startswith("promote") else {})
    return 0


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_in_whatever_order(stored: Any, seed: int) -> None:
    """Held against a model of a few lines."""
    random = Random(seed)
    stored.ok("key remove FEKAPPL --yes")
    model: Model = {}
    for _ in range(60):
        verb, place = random.choice(VERBS), random.choice(PLACES)
        ran = stored(f"key {verb} {place} --format json")
        assert ran.status == follow(model, verb, place, ran.json.get("fingerprint", "")), (verb, place)
        assert sorted(keys(stored).values()) == sorted(model.values())
    for place in PLACES:
        shown = [each for each in stored("key list --format json").json["keys"] if place_of(each) == place]
        assert {(place, each["stage"] == "pending"): each["fingerprint"] for each in shown} == {
            name: fingerprint for name, fingerprint in model.items() if name[0] == place
        }


def place_of(key: dict[str, Any]) -> str:
    group, user = (
        f" --{name} {value}" if value else "" for name, value in (("group", key["group"]), ("user", key["userid"]))
    )
    return f"{key['applid']}{group}{user}{' --enhanced' if key['kind'] == 'enhanced' else ''}"


# While the next key is pending


def test_tickets_are_made_with_the_current_key_and_taken_of_both(rotating: Any) -> None:
    known = keys(rotating)
    found = verified(rotating, made(rotating))
    assert (found["outcome"], found["key"]) == ("valid", "current")
    assert found["key_fingerprint"] == known["FEKAPPL legacy current"]
    pending = of_pending(rotating)
    found = verified(rotating, pending)
    assert (found["outcome"], found["key"]) == ("valid", "pending")
    assert found["key_fingerprint"] == known["FEKAPPL legacy pending"]
    assert verified(rotating, "AAAAAAAA")["key"] is None


def of_pending(cli: Any) -> str:
    """A ticket of a system that has the next key already."""
    shown = cli.ok("key show FEKAPPL --reveal --format json").json["keys"]
    (key,) = (each["key"] for each in shown if each["stage"] == "pending")
    return str(cli.ok("gen -u IBMUSER -a FEKAPPL --key-from -", stdin=key).out.strip())


def test_verify_says_in_words_which_key_it_was(rotating: Any) -> None:
    known = keys(rotating)
    current, pending = made(rotating), of_pending(rotating)
    end = f"; by the current key, not the pending one (fingerprint {known['FEKAPPL legacy current']})\n"
    assert rotating.ok(f"verify -u IBMUSER {current}").out.endswith(end)
    end = f"; by the pending key, not the current one (fingerprint {known['FEKAPPL legacy pending']})\n"
    assert rotating.ok(f"verify -u IBMUSER {pending}").out.endswith(end)
    rotating.ok("key promote FEKAPPL --yes")
    assert rotating(f"verify -u IBMUSER {current}").out.startswith("no-match: ")
    assert "key" not in rotating.ok(f"verify -u IBMUSER --peek {made(rotating, '--at +1s')}").out


def test_a_ticket_of_either_key_serves_once(rotating: Any) -> None:
    for ticket, stage in ((made(rotating), "current"), (of_pending(rotating), "pending")):
        answers = [rotating(f"verify -u IBMUSER --format json {ticket}").json for _ in range(2)]
        assert [(each["outcome"], each["key"]) for each in answers] == [("valid", stage), ("used", stage)]


def test_batch_decode_and_diagnose_take_both(rotating: Any) -> None:
    tickets = made(rotating), of_pending(rotating)
    lines = "".join(f"IBMUSER FEKAPPL {ticket}\n" for ticket in tickets)
    rows = rotating.ok("verify --batch -", stdin=lines).out.splitlines()
    assert [row.split("\t")[2] for row in rows] == ["valid", "valid"]
    assert rotating.ok("gen --batch -", stdin="IBMUSER FEKAPPL\n").out == f"IBMUSER\tFEKAPPL\t{tickets[0]}\n"
    for ticket, stage in zip(tickets, ("current", "pending"), strict=True):
        decoded = rotating.ok(f"decode -u IBMUSER --format json {ticket}").json
        assert (decoded["generated_epoch"], decoded["key"]) == (rotating.now, stage)
        found = rotating(f"diagnose -u IBMUSER --format json --at +2s {ticket}").json["candidates"][0]
        assert (found["slip"], found["key"], found["key_profile"]) == ("none", stage, "FEKAPPL")
        assert ("and pending legacy key" in found["explanation"]) == (stage == "pending")
    assert rotating("decode -u IBMUSER --format json AAAAAAAA").json["key"] is None


def test_a_key_that_is_pending_elsewhere_is_found_out(rotating: Any) -> None:
    rotating.ok("applid add CICSPROD")
    rotating.ok("key generate CICSPROD")
    ticket = of_pending(rotating)
    found = rotating(f"diagnose -u IBMUSER -a CICSPROD --format json {ticket}").json["candidates"][0]
    assert (found["slip"], found["applid"], found["key"]) == ("other-applid", "FEKAPPL", "pending")


# promote and abandon


def test_promotion(rotating: Any) -> None:
    before = keys(rotating)
    pending = of_pending(rotating)
    rotating.now += DAY
    answer = rotating.ok("key promote FEKAPPL --yes --format json").json
    assert keys(rotating) == {"FEKAPPL legacy current": before["FEKAPPL legacy pending"]}
    assert answer["schema"] == "ptktctl.key-promoted/1"
    assert (answer["stage"], answer["fingerprint"]) == ("current", before["FEKAPPL legacy pending"])
    assert answer["forgotten_fingerprint"] == before["FEKAPPL legacy current"]
    assert (answer["created"], answer["age_seconds"]) == ("2023-11-14T22:15:00Z", DAY)
    assert made(rotating, f"--at @{rotating.now - DAY}".replace("@", "")) == pending


def test_promotion_asks_and_names_both(rotating: Any) -> None:
    known = keys(rotating)
    current, pending = known["FEKAPPL legacy current"], known["FEKAPPL legacy pending"]
    question = f"make {pending} the key FEKAPPL (legacy) and forget {current}, the current one?"
    rotating.refused("key promote FEKAPPL", question, "Nobody is there to ask", "--yes")
    ran = rotating.run(["key", "promote", "FEKAPPL"], b"no\n", terminal=True, keyboard=True)
    assert (ran.status, ran.out, keys(rotating)) == (2, "", known)
    ran = rotating.run(["key", "promote", "FEKAPPL"], b"y\n", terminal=True, keyboard=True)
    assert (ran.status, ran.out) == (0, f"{pending} is the key FEKAPPL (legacy) now; {current} is forgotten\n")


def test_abandoning(rotating: Any) -> None:
    known = keys(rotating)
    pending = known.pop("FEKAPPL legacy pending")
    rotating.refused("key abandon FEKAPPL", f"forget {pending}, the key FEKAPPL (legacy, pending)?", "--yes")
    answer = rotating.ok("key abandon FEKAPPL --yes --format json").json
    assert (answer["schema"], answer["fingerprint"]) == ("ptktctl.key-abandoned/1", pending)
    assert keys(rotating) == known
    rotating.ok("key rotate FEKAPPL")
    ran = rotating.ok("key abandon FEKAPPL --yes")
    assert ran.out.startswith("forgot ")


@pytest.mark.parametrize("verb", ["promote", "abandon"])
def test_where_nothing_is_pending(stored: Any, verb: str) -> None:
    stored.refused(f"key {verb} FEKAPPL --yes", "no key is pending", "ptktctl key rotate FEKAPPL", status=3)
    stored.refused(f"key {verb} NOSUCH --yes", "NOSUCH is not defined")
    stored.ok("key generate FEKAPPL --enhanced")
    stored.ok("key rotate FEKAPPL --enhanced")
    stored.refused(f"key {verb} FEKAPPL --yes", "one is pending for FEKAPPL --enhanced", status=3)
    stored.refused(f"key {verb} FEKAPPL --user MIKEM --yes", "no key is pending for FEKAPPL.MIKEM", status=3)


@pytest.mark.parametrize("verb", ["promote", "abandon"])
def test_what_changes_while_somebody_is_asked(rotating: Any, verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process drops the pending key and makes another one: nobody agreed to that one."""

    def confirm(*_: object, **__: object) -> None:
        name = vault.KeyName(applid, vault.KeyKind.LEGACY, pending=True)
        with vault.editing(str(rotating.home / "keys.toml"), Unlocker({}).data_key) as draft:
            draft.put(name, LegacyKey.from_hex(NEXT), rotating.now, replace=True)

    (applid,) = {name.applid for name in vault.listed_names(str(rotating.home / "keys.toml"))}
    monkeypatch.setattr("ptktctl.commands.terminal.confirm", confirm)
    rotating.refused(f"key {verb} FEKAPPL", "another process changed the key FEKAPPL (legacy, pending) meanwhile")
    assert keys(rotating)["FEKAPPL legacy pending"] == LegacyKey.from_hex(NEXT).fingerprint


# What other commands do to a pending key


def test_replacing_the_current_key_leaves_the_pending_one_and_says_so(rotating: Any) -> None:
    pending = keys(rotating)["FEKAPPL legacy pending"]
    ran = rotating.ok("key set FEKAPPL --from - --force", stdin=NEXT)
    assert "warning: a pending key is stored as well" in ran.err
    assert "ptktctl key abandon FEKAPPL\n" in ran.err
    assert keys(rotating)["FEKAPPL legacy pending"] == pending


def test_setting_the_key_that_is_pending_is_noticed(stored: Any) -> None:
    stored.ok("key rotate FEKAPPL --from -", stdin=NEXT)
    ran = stored.ok("key set FEKAPPL --from - --force", stdin=NEXT)
    assert "the same key is stored for FEKAPPL (legacy, pending)" in ran.err


def test_removing_a_key_removes_the_one_that_was_to_follow(rotating: Any) -> None:
    rotating.ok("key generate FEKAPPL --enhanced")
    rotating.refused("key remove FEKAPPL", "remove the key FEKAPPL (legacy) and the pending one?")
    assert rotating.ok("key remove FEKAPPL --yes").out == "removed the key FEKAPPL (legacy) and the pending one\n"
    assert keys(rotating).keys() == {"FEKAPPL enhanced current"}


def test_both_keys_move_and_go_with_the_applid(rotating: Any) -> None:
    before = keys(rotating)
    rotating.ok("applid rename FEKAPPL FEKPROD")
    assert keys(rotating) == {name.replace("FEKAPPL", "FEKPROD"): value for name, value in before.items()}
    rotating.ok("key promote FEKPROD --yes")
    rotating.ok("key rotate FEKPROD")
    rotating.ok("applid remove FEKPROD --yes")
    assert keys(rotating) == {}


def test_both_keys_are_shown_and_revealed(rotating: Any) -> None:
    shown = rotating.ok("key show FEKAPPL").out
    assert shown.count("profile      FEKAPPL") == 2
    assert shown.count("\nstage        pending") == 1
    revealed = rotating.ok("key show FEKAPPL --reveal --format json").json["keys"]
    assert [each["stage"] for each in revealed] == ["current", "pending"]
    assert len({each["key"] for each in revealed}) == 2


def test_the_doctor_is_content(rotating: Any) -> None:
    assert rotating("doctor --format json").status == 0


# Age


def test_nothing_is_due_where_no_age_is_set(stored: Any) -> None:
    stored.now += 100_000 * DAY
    (listed,) = stored.ok("key list --format json").json["keys"]
    assert (listed["max_age_days"], listed["due"], listed["is_due"]) == (None, None, False)
    assert stored.ok("key list").out.endswith("\tcurrent\t\n")


@pytest.mark.parametrize("option", [False, True])
def test_a_key_is_due_after_so_many_days(stored: Any, option: bool) -> None:
    line = "key list --max-age 90" if option else "key list"
    if not option:
        stored.ok("applid set FEKAPPL --max-age 90")
    stored.now += 90 * DAY - 1
    (listed,) = stored.ok(f"{line} --format json").json["keys"]
    assert (listed["max_age_days"], listed["due"], listed["is_due"]) == (90, "2024-02-12T22:13:20Z", False)
    ran = stored.ok(line)
    assert (ran.out.split("\t")[-1], ran.err) == ("2024-02-12T22:13:20Z\n", "")
    stored.now += 1
    ran = stored(line)
    assert (ran.status, ran.err) == (1, "due: FEKAPPL (legacy): ptktctl key rotate FEKAPPL\n")
    ran = stored(f"{line} --format json")
    assert (ran.status, ran.json["keys"][0]["is_due"], ran.err) == (1, True, "")


def test_the_option_comes_before_the_definition(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --max-age 10")
    stored.now += 30 * DAY
    assert stored("key list").status == 1
    assert stored("key list --max-age 31").status == 0
    assert stored("key list --max-age 30").status == 1
    stored.ok("applid set FEKAPPL --max-age none")
    assert stored("key list").status == 0
    assert (
        "due          2023-11-24T22:13:20Z, after 10 d: now\n"
        in (stored.ok("applid set FEKAPPL --max-age 10") and stored.ok("key show FEKAPPL")).out
    )


@pytest.mark.parametrize("days", ["0", "36501", "x"])
def test_a_number_of_days_that_is_none(stored: Any, days: str) -> None:
    stored.refused(f"key list --max-age {days}", "--max-age")


def test_a_pending_key_is_not_due_and_does_not_help_until_it_is_promoted(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --max-age 90")
    stored.ok("key rotate FEKAPPL")
    stored.now += 91 * DAY
    ran = stored("key list")
    assert ran.status == 1
    assert ran.err.count("due: ") == 1
    assert "the next one is pending: ptktctl key promote FEKAPPL, once all systems have it" in ran.err
    assert [each["is_due"] for each in stored("key list --format json").json["keys"]] == [True, False]
    stored.ok("key abandon FEKAPPL --yes")
    stored.ok("key rotate FEKAPPL")
    stored.ok("key promote FEKAPPL --yes")
    assert stored("key list").status == 0


def test_each_due_key_is_named_with_what_to_do(stored: Any) -> None:
    stored.ok("key generate FEKAPPL --enhanced --group SYS1 --user MIKEM")
    stored.now += 2 * DAY
    ran = stored("key list --max-age 1")
    assert ran.err.splitlines() == [
        "due: FEKAPPL (legacy): ptktctl key rotate FEKAPPL",
        "due: FEKAPPL.SYS1.MIKEM (enhanced): ptktctl key rotate FEKAPPL --group SYS1 --user MIKEM --enhanced",
    ]


def test_keys_left_behind_by_a_definition_have_no_age(stored: Any) -> None:
    (stored.home / "applids.toml").unlink()
    stored.now += 1000 * DAY
    assert stored("key list").status == 0
    assert stored("key list --max-age 90").status == 1
