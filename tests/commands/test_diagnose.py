"""ptktctl diagnose and ptktctl decode: what people and scripts are told of a refused ticket."""

import functools
import gc
import json
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import EnhancedKey, InputError, LegacyKey, TicketType, generate
from ptktctl.commands import diagnose_log, examination, root
from ptktctl.commands.answer import Answer
from ptktctl.commands.batch_lines import take_apart
from ptktctl.commands.context import Context
from ptktctl.commands.decode import decode
from ptktctl.commands.diagnose import diagnose
from ptktctl.commands.diagnose_log import Findings
from ptktctl.commands.examination import Explained
from ptktctl.commands.packed import Packed
from ptktctl.commands.wording import span
from ptktctl.passticket import diagnosis
from ptktctl.passticket.diagnosis import BOUND

NOW = 1_700_000_000
DES_HEX, CICS_HEX, QUALIFIED_HEX = "9D3AC68F40B751E2", "4F8A2B91D06C37E5", "51E6C2409B8D7F3A"
HMAC_HEX = bytes(range(100, 164)).hex().upper()
LEGACY, CICS = LegacyKey.from_hex(DES_HEX), LegacyKey.from_hex(CICS_HEX)
MIXED = EnhancedKey.from_hex(HMAC_HEX)
PASSWORDS = ["Geheim!7", "hunter-2", "--Geheim", "geh eim", "längst", "S3CRET99"]


@pytest.fixture(autouse=True)
def registered() -> None:
    for each in (diagnose, decode):
        root.cli.add_command(each)


@pytest.fixture
def site(stored: Any) -> Any:
    """FEKAPPL with both kinds of key, CICSP with a legacy one, in a store that a key file opens."""
    stored.ok("key set FEKAPPL --force --from -", DES_HEX)
    stored.ok("key set FEKAPPL --enhanced --from -", HMAC_HEX)
    stored.ok("applid add CICSP")
    stored.ok("key set CICSP --from -", CICS_HEX)
    return stored


def legacy(age: int = 0, userid: str = "IBMUSER", applid: str = "FEKAPPL", key: LegacyKey = LEGACY) -> str:
    return generate(userid, applid, key, at=NOW - age)


def mixed(age: int = 0) -> str:
    return generate("IBMUSER", "FEKAPPL", MIXED, at=NOW - age)


def test_a_valid_ticket(site: Any) -> None:
    ran = site(f"diagnose -u IBMUSER -a FEKAPPL {legacy(12)}")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "valid: made with the right user ID, APPLID and legacy key",
        "clock: generated 12 s before (2023-11-14T22:13:08Z), inside the window of 10 min",
        "remedy: if the host refuses it: its clock is not GMT, its key differs, class PTKTDATA was not refreshed, the"
        " ticket served there before, or the user is revoked, protected or without access to the APPLID",
        "chance hit: 1 in 3,576,105 (1 reading of this sort, 2 in all; never above 1 in 1,000)",
    ]


def test_a_clock_in_local_time(site: Any) -> None:
    ran = site(f"diagnose -u IBMUSER -a FEKAPPL {legacy(-19_801)}")
    assert ran.status == 1
    assert ran.out.splitlines()[:2] == [
        "explained: made with the right user ID, APPLID and legacy key",
        "clock: generating clock 19,800 s ahead (half hours): it runs in local time, UTC+05:30, not GMT",
    ]


