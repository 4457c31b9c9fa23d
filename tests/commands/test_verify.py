"""ptktctl verify: what the host would answer."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from ptktctl import EnhancedKey, LegacyKey, TicketType, generate

INSTANT = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
WHOLE = {"type": ["integer", "null"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "schema",
        "outcome",
        "userid",
        "applid",
        "ticket_type",
        "generated",
        "generated_epoch",
        "age_seconds",
        "window_seconds",
    ],
    "properties": {
        "schema": {"const": "ptktctl.verify/1"},
        "outcome": {"enum": ["valid", "expired", "early", "used", "no-match", "malformed"]},
        "userid": {"type": "string"},
        "applid": {"type": "string"},
        "ticket_type": {"enum": ["legacy", "upper", "mixed", None]},
        "generated": INSTANT,
        "generated_epoch": WHOLE,
        "age_seconds": WHOLE,
        "window_seconds": {"type": "integer"},
        "used_at": INSTANT,
        "key": {"enum": ["current", "pending", None]},
        "key_fingerprint": {"type": ["string", "null"], "pattern": "^[0-9A-F]{8}$"},
    },
}
COLD = {"generated": None, "generated_epoch": None, "age_seconds": None, "ticket_type": None}


def make(cli: Any, options: str = "-u IBMUSER -a FEKAPPL") -> str:
    return str(cli.ok(f"gen {options}").out.strip())


def outcome(cli: Any, ticket: str, options: str = "-u IBMUSER -a FEKAPPL") -> str:
    ran = cli(f"verify {options} --format json -- {ticket}")
    jsonschema.validate(ran.json, SCHEMA)
    answer = str(ran.json["outcome"])
    assert ran.status == (0 if answer == "valid" else 1)
    assert ran.err == ""
    return answer


# The six answers


def test_valid(stored: Any) -> None:
    ticket = make(stored)
    stored.now += 12
    ran = stored.ok(f"verify -u IBMUSER {ticket}")
    assert ran.out == "valid: generated 12 s ago; the window is 10 min; made at 2023-11-14T22:13:20Z\n"
    assert ran.err == ""


def test_the_json_of_a_valid_ticket(stored: Any) -> None:
    ticket = make(stored)
    stored.now += 12
    answer = stored.ok(f"verify -u IBMUSER --format json {ticket}").json
    jsonschema.validate(answer, SCHEMA)
    del answer["used_at"]
    assert answer.pop("key_fingerprint") in stored.ok("key list").out
    assert answer == {
        "schema": "ptktctl.verify/1",
        "outcome": "valid",
        "userid": "IBMUSER",
        "applid": "FEKAPPL",
        "ticket_type": "legacy",
        "generated": "2023-11-14T22:13:20Z",
        "generated_epoch": 1_700_000_000,
        "age_seconds": 12,
        "window_seconds": 600,
        "key": "current",
    }


def test_expired_tells_the_distance(stored: Any) -> None:
    ticket = make(stored)
    stored.now += 14 * 60 + 3
    ran = stored(f"verify -u IBMUSER {ticket}")
    assert ran.status == 1
    assert ran.out.startswith("expired: generated 14 min 3 s ago; the window is 10 min")
    assert stored(f"verify -u IBMUSER --format json {ticket}").json["age_seconds"] == 843


def test_early_tells_the_distance(stored: Any) -> None:
    ticket = make(stored)
    stored.now -= 7265
    ran = stored(f"verify -u IBMUSER {ticket}")
    assert ran.status == 1
    assert ran.out.startswith("early: generated 2 h 1 min in the future; the window is 10 min")
    assert stored(f"verify -u IBMUSER --format json {ticket}").json["age_seconds"] == -7265


def test_used_tells_when(stored: Any) -> None:
    ticket = make(stored)
    stored.now += 5
    stored.ok(f"verify -u IBMUSER {ticket}")
    stored.now += 5
    ran = stored(f"verify -u IBMUSER {ticket}")
    assert ran.status == 1
    assert ran.out.startswith("used: this ticket served before, at 2023-11-14T22:13:25Z; generated 10 s ago; ")
    answer = stored(f"verify -u IBMUSER --format json {ticket}").json
    jsonschema.validate(answer, SCHEMA)
    assert (answer["outcome"], answer["used_at"], answer["age_seconds"]) == ("used", "2023-11-14T22:13:25Z", 10)


@pytest.mark.parametrize("options", ["-u OTHER -a FEKAPPL", "-u IBMUSER -a CICSPROD"])
def test_a_ticket_of_another_user_or_applid_is_no_match(stored: Any, options: str) -> None:
    stored.ok("applid add CICSPROD")
    key = stored.ok("key show FEKAPPL --reveal --format json").json["keys"][0]["key"]
    stored.ok("key set CICSPROD --from -", stdin=key)
    ticket = make(stored)
    ran = stored(f"verify {options} {ticket}")
    assert (ran.status, ran.out.split(":")[0]) == (1, "no-match")
    assert ticket not in ran.out + ran.err
    answer = stored(f"verify {options} --format json {ticket}").json
    jsonschema.validate(answer, SCHEMA)
    assert COLD.items() <= answer.items()


def test_a_ticket_of_another_key_is_no_match(stored: Any) -> None:
    ticket = make(stored)
    stored.ok("key generate FEKAPPL --force")
    assert outcome(stored, ticket) == "no-match"


@pytest.mark.parametrize(
    "ticket", ["", "SHORT", "NINECHARS", "ABC DEFG", "abc.defg", "ÄBCDEFGH", "A-CDEFGH", "\udcff" * 8]
)
def test_what_cannot_be_a_ticket_is_malformed(stored: Any, ticket: str) -> None:
    ran = stored.run(["verify", "-u", "IBMUSER", "--", ticket])
    assert (ran.status, ran.out.split(":")[0], ran.err) == (1, "malformed", "")
    answer = stored.run(["verify", "-u", "IBMUSER", "--format", "json", "--", ticket]).json
    jsonschema.validate(answer, SCHEMA)
    assert COLD.items() <= answer.items()


# The window


@pytest.mark.parametrize(("age", "answer"), [(-601, "early"), (-600, "valid"), (600, "valid"), (601, "expired")])
def test_a_legacy_ticket_serves_ten_minutes_either_way(stored: Any, age: int, answer: str) -> None:
    ticket = make(stored)
    stored.now += age
    assert outcome(stored, ticket) == answer


@pytest.mark.parametrize("timeout", [None, 1, 90, 600])
def test_an_enhanced_ticket_serves_for_the_timeout_of_its_applid(stored: Any, timeout: int | None) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    if timeout:
        stored.ok(f"applid set FEKAPPL --timeout {timeout}")
    window = timeout or 60
    ticket = make(stored)
    at = f"-u IBMUSER -a FEKAPPL --peek --at {stored.now}"
    answers = [outcome(stored, ticket, at.replace(str(stored.now), str(stored.now + age)))
               for age in (-window - 1, -window, window, window + 1)]  # fmt: skip
    assert answers == ["early", "valid", "valid", "expired"]
    assert stored(f"verify -u IBMUSER --peek --format json -- {ticket}").json["window_seconds"] == window


def test_at_evaluates_as_of_that_moment(stored: Any) -> None:
    ticket = make(stored, "-u IBMUSER --at 2026-11-22T10:00:00Z")
    assert outcome(stored, ticket) == "no-match"
    options = "-u IBMUSER -a FEKAPPL --peek"
    assert outcome(stored, ticket, f"{options} --at 2026-11-22T11:09:59+01:00") == "valid"
    assert outcome(stored, ticket, f"{options} --at 1795342201") == "expired"
    old = make(stored, "-u IBMUSER --at -11m")
    assert outcome(stored, old, options) == "expired"
    assert outcome(stored, old, f"{options} --at -1m") == "valid"


# Keys of either kind


@pytest.mark.parametrize("kind", ["legacy", "upper", "mixed"])
def test_a_ticket_is_tried_under_both_kinds_of_key(stored: Any, kind: str) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    stored.ok(f"applid set FEKAPPL --ticket {kind}")
    ticket = make(stored)
    assert stored(f"verify -u IBMUSER --peek --format json -- {ticket}").json["ticket_type"] == kind
    assert outcome(stored, ticket) == "valid"


def test_a_legacy_ticket_is_valid_beside_an_enhanced_key(stored: Any) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    ticket = make(stored, "-u IBMUSER --ticket legacy")
    assert outcome(stored, ticket) == "valid"
    assert outcome(stored, ticket) == "used"


def test_qualified_keys_are_tried_and_then_the_plain_one(stored: Any) -> None:
    plain = make(stored)
    stored.ok("key generate FEKAPPL --user IBMUSER")
    stored.ok("key generate FEKAPPL --group SYS1")
    of_user = make(stored)
    of_group = make(stored, "-u OTHER --group SYS1")
    assert outcome(stored, of_user) == "valid"
    assert outcome(stored, plain) == "valid"
    assert outcome(stored, of_group, "-u OTHER -a FEKAPPL") == "no-match"
    assert outcome(stored, of_group, "-u OTHER -a FEKAPPL --group SYS1") == "valid"


def test_case_matters(stored: Any) -> None:
    ticket = make(stored, "-u IBMUSER --at 1700000001")
    assert ticket != ticket.lower()
    assert outcome(stored, ticket.lower()) == "malformed"
    assert outcome(stored, ticket) == "valid"


def test_tickets_of_other_implementations_are_valid(
    cli: Any, tmp_path: Any, legacy_vectors: list[Any], enhanced_vectors: list[Any]
) -> None:
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    for userid, applid, key, epoch, ticket in (*legacy_vectors[:4], *enhanced_vectors[:8]):
        enhanced = isinstance(key, EnhancedKey)
        upper = enhanced and key.ticket_type is TicketType.UPPER
        cli.ok(f"applid add {applid} --force {'--ticket upper' if upper else ''}")
        cli.ok(f"key set {applid} --from - --force {'--enhanced' if enhanced else ''}", stdin=key.secret.hex())
        assert outcome(cli, ticket, f"-u {userid} -a {applid} --at {epoch + 10}") == "valid"
        cli.ok(f"applid remove {applid} --yes")


# Single use


def test_a_ticket_serves_once(stored: Any) -> None:
    ticket = make(stored)
    assert [outcome(stored, ticket) for _ in range(3)] == ["valid", "used", "used"]
    stored.now += 1
    assert outcome(stored, make(stored)) == "valid"


def test_replay_allow_lets_it_serve_again(stored: Any) -> None:
    stored.ok("applid set FEKAPPL --replay allow")
    ticket = make(stored)
    assert [outcome(stored, ticket) for _ in range(3)] == ["valid"] * 3
    assert not (stored.home / "used.db").exists()


def test_peek_records_nothing_but_sees_what_is_recorded(stored: Any) -> None:
    ticket, peeking = make(stored), "-u IBMUSER -a FEKAPPL --peek"
    assert [outcome(stored, ticket, peeking) for _ in range(2)] == ["valid"] * 2
    assert outcome(stored, ticket) == "valid"
    assert outcome(stored, ticket, peeking) == "used"


def test_a_use_counts_for_one_user_and_applid(stored: Any) -> None:
    key = LegacyKey.generate()
    stored.ok("key set FEKAPPL --force --from -", stdin=key.secret.hex())
    for userid in ("IBMUSER", "OTHER"):
        assert outcome(stored, generate(userid, "FEKAPPL", key, at=stored.now), f"-u {userid} -a FEKAPPL") == "valid"


def test_what_is_not_valid_is_not_recorded(stored: Any) -> None:
    ticket = make(stored)
    assert outcome(stored, ticket, "-u IBMUSER -a FEKAPPL --at +11m") == "expired"
    assert outcome(stored, ticket, "-u OTHER -a FEKAPPL") == "no-match"
    assert outcome(stored, ticket) == "valid"


# A process that is ready to verify splits into twenty, which start together.
RACE = """
import os, sys
from ptktctl.commands.root import main
main(["verify", "--peek", *sys.argv[1:]])
gate, opened = os.pipe()
racers = []
for _ in range(20):
    if (pid := os.fork()) == 0:
        os.close(opened)
        os.read(gate, 1)
        os._exit(main(["verify", *sys.argv[1:]]))
    racers.append(pid)
