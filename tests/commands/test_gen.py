"""ptktctl gen: the ticket, alone on stdout."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, EnhancedKey, InputError, LegacyKey, TicketType, UserId, decode, generate
from ptktctl.commands.parameter_types import parse_time

# The sample of RACF Macros and Interfaces.
SAMPLE = "E001193519561977"
ENHANCED = "0F1E2D3C4B5A69788796A5B4C3D2E1F0" * 2
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "schema",
        "userid",
        "applid",
        "ticket",
        "ticket_type",
        "generated",
        "generated_epoch",
        "valid_until",
        "window_seconds",
    ],
    "properties": {
        "schema": {"const": "ptktctl.gen/1"},
        "userid": {"type": "string"},
        "applid": {"type": "string"},
        "ticket": {"type": "string", "minLength": 8, "maxLength": 8},
        "ticket_type": {"enum": ["legacy", "upper", "mixed"]},
        "generated": {"type": ["string", "null"], "pattern": INSTANT},
        "generated_epoch": {"type": "integer"},
        "valid_until": {"type": ["string", "null"], "pattern": INSTANT},
        "window_seconds": {"type": "integer"},
    },
}


@pytest.fixture
def both(stored: Any) -> Any:
    """FEKAPPL with a legacy and an enhanced key."""
    stored.ok("key generate FEKAPPL --enhanced")
    return stored


def kind_made(cli: Any, options: str = "") -> str:
    return str(cli.ok(f"gen -u IBMUSER --format json {options}").json["ticket_type"])


def revealed(cli: Any, kind: str, options: str = "FEKAPPL") -> LegacyKey | EnhancedKey:
    keys = cli.ok(f"key show {options} --reveal --format json").json["keys"]
    text = next(each["key"] for each in keys if each["kind"] == kind)
    return LegacyKey.from_hex(text) if kind == "legacy" else EnhancedKey.from_hex(text)


# The ticket and nothing else


def test_prints_exactly_the_ticket_and_a_newline(stored: Any) -> None:
    ran = stored.ok("gen -u IBMUSER")
    assert re.fullmatch(r"[A-Z0-9]{8}\n", ran.out)
    assert ran.err == ""


def test_the_ticket_is_that_of_the_key_user_applid_and_second(stored: Any) -> None:
    key = revealed(stored, "legacy")
    assert stored.ok("gen -u ibmuser -a fekappl").out.strip() == generate("IBMUSER", "FEKAPPL", key, at=stored.now)


def test_the_manuals_example(cli: Any) -> None:
    ran = cli.ok("gen -u MIKEM -a TSOSYS1 --at 1111111 --key-from -", stdin=SAMPLE)
    assert (ran.out, ran.err) == ("AEPRRZ3S\n", "")


def test_on_a_terminal_the_validity_goes_to_stderr(stored: Any) -> None:
    ran = stored("gen -u IBMUSER", terminal=True)
    assert ran.status == 0
    assert re.fullmatch(r"[A-Z0-9]{8}\n", ran.out)
    assert ran.err == "legacy ticket for IBMUSER and FEKAPPL, valid until 2023-11-14T22:23:20Z (10 min)\n"


def test_on_a_real_terminal_stdout_has_the_ticket_alone(stored: Any) -> None:
    """A terminal on stdout, a pipe on stderr: what a person would copy, and what is told besides."""
    main_side, terminal = pty.openpty()
    ran = subprocess.run(
        [sys.executable, "-m", "ptktctl", "gen", "-u", "IBMUSER"],
        env={**os.environ, **stored.environ, "TERM": "xterm-256color"},
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    shown = os.read(main_side, 4096).decode()
    os.close(main_side)
    assert ran.returncode == 0
    assert re.fullmatch(r"[A-Z0-9]{8}\r\n", shown), shown
    told = re.fullmatch(r"legacy ticket for IBMUSER and FEKAPPL, valid until (\S+) \(10 min\)\n", ran.stderr)
    assert told
    lives = datetime.fromisoformat(told[1]).timestamp() - datetime.now(UTC).timestamp()
    assert 500 < lives <= 600


def test_json(stored: Any) -> None:
    answer = stored.ok("gen -u IBMUSER --format json").json
    jsonschema.validate(answer, SCHEMA)
    assert answer["generated"] == "2023-11-14T22:13:20Z"
    assert answer["generated_epoch"] == stored.now
    assert answer["valid_until"] == "2023-11-14T22:23:20Z"
    assert (answer["ticket_type"], answer["window_seconds"]) == ("legacy", 600)
    assert answer["ticket"] == stored.ok("gen -u IBMUSER").out.strip()


def test_an_enhanced_ticket_lives_as_long_as_the_definition_says(both: Any) -> None:
    assert both.ok("gen -u IBMUSER --format json").json["window_seconds"] == 60
    both.ok("applid set FEKAPPL --timeout 90")
    answer = both.ok("gen -u IBMUSER --format json").json
    jsonschema.validate(answer, SCHEMA)
    assert (answer["window_seconds"], answer["valid_until"]) == (90, "2023-11-14T22:14:50Z")
    assert both("gen -u IBMUSER", terminal=True).err.endswith("valid until 2023-11-14T22:14:50Z (1 min 30 s)\n")


def test_past_the_year_9999_there_is_no_instant(both: Any) -> None:
    answer = both.ok("gen -u IBMUSER --at 253402300800 --format json").json
    jsonschema.validate(answer, SCHEMA)
    assert (answer["generated"], answer["generated_epoch"]) == (None, 253_402_300_800)
    assert "valid until @253402300860 " in both("gen -u IBMUSER --at 253402300800", terminal=True).err
    assert both.ok("gen -u IBMUSER --at 253402300799 --format json").json["generated"] == "9999-12-31T23:59:59Z"


# Which key


def test_with_both_keys_stored_the_enhanced_one_is_used(both: Any) -> None:
    key = revealed(both, "enhanced")
    ticket = both.ok("gen -u IBMUSER").out.strip()
    assert ticket == generate("IBMUSER", "FEKAPPL", key, at=both.now)
    assert kind_made(both) == "mixed"


@pytest.mark.parametrize("kind", ["legacy", "upper", "mixed"])
def test_ticket_chooses_the_kind(both: Any, kind: str) -> None:
    assert kind_made(both, f"--ticket {kind}") == kind
    key = revealed(both, "legacy" if kind == "legacy" else "enhanced")
    if isinstance(key, EnhancedKey):
        key = EnhancedKey(key.secret, TicketType(kind))
    made = both.ok(f"gen -u IBMUSER --ticket {kind}").out.strip()
    assert decode(made, "IBMUSER", "FEKAPPL", key) == both.now


@pytest.mark.parametrize("kind", ["legacy", "upper", "mixed"])
def test_the_definition_chooses_the_kind_and_ticket_overrules_it(both: Any, kind: str) -> None:
    both.ok(f"applid set FEKAPPL --ticket {kind}")
    assert kind_made(both) == kind
    assert kind_made(both, "--ticket mixed") == "mixed"
    assert kind_made(both, "--ticket legacy") == "legacy"


def test_no_key_of_the_kind_asked_for(stored: Any) -> None:
    remedy = "ptktctl key generate FEKAPPL --enhanced"
    stored.refused("gen -u IBMUSER --ticket mixed", "no enhanced key is stored for FEKAPPL", remedy, status=3)
    stored.ok("applid add CICSPROD")
    stored.refused("gen -u A -a CICSPROD", "no key is stored for CICSPROD", "key generate CICSPROD", status=3)
    stored.ok("key generate CICSPROD --enhanced")
    stored.refused("gen -u A -a CICSPROD --ticket legacy", "no legacy key is stored for CICSPROD", status=3)


def test_qualified_keys_are_chosen_in_racfs_order(stored: Any) -> None:
    """APPLID.GROUP.USERID, APPLID.USERID, APPLID.GROUP, APPLID: the first that is there."""
    for options in ("--group SYS1", "--user IBMUSER", "--group SYS1 --user IBMUSER"):
        stored.ok(f"key generate FEKAPPL {options}")
    plain, of_group, of_user, of_both = (
        generate("IBMUSER", "FEKAPPL", revealed(stored, "legacy", f"FEKAPPL {options}"), at=stored.now)
        for options in ("", "--group SYS1", "--user IBMUSER", "--group SYS1 --user IBMUSER")
    )

    def made(options: str = "-u IBMUSER") -> str:
        return str(stored.ok(f"gen {options}").out.strip())

    assert made("-u IBMUSER --group SYS1") == of_both
    assert made("-u IBMUSER") == made("-u IBMUSER --group OTHER") == of_user
    stored.ok("key remove FEKAPPL --group SYS1 --user IBMUSER --yes")
    assert made("-u IBMUSER --group SYS1") == of_user
    stored.ok("key remove FEKAPPL --user IBMUSER --yes")
    assert made("-u IBMUSER --group SYS1") == of_group
    assert made("-u IBMUSER") == plain
    stored.ok("key remove FEKAPPL --group SYS1 --yes")
    assert made("-u IBMUSER --group SYS1") == plain


def test_key_from_a_file_or_standard_input_needs_no_store(cli: Any, tmp_path: Path) -> None:
    file = tmp_path / "sample.key"
    file.write_text(f"  {SAMPLE.lower()}\r\n")
    line = "gen -u MIKEM -a TSOSYS1 --at 1111111 --key-from"
    assert cli.ok(f"{line} {file}").out == cli.ok(f"{line} -", stdin=SAMPLE).out == "AEPRRZ3S\n"
    assert not cli.home.exists()


def test_key_from_tells_the_kinds_apart_by_length(cli: Any) -> None:
    line = "gen -u MIKEM -a TSOSYS1 --key-from - --format json"
    assert cli.ok(line, stdin=SAMPLE).json["ticket_type"] == "legacy"
    assert cli.ok(line, stdin=ENHANCED).json["ticket_type"] == "mixed"
    assert cli.ok(f"{line} --ticket upper", stdin=ENHANCED).json["ticket_type"] == "upper"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "standard input: there is no key in it"),
        (b"\xff\xfe\x00", "standard input: the key is not text"),
        (b"E001193519561977\nE001193519561977\n", "standard input: more than one line"),
        (b"E00119351956197G", "character 16 is not a hexadecimal digit"),
        (b"E00119351956197", "15 hexadecimal digits"),
        (b"E0011935195619", "the enhanced key has 7 bytes"),
        (b"AB" * 257, "the enhanced key has 257 bytes"),
    ],
    ids=["empty", "binary", "two lines", "no hex", "odd", "short", "long"],
)
def test_a_malformed_key_is_refused_without_repeating_it(cli: Any, text: bytes, said: str) -> None:
    cli.secrets.learn(text.splitlines()[0] if text else b"")
    cli.refused("gen -u MIKEM -a TSOSYS1 --key-from -", said, stdin=text)


def test_a_key_of_the_other_kind_than_asked_for(cli: Any) -> None:
    cli.refused("gen -u A -a B --key-from - --ticket mixed", "the enhanced key has 8 bytes", stdin=SAMPLE)
    cli.refused("gen -u A -a B --key-from - --ticket legacy", "the legacy key has 64 hexadecimal", stdin=ENHANCED)


def test_an_unreadable_key_file_is_named(cli: Any, tmp_path: Path) -> None:
    cli.refused(f"gen -u A -a B --key-from {tmp_path}/none", f"{tmp_path}/none", "No such file")
    cli.refused(f"gen -u A -a B --key-from {tmp_path}", f"{tmp_path}: cannot read the key", "Is a directory")


@pytest.mark.parametrize("option", ["--key-from", "--key-file", "--passphrase-file"])
def test_an_empty_file_name_is_not_passed_over(stored: Any, option: str) -> None:
    ran = stored.run(["gen", "-u", "IBMUSER", option, ""])
    assert (ran.status, ran.out) == (2, "")
    assert option in ran.err
    assert "empty" in ran.err


# The default APPLID


def test_the_only_applid_defined_is_the_default(stored: Any) -> None:
    assert stored.ok("gen -u IBMUSER --format json").json["applid"] == "FEKAPPL"


def test_of_several_none_is_the_default_and_all_are_listed(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.refused("gen -u IBMUSER", "which APPLID?", "CICSPROD, FEKAPPL", "-a APPLID", "PTKTCTL_APPLID")


def test_none_is_defined(cli: Any, tmp_path: Path) -> None:
    cli.refused("gen -u IBMUSER", "there is no store yet", "ptktctl init", status=3)
    cli.refused("gen -u IBMUSER --key-from -", "none is defined", "ptktctl applid add", stdin="E001193519561977")
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    cli.refused("gen -u IBMUSER", "none is defined", "ptktctl applid add")


def test_a_key_that_others_can_read_is_warned_of(cli: Any, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("9D2CA7F4133E8B60")
    key.chmod(0o600)
    assert cli.ok(f"gen -u IBMUSER -a FEKAPPL --key-from {key}").err == ""
    key.chmod(0o640)
    told = f"warning: others can read {key}, which holds a key: chmod 600\n"
    assert cli.ok(f"gen -u IBMUSER -a FEKAPPL --key-from {key}").err == told


def test_the_environment_names_the_default_and_a_dash_a_overrules_it(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.ok("key generate CICSPROD")
    stored.environ["PTKTCTL_APPLID"] = "cicsprod"
    assert stored.ok("gen -u IBMUSER --format json").json["applid"] == "CICSPROD"
    assert stored.ok("gen -u IBMUSER -a FEKAPPL --format json").json["applid"] == "FEKAPPL"
    stored.environ["PTKTCTL_APPLID"] = ""
    stored.refused("gen -u IBMUSER", "which APPLID?")


def test_a_bad_default_is_named_as_such(stored: Any) -> None:
    stored.environ["PTKTCTL_APPLID"] = "FEK.APPL"
    stored.refused("gen -u IBMUSER", "PTKTCTL_APPLID", "character 4 is '.'")
    stored.environ["PTKTCTL_APPLID"] = "NOSUCH"
    stored.refused("gen -u IBMUSER", "NOSUCH is not defined", "ptktctl applid add NOSUCH")


def test_an_applid_that_is_not_defined(stored: Any) -> None:
    stored.refused("gen -u IBMUSER -a NOSUCH", "NOSUCH is not defined", "ptktctl applid add NOSUCH")


# --at


@pytest.mark.parametrize(
    ("at", "second"),
    [
        ("now", 1_700_000_000),
        ("1111111", 1_111_111),
        ("0", 0),
        ("2026-11-22T10:00:00Z", 1_795_341_600),
        ("2026-11-22T11:00:00+01:00", 1_795_341_600),
        ("2026-11-22T04:30:00-05:30", 1_795_341_600),
        ("2026-11-22T10:00:00.999Z", 1_795_341_600),
        ("-5m", 1_700_000_000 - 300),
        ("+30s", 1_700_000_000 + 30),
        ("-2h", 1_700_000_000 - 7200),
        ("+1d", 1_700_000_000 + 86_400),
    ],
)
def test_at(stored: Any, at: str, second: int) -> None:
    answer = stored.ok(f"gen -u IBMUSER --at {at} --format json").json
    assert answer["generated_epoch"] == second
    assert answer["ticket"] == generate("IBMUSER", "FEKAPPL", revealed(stored, "legacy"), at=second)


@pytest.mark.parametrize(
    "at", ["", "yesterday", "10:00", "-1", "+5", "5m", "-5x", "1e9", "1.5", "٣", "2026-13-01T00:00:00Z", "9" * 19, "+s"]
)
def test_what_is_no_time_is_named_with_the_forms_there_are(stored: Any, at: str) -> None:
    ran = stored.run(["gen", "-u", "IBMUSER", "--at", at])
    assert (ran.status, ran.out) == (2, "")
    assert f"'--at': {at!r} is not a time" in ran.err
    assert "RFC 3339" in ran.err


@pytest.mark.parametrize("at", ["2026-11-22T10:00:00", "2026-11-22", "2026-11-22 10:00"])
def test_a_time_without_an_offset_is_refused(stored: Any, at: str) -> None:
    ran = stored.run(["gen", "-u", "IBMUSER", "--at", at])
    assert (ran.status, ran.out) == (2, "")
    assert f"{at!r} has no offset" in ran.err
    assert "add Z" in ran.err


@pytest.mark.parametrize(
    ("options", "last", "limit"),
    [
        ("--ticket legacy", 2**32 - 1, "2^32-1"),
        ("--ticket upper", 2**41 - 1, "2^41-1"),
        ("--ticket mixed", 2**48 - 1, "2^48-1"),
    ],
)
def test_times_that_a_ticket_cannot_carry_are_refused_with_the_limit(
    both: Any, options: str, last: int, limit: str
) -> None:
    assert both.ok(f"gen -u IBMUSER {options} --at {last} --format json").json["generated_epoch"] == last
    both.refused(f"gen -u IBMUSER {options} --at {last + 1}", str(last + 1), str(last), limit)
    both.refused(f"gen -u IBMUSER {options} --at -99999d", "outside 0 to")


@given(st.integers(min_value=0, max_value=2**40), st.sampled_from("smhd"), st.sampled_from("+-"), st.integers(0, 10**6))
def test_relative_times_count_from_now(now: int, unit: str, sign: str, count: int) -> None:
    seconds = count * {"s": 1, "m": 60, "h": 3600, "d": 86_400}[unit]
    assert parse_time(f"{sign}{count}{unit}", now) == now + (seconds if sign == "+" else -seconds)


@given(st.datetimes(timezones=st.timezones()))
def test_rfc3339_is_read_to_the_second(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert parse_time(whole.isoformat(), 0) == int(whole.timestamp())


@given(st.text())
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        second = parse_time(text, 1000)
    except InputError as error:
        said = error.message
    else:
        said = repr(text) if isinstance(second, int) else ""
    assert repr(text) in said


# Names


@pytest.mark.parametrize(
    ("userid", "said"),
    [
        ("IBM.USER", "character 4 is '.'"),
        ("TOOLONGUS", "has 9 characters"),
        ("", "the user ID is empty"),
        ("STRAßE", "character 5 is 'ß'"),
        ("A B", "character 2 is ' '"),
        ("A\nB", "character 2 is '\\n'"),
    ],
)
def test_a_malformed_userid_is_refused_with_the_character_named(stored: Any, userid: str, said: str) -> None:
    for command in ("gen", "verify"):
        ran = stored.run([command, "-u", userid, *(["X"] if command == "verify" else [])])
        assert (ran.status, ran.out) == (2, "")
        assert said in ran.err
        assert "'-u'" in ran.err
        assert len(ran.err.splitlines()) <= 3


@pytest.mark.parametrize(("option", "name"), [("-a", "APPLID"), ("--group", "group")])
def test_a_malformed_applid_or_group_is_refused_with_the_character_named(stored: Any, option: str, name: str) -> None:
    stored.refused(f"gen -u IBMUSER {option} FEK-APPL", f"'{option}", f"{name} 'FEK-APPL': character 4 is '-'")


@given(
    userid=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$abcxyz", min_size=1, max_size=8),
    at=st.integers(0, 2**32 - 1),
)
def test_names_are_folded_to_upper_case(userid: str, at: int) -> None:
    key = LegacyKey.from_hex(SAMPLE)
    assert UserId.parse(userid).value == userid.upper()
    ticket = generate(userid, "tsosys1", key, at=at)
    assert decode(ticket, userid.upper(), ApplId.parse("TSOSYS1").value, key) == at


Process = Callable[..., "subprocess.CompletedProcess[str]"]


def test_in_a_pipeline_without_a_terminal(stored: Any, process: Process) -> None:
    ran = process("gen", "-u", "IBMUSER", "--at", "1700000000")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == stored.ok("gen -u IBMUSER").out