@pytest.mark.parametrize(
    ("ticket", "said"),
    [
        (lambda: legacy(843), "generated 14 min 3 s before (2023-11-14T21:59:17Z); the window is 10 min"),
        (lambda: legacy(4 * 86_400), "an old ticket, generated 4 d before"),
        (lambda: legacy(-843), "the generating clock is 843 s ahead"),
        (lambda: mixed(61), "soon enough for a legacy ticket, too slow for an enhanced one with TIMEOUT(60)"),
        (
            lambda: legacy(applid="CICSP", key=CICS),
            "made for the APPLID CICSP, not FEKAPPL, with the legacy key of CICSP",
        ),
        (lambda: legacy(applid="TSOSYS1"), "made for the APPLID TSOSYS1, not FEKAPPL, with the legacy key of FEKAPPL"),
        (lambda: legacy(userid="MIKEM"), "made for the user ID MIKEM, not IBMUSER"),
        (lambda: legacy(key=CICS), "made with the legacy key of CICSP, which is not tried for IBMUSER and FEKAPPL"),
        (lambda: mixed(1).upper(), "lost their case on the way; 1 of "),
        (lambda: legacy(key=LegacyKey(LEGACY.secret[::-1])), "the bytes of the legacy key turned round end to end"),
        (
            lambda: generate("IBMUSER", "FEKAPPL", EnhancedKey.from_hex(HMAC_HEX, TicketType.UPPER), at=NOW),
            "made as a TYPE(UPPER) ticket, but for FEKAPPL only TYPE(MIXED) is tried",
        ),
    ],
)
def test_what_is_said(site: Any, ticket: Callable[[], str], said: str) -> None:
    ran = site(f"diagnose -u IBMUSER -u MIKEM --smfid SYS1 -a FEKAPPL -- {ticket()}")
    assert said in ran.out
    assert "remedy: " in ran.out
    assert (ran.status, ran.err) == (1, "")


def test_every_slip_and_moment_has_its_sentence() -> None:
    from ptktctl.commands.diagnose_wording import MOMENTS, SLIPS
    from ptktctl.passticket.diagnosis import Moment, Slip

    assert set(SLIPS) == set(Slip)
    assert set(MOMENTS) == set(Moment)


def test_the_answer_for_scripts(site: Any) -> None:
    ran = site(f"diagnose -u IBMUSER -a FEKAPPL --format json {legacy(7200, applid='CICSP', key=CICS)}")
    assert ran.status == 1
    found = ran.json
    (candidate,) = found.pop("candidates")
    assert found.pop("readings") > 20
    assert found == {
        "schema": "ptktctl.diagnose/1",
        "verdict": "explained",
        "userid": "IBMUSER",
        "applid": "FEKAPPL",
        "at": "2023-11-14T22:13:20Z",
        "possible_types": ["legacy", *(kind for kind in ("upper", "mixed") if kind in found["possible_types"])],
        "reach_seconds": 966_367,
        "chance_bound": 0.001,
        "used_at": None,
        "explanation": None,
        "remedy": None,
    }
    assert 0 < candidate.pop("chance") < 0.001
    assert candidate.pop("readings") > 1
    assert "UTC-02:00" in candidate.pop("explanation")
    assert "GMT" in candidate.pop("remedy")
    assert candidate == {
        "slip": "other-applid",
        "detail": None,
        "moment": "local-time",
        "userid": "IBMUSER",
        "applid": "CICSP",
        "key_profile": "CICSP",
        "key": "current",
        "ticket_type": "legacy",
        "generated": "2023-11-14T20:13:20Z",
        "generated_epoch": NOW - 7200,
        "age_seconds": 7200,
        "window_seconds": 600,
        "utc_offset_seconds": -7200,
    }