os.close(opened)
print(*sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in racers))
"""


def test_exactly_one_of_many_processes_gets_valid(stored: Any) -> None:
    ticket = make(stored)
    ran = subprocess.run(
        [sys.executable, "-c", RACE, "-u", "IBMUSER", "--at", str(stored.now), ticket],
        env={**os.environ, **stored.environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ran.stderr == ""
    peeked, *said, statuses = ran.stdout.splitlines()
    assert peeked.startswith("valid: ")
    assert statuses.split() == ["0", *["1"] * 19]
    assert sorted(each.split(":")[0] for each in said) == [*["used"] * 19, "valid"]


# Where the ticket comes from


def test_the_ticket_comes_from_standard_input(stored: Any, process: Callable[..., Any]) -> None:
    made = process("gen", "-u", "IBMUSER").stdout
    ran = process("verify", "-u", "IBMUSER", "-", input=made)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("valid: generated ")
    assert process("verify", "-u", "IBMUSER", "-", input=made).returncode == 1


def test_a_ticket_made_while_it_is_awaited_is_not_early(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment is that of the evaluation, not of the start: the left side of a pipeline may take its time."""
    made = make(stored, f"-u IBMUSER --at {stored.now + 3}")

    def await_ticket(context: Any, what: str) -> str:
        stored.now += 3
        return made

    monkeypatch.setattr("ptktctl.commands.selection.read_line", await_ticket)
    assert stored.ok("verify -u IBMUSER --format json -").json["age_seconds"] == 0