def test_all_candidates_are_told(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bound this loose a stranger's ticket has several explanations."""
    monkeypatch.setattr(diagnosis, "FARTHEST", dict.fromkeys(diagnosis.Tier, 2**40))
    monkeypatch.setattr(examination, "diagnose", functools.partial(diagnosis.diagnose, bound=0.99))
    strangers = (legacy(key=LegacyKey(bytes([2 * n + 2]) * 4 + b"stranger"[:4])) for n in range(100))
    found = next(found for found in map(json_of(site), strangers) if len(found["candidates"]) > 2)
    assert found["verdict"] == "explained"
    chances = [each["chance"] for each in found["candidates"]]
    assert chances == sorted(chances)


def json_of(site: Any) -> Callable[[str], dict[str, Any]]:
    def diagnosed(ticket: str) -> dict[str, Any]:
        answer: dict[str, Any] = site(f"diagnose -u IBMUSER -a FEKAPPL --format json {ticket}").json
        text = site(f"diagnose -u IBMUSER -a FEKAPPL {ticket}").out
        assert text.count("chance hit: ") == len(answer["candidates"])
        return answer

    return diagnosed


@pytest.mark.parametrize(("timeout", "said"), [(30, "too slow for an enhanced one with TIMEOUT(30)"), (300, "valid: ")])
def test_the_timeout_is_that_of_the_definition(site: Any, timeout: int, said: str) -> None:
    site.ok(f"applid set FEKAPPL --timeout {timeout}")
    assert said in site(f"diagnose -u IBMUSER -a FEKAPPL -- {mixed(200)}").out
    lines = f"IBMUSER FEKAPPL {mixed(200)}\n"
    assert said.partition(": ")[0] in site("diagnose --tickets -", lines).out


def test_the_ticket_that_is_folded_here_has_small_letters() -> None:
    assert mixed(1) != mixed(1).upper()


def test_used_before_with_when(site: Any) -> None:
    ticket = legacy()
    site.now += 5
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")
    site.now += 60
    ran = site(f"diagnose -u IBMUSER -a FEKAPPL {ticket}")
    assert ran.status == 1
    assert ran.out.startswith("used: made with the right")
    assert "served before, at 2023-11-14T22:13:25Z" in ran.out
    answer = site(f"diagnose -u IBMUSER -a FEKAPPL --format json {ticket}").json
    assert (answer["verdict"], answer["used_at"]) == ("used", "2023-11-14T22:13:25Z")
    assert "re-use" in answer["candidates"][0]["remedy"]


def test_a_use_that_another_ledger_holds_is_told(site: Any, tmp_path: Path) -> None:
    ticket, other = legacy(), tmp_path / "other.db"
    site.ok(f"verify -u IBMUSER -a FEKAPPL --ledger {other} {ticket}")
    site.ok(f"diagnose -u IBMUSER -a FEKAPPL {ticket}")
    assert site(f"diagnose -u IBMUSER -a FEKAPPL --ledger {other} {ticket}").out.startswith("used: ")
    site.environ["PTKTCTL_LEDGER"] = str(other)
    assert site(f"diagnose -u IBMUSER -a FEKAPPL {ticket}").out.startswith("used: ")


def test_a_use_is_told_of_an_expired_ticket_too(site: Any) -> None:
    ticket = legacy()
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")
    site.now += 700
    answer = site(f"diagnose -u IBMUSER -a FEKAPPL --format json {ticket}").json
    assert (answer["verdict"], answer["used_at"]) == ("explained", "2023-11-14T22:13:20Z")


def test_diagnosing_is_no_use(site: Any) -> None:
    ticket = legacy()
    for _ in range(2):
        site.ok(f"diagnose -u IBMUSER -a FEKAPPL {ticket}")
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")


def test_re_use_allowed_is_not_called_used(site: Any) -> None:
    ticket = legacy()
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")
    assert site(f"diagnose -u IBMUSER -a FEKAPPL --format json {ticket}").json["verdict"] == "used"
    site.ok("applid set FEKAPPL --replay allow")
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")
    answer = site.ok(f"diagnose -u IBMUSER -a FEKAPPL --format json {ticket}").json
    assert (answer["verdict"], answer["used_at"]) == ("valid", None)


def test_the_ticket_comes_from_standard_input(site: Any) -> None:
    site.ok("diagnose -u IBMUSER -a FEKAPPL -", legacy() + "\n")


def test_the_moment_can_be_given(site: Any) -> None:
    site.now += 90 * 86_400
    assert site(f"diagnose -u IBMUSER -a FEKAPPL {legacy()}").status == 1
    site.ok(f"diagnose -u IBMUSER -a FEKAPPL --at 2023-11-14T22:13:20Z {legacy()}")


def test_a_key_of_a_hidden_profile_is_named(site: Any) -> None:
    site.ok("key set FEKAPPL --group SYS1 --from -", QUALIFIED_HEX)
    ticket = legacy(key=LegacyKey.from_hex(QUALIFIED_HEX))
    assert "key of FEKAPPL.SYS1, which is not tried" in site(f"diagnose -u IBMUSER -a FEKAPPL {ticket}").out
    site.ok(f"diagnose -u IBMUSER -a FEKAPPL --group SYS1 {ticket}")


@pytest.mark.parametrize(("form", "debug"), [("text", ""), ("json", ""), ("text", "1"), ("json", "1")])
@pytest.mark.parametrize("command", ["diagnose", "decode"])
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_password_is_never_repeated(
    site: Any, password: str, command: str, form: str, debug: str, tmp_path: Path
) -> None:
    site.environ["PTKTCTL_DEBUG"] = debug
    given = [command, "--format", form, "-u", "IBMUSER", "-a", "FEKAPPL"]
    site.ran.clear()
    assert {site.run([*given, password]).status, site.run([*given, "--", password]).status} <= {1, 2}
    assert site.run([*given, "-"], password).status == 1
    assert site.run([*given, *password.split(), "more"]).status == 2
    if command == "diagnose":
        log = tmp_path / "log"
        log.write_text(f"IBMUSER FEKAPPL {password}\nIBMUSER {password}\n{password}\n{password} x! y z\n")
        assert site.run(["diagnose", "--format", form, "--tickets", str(log)]).status == 1
    said = site.outputs().upper()
    assert not any(part.upper() in said for part in password.strip("-").split() if len(part) > 3)


def test_secrets_are_in_no_answer(site: Any) -> None:
    site.ran.clear()
    tickets = [legacy(7200), legacy(applid="CICSP", key=CICS), mixed(1).upper(), legacy(key=CICS)]
    for ticket in tickets:
        for form in ("text", "json"):
            site(f"diagnose -u IBMUSER -a FEKAPPL --format {form} {ticket}")
    said = site.outputs().upper()
    assert not any(secret.upper() in said for secret in (*tickets, DES_HEX, CICS_HEX, HMAC_HEX[:16]))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("diagnose -a FEKAPPL AAAAAAAA", "whose ticket?"),
        ("diagnose -u IBMUSER -a FEKAPPL", "no tickets were given"),
        ("diagnose -u IBMUSER -a FEKAPPL A B", "2 tickets were given"),
        ("diagnose -u IBMUSER -a NOSUCH AAAAAAAA", "the APPLID NOSUCH is not defined"),
        ("diagnose -u IBMUSER -a FEKAPPL --smfid SYSTEM AAAAAAAA", "SMF ID 'SYSTEM': 6 characters"),
        ("diagnose -u IBMUSER -a FEKAPPL --smfid SY*6 AAAAAAAA", "SMF ID 'SY*6': character 3 is '*'"),
        ("diagnose --tickets log -a FEKAPPL", "--tickets takes APPLIDs and tickets from the log"),
        ("diagnose --tickets no-such-file", "no-such-file: cannot be read: No such file"),
        ("decode -u IBMUSER -a FEKAPPL", "no tickets were given"),
        ("decode -u IBMUSER -a NOSUCH AAAAAAAA", "the APPLID NOSUCH is not defined"),
    ],
)
def test_a_wrong_call(site: Any, line: str, message: str) -> None:
    ran = site(line)
    assert ran.status == 2
    assert ran.out == ""
    assert message in ran.err


def test_without_a_key_there_is_nothing_to_compare(site: Any) -> None:
    site.ok("applid add EMPTY")
    ran = site("diagnose -u IBMUSER -a EMPTY AAAAAAAA")
    assert (ran.status, "no key is stored for EMPTY" in ran.err) == (3, True)


def log_of(site: Any, tmp_path: Path, lines: list[str], options: str = "") -> Any:
    log = tmp_path / "log"
    log.write_text("\n".join(lines) + "\n")
    return site(f"diagnose --tickets {log} {options}")


def drifting(count: int, ahead: int) -> list[str]:
    """Failures over some days, each told with its time, of a generator whose clock is off."""
    draw = random.Random(count)
    moments = [NOW - draw.randrange(10 * 86_400) for _ in range(count)]
    return [
        f"IBMUSER FEKAPPL {generate('IBMUSER', 'FEKAPPL', LEGACY, at=at + ahead - draw.randrange(4))} {at}"
        for at in moments
    ]


def test_a_log_is_summed_up(site: Any, tmp_path: Path) -> None:
    foreign = [f"MIKEM,FEKAPPL,{legacy(userid='MIKEM', applid='CICSP', key=CICS)}\t{NOW}"] * 2
    lines = ["# failures of this week", "", *drifting(41, -7200), *foreign, f"IBMUSER FEKAPPL hunter-2 {NOW} # ?"]
    ran = log_of(site, tmp_path, lines)
    assert ran.status == 1
    counts = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert (
        counts[0]
        == "41 of 44: generating clock 7,200 s behind (whole hours): it runs in local time, UTC-02:00, not GMT"
    )
    assert counts[1] == "2 of 44: made for the APPLID CICSP, not FEKAPPL, with the legacy key of CICSP"
    assert counts[2].startswith("1 of 44: unexplained: ")
    assert len(counts) == 3