@pytest.mark.parametrize(
    ("stdin", "said"),
    [
        ("", "standard input: there is no ticket in it"),
        ("\n\n", "standard input: there is no ticket in it"),
        ("AEPRRZ3S\nQHOAH1TV\n", "standard input: more than one line"),
        (b"\xff\xfe\xfd", "standard input: the ticket is not text"),
    ],
)
def test_standard_input_without_a_ticket(stored: Any, stdin: str | bytes, said: str) -> None:
    stored.refused("verify -u IBMUSER -", said, stdin=stdin)


def test_on_a_terminal_the_ticket_is_asked_for_without_echo(stored: Any) -> None:
    stored.answers.append(make(stored))
    ran = stored.run(["verify", "-u", "IBMUSER", "-"], terminal=True, keyboard=True)
    assert (ran.status, ran.out.split(":")[0]) == (0, "valid")
    assert stored.asked == ["ticket (not shown): "]


@pytest.mark.parametrize("ticket", ["-AbCdEfG", "--AbCdEf", "-a-bcdef"])
def test_a_ticket_that_begins_with_a_hyphen_goes_after_two(stored: Any, ticket: str) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    assert outcome(stored, ticket) in ("no-match", "expired", "early")
    ran = stored(f"verify -u IBMUSER {ticket}")
    assert ran.status == 2
    assert ticket not in ran.err
    assert stored("verify -u IBMUSER -", stdin=ticket).status == 1