def test_a_steady_lag_points_to_the_clock(site: Any, tmp_path: Path) -> None:
    behind = log_of(site, tmp_path, drifting(5, -900)).out
    assert "5 of 5: generating clock 90" in behind
    assert " s behind\n  remedy: synchronise the clocks" in behind
    assert " s ahead\n  remedy: synchronise the clocks" in log_of(site, tmp_path, drifting(5, 900)).out


def test_delays_that_differ_do_not(site: Any, tmp_path: Path) -> None:
    lines = [f"IBMUSER FEKAPPL {legacy(age)}" for age in (700, 1400, 3000)]
    assert "3 of 3: generated 11 min 40 s to 50 min before; the window is 10 min" in log_of(site, tmp_path, lines).out


def test_the_summary_for_scripts(site: Any, tmp_path: Path) -> None:
    lines = [f"IBMUSER FEKAPPL {legacy(age)}" for age in (7200, 7190, 7210)]
    answer = log_of(site, tmp_path, [*lines, "IBMUSER FEKAPPL"], "--format json").json
    assert answer["schema"] == "ptktctl.diagnose-log/1"
    assert answer["tickets"] == 3
    (group,) = answer["groups"]
    assert (group["count"], group["slip"], group["moment"], group["first_line"]) == (3, "none", "local-time", 1)
    assert group["age_seconds"] == {"least": 7190, "median": 7200, "most": 7210}
    assert group["chance"] == max(line["candidates"][0]["chance"] for line in answer["lines"]) < BOUND
    assert [line["line"] for line in answer["lines"]] == [1, 2, 3]
    assert answer["bad_lines"] == [{"line": 4, "error": "2 fields; a line is USERID APPLID TICKET [TIME]"}]


def test_each_statement_about_a_log_says_how_likely_chance_is(site: Any, tmp_path: Path) -> None:
    lines = [f"IBMUSER FEKAPPL {legacy(age)}" for age in (7200, 7210, 5)]
    ran = log_of(site, tmp_path, [*lines, "IBMUSER FEKAPPL Geheim!7"])
    least = min(
        1 / site(f"diagnose -u IBMUSER -a FEKAPPL --format json {line.split()[2]}").json["candidates"][0]["chance"]
        for line in lines[:2]
    )
    behind, valid, impossible = ran.out.split(" of 4: ")[1:]
    assert f"\n  chance hit: 1 in {least:,.0f} at most for each ticket (never above 1 in 1,000)\n" in behind
    assert "\n  chance hit: 1 in 3,576,105 at most" in valid
    assert "chance" not in impossible


def test_what_is_found_in_a_long_log_takes_little_memory(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A million failures are to fit: some forty bytes a ticket, some ten a bad line."""
    kept: list[Explained] = []
    add, answer = Findings.add, diagnose_log._answer

    def counted(context: Context, source: str, findings: Findings) -> Answer:
        kept.extend(each for each in gc.get_objects() if isinstance(each, Explained))
        tracemalloc.start()
        for number in range(1, 4001):
            add(findings, number, kept[0])
            findings.add_bad(number, f"{number} fields")
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert grown < 4000 * 150 + 1_000_000  # the packers' own memory does not grow
        return answer(context, source, findings)

    monkeypatch.setattr(diagnose_log, "_answer", counted)
    lines = [f"IBMUSER FEKAPPL {legacy(age)}" for age in (*range(7200, 7220), *range(700, 720))]
    assert log_of(site, tmp_path, lines).out.startswith("4020 of 4040: ")
    assert len(kept) <= 3


@given(st.lists(st.dictionaries(st.text(), st.none() | st.integers() | st.lists(st.text()), max_size=3)))
def test_what_is_packed_comes_out_again(values: list[dict[str, object]]) -> None:
    packed = Packed()
    for value in values:
        packed.append(value)
    assert (len(packed), list(packed), list(packed)) == (len(values), values, values)


def test_only_so_many_users_are_remembered(site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ptktctl.commands.examination.MOST_REMEMBERED", 2)
    lines = [f"USER{n % 5} FEKAPPL {legacy(userid=f'USER{n % 5}')}" for n in range(12)]
    assert log_of(site, tmp_path, lines).out.startswith("12 of 12: valid at that moment")


def test_valid_and_used_lines(site: Any, tmp_path: Path) -> None:
    lines = [f"IBMUSER FEKAPPL {legacy(age)}" for age in (1, 2)]
    ran = log_of(site, tmp_path, lines)
    assert (ran.status, ran.out.splitlines()[0]) == (0, "2 of 2: valid at that moment")
    for line in lines:
        site.ok("verify -u IBMUSER -a FEKAPPL " + line.split()[2])
    ran = log_of(site, tmp_path, lines)
    assert (ran.status, ran.out.splitlines()[0]) == (1, "2 of 2: used before, right in all else")


def test_other_users_can_be_named_for_a_log(site: Any, tmp_path: Path) -> None:
    lines = [f"IBMUSER FEKAPPL {legacy(userid='MIKEM')}"]
    assert "made for the user ID MIKEM, not IBMUSER" in log_of(site, tmp_path, lines, "-u MIKEM").out


def test_bad_lines_are_told_and_the_rest_goes_on(site: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    bad = [
        b"IBMUSER",
        b"a b c d e",
        b"B\xff FEKAPPL A",
        b"B.D FEKAPPL A",
        b"B FEK.A A",
        b"B FEKAPPL A soon",
        b"x" * 1_000_000,
    ]
    undefined = b"B NOSUCH AAAAAAAA"
    log.write_bytes(b"\r\n".join([*bad, undefined, f"IBMUSER\tFEKAPPL,{legacy()}".encode()]))
    ran = site(f"diagnose --tickets {log}")
    assert ran.status == 1
    assert ran.out.startswith("1 of 1: valid at that moment")
    told = ran.err.splitlines()
    assert [line.removeprefix(f"{log}:").split(":")[0] for line in told] == [str(n) for n in range(1, 9)]
    assert "the APPLID NOSUCH is not defined" in told[-1]
    log.write_bytes(b"\n".join(bad))
    assert site(f"diagnose --tickets {log}").out == "none of the 7 lines of this log could be looked into\n"


def test_a_log_without_tickets(site: Any, tmp_path: Path) -> None:
    ran = log_of(site, tmp_path, ["# nothing"])
    assert (ran.status, ran.out) == (0, "no tickets in this log\n")


@given(st.binary(max_size=60) | st.text().map(str.encode))
def test_any_line_is_read_or_refused(line: bytes) -> None:
    try:
        case = diagnose_log._case(line, NOW, NOW)
    except InputError:
        return
    assert len(case.userids) == 1


@given(st.lists(st.sampled_from(["IBMUSER", "FEKAPPL", "12", "#", "-5m", "AAAAAAAA", ",", "\t", "\0"])).map(" ".join))
def test_lines_of_the_right_words(line: str) -> None:
    parts, moment, fault = take_apart(line.encode(), NOW, with_tickets=True)
    try:
        case = diagnose_log._case(line.encode(), NOW, NOW - 7)
    except InputError:
        return
    assert fault is None
    assert [str(case.userids[0]), str(case.applid)] == line.replace(",", " ").split()[:2]
    assert (case.ticket, case.at) == (parts.ticket, moment if parts.time else NOW - 7)


def test_a_log_is_read_as_a_batch_is(site: Any, tmp_path: Path) -> None:
    """A byte order mark, a comment behind a line, one that is none, and a line as long as may be."""
    long = f"IBMUSER FEKAPPL {legacy()}".ljust(1023) + "x"
    lines = [f"\ufeffIBMUSER FEKAPPL {legacy()}", f"IBMUSER FEKAPPL {legacy()} # why", f"IBMUSER FEKAPPL {legacy()} #x"]
    diagnosed = log_of(site, tmp_path, [*lines, long, f"{long}x"])
    site.ok("applid set FEKAPPL --replay allow")
    verified = site(f"verify --batch {tmp_path / 'log'} --format jsonl")
    faults = [json.loads(row).get("error") for row in verified.out.splitlines()]
    told = {int(line.removeprefix(f"{tmp_path / 'log'}:").split(":")[0]) for line in diagnosed.err.splitlines()}
    assert told == {number for number, fault in enumerate(faults, start=1) if fault} == {3, 4, 5}
    assert diagnosed.out.startswith("2 of 2: valid at that moment")


def test_a_log_comes_from_standard_input(site: Any) -> None:
    ran = site("diagnose --tickets -", f"IBMUSER FEKAPPL {legacy()}\nx\n")
    assert (ran.status, ran.out.splitlines()[0]) == (1, "1 of 1: valid at that moment")
    assert ran.err == "standard input:2: 1 field; a line is USERID APPLID TICKET [TIME]\n"


@pytest.mark.parametrize(("kind", "age"), [("legacy", 30), ("legacy", 7200), ("mixed", 1), ("mixed", 86_400)])
def test_decode_prints_the_second(site: Any, kind: str, age: int) -> None:
    ticket = legacy(age) if kind == "legacy" else mixed(age)
    assert site.ok(f"decode -u IBMUSER -a FEKAPPL -- {ticket}").out == f"{NOW - age}\n"
    answer = site.ok(f"decode -u IBMUSER -a FEKAPPL --format json -- {ticket}").json
    assert answer["schema"] == "ptktctl.decode/1"
    assert (answer["generated_epoch"], answer["ticket_type"]) == (NOW - age, kind)


def test_decode_of_a_gen(site: Any) -> None:
    ticket = site.ok("gen -u IBMUSER -a FEKAPPL").out
    assert site.ok("decode -u IBMUSER -a FEKAPPL -", ticket).out == f"{NOW}\n"


@pytest.mark.parametrize("ticket", ["QHOAH1TV", "Geheim!7", legacy(applid="CICSP", key=CICS), legacy(3 * 86_400)])
def test_decode_of_no_ticket(site: Any, ticket: str) -> None:
    ran = site(f"decode -u IBMUSER -a FEKAPPL {ticket}")
    assert (ran.status, ran.out) == (1, "")
    answer = site(f"decode -u IBMUSER -a FEKAPPL --format json {ticket}").json
    assert (answer["generated"], answer["generated_epoch"], answer["ticket_type"]) == (None, None, None)


def test_decode_of_an_old_ticket_about_its_time(site: Any) -> None:
    ran = site.ok(f"decode -u IBMUSER -a FEKAPPL --at -3d {legacy(3 * 86_400)}")
    assert ran.out == f"{NOW - 3 * 86_400}\n"


def test_the_bound_is_in_the_help(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert site("diagnose --help").status == 0
    help_text = " ".join((site.ran[-1].out + capsys.readouterr().out).split())
    assert f"at most 1 in {1 / BOUND:,.0f}." in help_text


def test_texts_that_nothing_explains(site: Any) -> None:
    said = site("diagnose -u IBMUSER -a FEKAPPL Geheim!7").out
    assert said.startswith(
        "impossible: no PassTicket looks like this under any key: it has 8 of A-Z 0-9, as TYPE(MIXED)"
    )
    answer = site("diagnose -u IBMUSER -a FEKAPPL --format json Geheim!7").json
    assert (answer["explanation"], answer["remedy"]) == tuple(line.split(": ", 1)[1] for line in said.splitlines())
    said = site("diagnose -u IBMUSER -a CICSP Geheim17").out
    assert said.startswith("unexplained: none of ")
    assert "as a legacy ticket it is impossible under any key" in said


def test_an_old_ticket_may_be_older_than_can_be_told(site: Any) -> None:
    said = site(f"diagnose -u IBMUSER -a CICSP {legacy(30 * 86_400, applid='CICSP', key=CICS)}").out
    assert said.startswith("unexplained: none of ")
    assert "another key, another name, an older ticket, or a password" in said
    answer = site(f"diagnose -u IBMUSER -a CICSP --format json {legacy()}").json
    assert f"within {span(answer['reach_seconds'])}, if it was made as it should be" in said
    within = legacy(answer["reach_seconds"], applid="CICSP", key=CICS)
    beyond = legacy(answer["reach_seconds"] + 1, applid="CICSP", key=CICS)
    assert "an old ticket" in site(f"diagnose -u IBMUSER -a CICSP {within}").out
    assert "an old ticket" not in site(f"diagnose -u IBMUSER -a CICSP {beyond}").out


def test_a_use_after_the_failure_is_not_what_it_failed_for(site: Any, tmp_path: Path) -> None:
    ticket = legacy()
    site.now += 60
    site.ok(f"verify -u IBMUSER -a FEKAPPL {ticket}")
    ran = site(f"diagnose -u IBMUSER -a FEKAPPL --at {NOW} {ticket}")
    assert ran.status == 0
    assert ran.out.startswith("valid: made with the right")
    assert "used: this ticket served since, at 2023-11-14T22:14:20Z\nremedy: if the host refuses it" in ran.out
    log = [f"IBMUSER FEKAPPL {ticket} {at}" for at in (NOW, NOW + 59, NOW + 60)]
    groups = [line for line in log_of(site, tmp_path, log).out.splitlines() if " of 3: " in line]
    assert groups == ["2 of 3: valid at that moment", "1 of 3: used before, right in all else"]


def test_a_ticket_in_small_letters_is_to_be_entered_in_capitals(site: Any) -> None:
    said = site(f"diagnose -u IBMUSER -a FEKAPPL {legacy().lower()}").out
    assert "the letters of this legacy ticket lost their case on the way" in said
    assert "remedy: let the value pass as it is; a ticket of this kind is in capitals\n" in said
    assert (
        "or give the APPLID enhanced tickets of TYPE(UPPER)"
        in site(f"diagnose -u IBMUSER -a FEKAPPL {mixed(1).upper()}").out
    )


def test_a_group_says_how_many_strangers_would_look_like_it(site: Any, tmp_path: Path) -> None:
    slow = [f"IBMUSER FEKAPPL {generate('IBMUSER', 'FEKAPPL', LEGACY, at=at - 43_200)} {at}" for at in (NOW, NOW + 9)]
    ran = log_of(site, tmp_path, [*slow, *["IBMUSER FEKAPPL Geheim!7"] * 2500])
    assert "among 2,502 tickets of strangers, 0.1 would look so by chance" in ran.out
    assert "1 in 15 tickets that were merely kept" in ran.out
    answer = site(f"diagnose --tickets {tmp_path / 'log'} --format json").json
    group = next(each for each in answer["groups"] if each["slip"] == "none")
    assert group["expected_by_chance"] == pytest.approx(2502 * group["chance"])
    assert "1 in 15" not in log_of(site, tmp_path, [*slow, *slow]).out


def test_impossible_counts_the_keys_stored(stored: Any) -> None:
    said = stored("diagnose -u IBMUSER Geheim17").out
    assert said.startswith("impossible: no PassTicket of the keys stored (legacy) looks like this")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_on_a_terminal_no_line_is_longer_than_it_is_wide(site: Any, tmp_path: Path, columns: int) -> None:
    line = f"diagnose -u IBMUSER -a FEKAPPL {legacy(19_801)}"
    plain = site(line).out
    site.environ["COLUMNS"] = str(columns)
    folded = site(line, terminal=True).out
    assert max(map(len, folded.splitlines())) <= columns
    assert folded.split() == plain.split()
    assert site(line).out == plain
    log = log_of(site, tmp_path, [f"IBMUSER FEKAPPL {legacy(19_801)} {NOW}"]).out
    folded = site(f"diagnose --tickets {tmp_path / 'log'}", terminal=True).out
    assert max(map(len, folded.splitlines())) <= columns
    assert folded.split() == log.split()