def test_what_is_more_than_a_ticket_is_not_repeated(stored: Any) -> None:
    ran = stored.refused("verify -u IBMUSER AEPRRZ3S TOPSECRT", "1 argument more than 'ptktctl verify' takes")
    assert "TOPSECRT" not in ran.err
    ran = stored.refused("verify -u IBMUSER A B C", "2 arguments more")
    stored.refused("verify -u IBMUSER", "Missing argument 'TICKET|-'")


def test_the_ticket_is_in_no_answer(stored: Any) -> None:
    """What somebody holds to be a ticket may be a password."""
    for ticket in (make(stored), "PASSW0RD", "HUNTER22"):
        for form in ("text", "json"):
            ran = stored(f"verify -u IBMUSER --format {form} {ticket}")
            assert ticket not in ran.out + ran.err


# What is missing


def test_without_a_key_nothing_can_be_evaluated(cli: Any, tmp_path: Any) -> None:
    cli.refused("verify -u IBMUSER -a FEKAPPL AEPRRZ3S", "there is no store yet", "ptktctl init", status=3)
    cli.ok("applid add FEKAPPL")
    cli.refused("verify -u IBMUSER AEPRRZ3S", "there is no store yet", "ptktctl init", status=3)
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    cli.refused("verify -u IBMUSER -a OTHER AEPRRZ3S", "OTHER is not defined", "applid add OTHER")
    cli.refused("verify -u IBMUSER AEPRRZ3S", "no key is stored for FEKAPPL", "key generate FEKAPPL", status=3)


def test_a_damaged_ledger_serves_nothing(stored: Any) -> None:
    ticket = make(stored)
    stored.ok(f"verify -u IBMUSER {ticket}")
    (stored.home / "used.db").write_bytes(b"no database" * 100)
    stored.refused(f"verify -u IBMUSER {ticket}", "used.db", status=3)
