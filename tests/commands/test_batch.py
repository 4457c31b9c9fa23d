"""Batches: the same tickets and verdicts as one by one, a row for each line, in order, as the lines come."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ptktctl import EnhancedKey, LegacyKey, TicketType, evaluate, generate
from ptktctl.commands import batch

NOW = 1_700_000_000
NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@$"


@pytest.fixture
def site(stored: Any) -> Any:
    """FEKAPPL with a legacy key, ZOWEAPPL with an enhanced one and re-use allowed, BOTH with one of each."""
    stored.ok("applid add ZOWEAPPL --ticket mixed --replay allow")
    stored.ok("key generate ZOWEAPPL --enhanced")
    stored.ok("applid add BOTH --ticket upper --timeout 30 --replay allow")
    stored.ok("key generate BOTH")
    stored.ok("key generate BOTH --enhanced")
    return stored


def keys_of(site: Any, applid: str) -> dict[str, str]:
    shown = site.ok(f"key show {applid} --reveal --format json").json["keys"]
    return {each["kind"]: each["key"] for each in shown}


def key_of(site: Any, applid: str) -> LegacyKey | EnhancedKey:
    kinds = keys_of(site, applid)
    if "enhanced" in kinds:
        return EnhancedKey.from_hex(kinds["enhanced"], TicketType.UPPER if applid == "BOTH" else TicketType.MIXED)
    return LegacyKey.from_hex(kinds["legacy"])


def some_lines(count: int) -> list[tuple[str, str, int]]:
    draw = random.Random(7)
    users = ["".join(draw.choices(NAMES, k=draw.randint(1, 8))) for _ in range(40)]
    return [
        (draw.choice(users), draw.choice(("FEKAPPL", "ZOWEAPPL", "BOTH")), NOW - draw.randint(0, 900))
        for _ in range(count)
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_tickets_are_those_made_one_by_one_in_the_order_of_the_lines(site: Any, jobs: int) -> None:
    lines = some_lines(3000)
    ran = site.ok(f"gen --batch - --jobs {jobs}", "".join(f"{user} {applid} {at}\n" for user, applid, at in lines))
    keys = {applid: key_of(site, applid) for applid in ("FEKAPPL", "ZOWEAPPL", "BOTH")}
    expected = [f"{user}\t{applid}\t{generate(user, applid, keys[applid], at=at)}" for user, applid, at in lines]
    assert ran.out.splitlines() == expected


@pytest.mark.parametrize("jobs", [1, 2])
def test_verdicts_are_those_given_one_by_one(site: Any, jobs: int) -> None:
    lines = some_lines(1500)
    keys = {applid: key_of(site, applid) for applid in ("FEKAPPL", "ZOWEAPPL", "BOTH")}
    tickets = [generate(user, applid, keys[applid], at=at) for user, applid, at in lines]
    tickets[::7] = ["NOTAPASS"] * len(tickets[::7])
    given = [(user, applid, ticket) for (user, applid, _), ticket in zip(lines, tickets, strict=True)]
    ran = site(
        f"verify --batch - --peek --jobs {jobs} --format jsonl", "".join(f"{' '.join(line)}\n" for line in given)
    )
    assert ran.status == 1
    timeouts = {"FEKAPPL": 60, "ZOWEAPPL": 60, "BOTH": 30}
    for row, (user, applid, ticket) in zip(map(json.loads, ran.out.splitlines()), given, strict=True):
        if applid == "BOTH" and ticket == "NOTAPASS":
            continue  # under two keys: as the next test has it
        found = evaluate(ticket, user, applid, keys[applid], at=NOW, timeout=timeouts[applid])
        assert (row["userid"], row["applid"], row["outcome"]) == (user, applid, found.outcome.value)
        assert ticket not in json.dumps(row)


def test_a_verdict_under_two_keys_is_that_of_a_single_verify(site: Any) -> None:
    for ticket in (
        "NOTAPASS",
        "ABC",
        generate("IBMUSER", "BOTH", LegacyKey.from_hex(keys_of(site, "BOTH")["legacy"]), NOW),
    ):
        single = site(f"verify -u IBMUSER -a BOTH --format json {ticket}").json
        row = site("verify --batch -", f"IBMUSER BOTH {ticket}\n").out.rstrip("\n").split("\t")
        age = "" if single["age_seconds"] is None else str(single["age_seconds"])
        assert row == ["IBMUSER", "BOTH", single["outcome"], single["generated"] or "", age]


def test_a_ticket_is_used_the_second_time_in_one_batch_and_after_it(site: Any) -> None:
    ticket = site.ok("gen -u IBMUSER -a FEKAPPL").out.strip()
    ran = site("verify --batch -", f"IBMUSER FEKAPPL {ticket}\nIBMUSER FEKAPPL {ticket}\n")
    assert [row.split("\t")[2] for row in ran.out.splitlines()] == ["valid", "used"]
    assert ran.status == 1
    assert site(f"verify -u IBMUSER -a FEKAPPL --format json {ticket}").json["outcome"] == "used"


@pytest.mark.parametrize("chunk", [1 << 16, 100], ids=["one chunk", "many chunks"])
def test_uses_are_those_of_single_verifies(site: Any, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same batch, once line by line: what was used before, in the batch or earlier in it, is used."""
    monkeypatch.setattr(batch, "RECORDING_CHUNK", chunk)
    keys = {applid: key_of(site, applid) for applid in ("FEKAPPL", "ZOWEAPPL", "BOTH")}
    draw = random.Random(3)
    drawn = [
        (user, applid, generate(user, applid, keys[applid], at=NOW - draw.choice((0, 20, 61, 700))))
        for user in ("IBMUSER", "U1", "U2")
        for applid in keys
    ]
    given = [draw.choice(drawn) for _ in range(40)] + [("U1", "FEKAPPL", "NOTAPASS"), ("U1", "FEKAPPL", "short")]
    draw.shuffle(given)
    text = "".join(f"{' '.join(line)}\n" for line in given)
    rows = [
        [json.loads(row)["outcome"] for row in site(f"verify --batch - --format jsonl{ledger}", text).out.splitlines()]
        for ledger in ("", "", f" --ledger {site.home}/another.db")
    ]
    for n, (user, applid, ticket) in enumerate(given):
        single = site(f"verify -u {user} -a {applid} --ledger {site.home}/third.db --format json -- {ticket}").json
        assert rows[0][n] == rows[2][n] == single["outcome"], (user, applid, ticket)
        usable = single["outcome"] == "valid" and applid == "FEKAPPL"
        assert rows[1][n] == ("used" if usable else single["outcome"])
    assert "used" in rows[0]


def test_a_ledger_that_does_not_serve_calls_nothing_valid_that_it_was_asked_about(site: Any) -> None:
    tickets = {applid: site.ok(f"gen -u IBMUSER -a {applid}").out.strip() for applid in ("FEKAPPL", "BOTH")}
    (site.home / "used.db").write_bytes(b"no ledger" * 500)
    (site.home / "used.db").chmod(0o600)
    free, single = (f"IBMUSER {applid} {tickets[applid]}\n" for applid in ("BOTH", "FEKAPPL"))
    for option in ("", " --peek"):
        ran = site(f"verify --batch -{option}", f"{free}bad!\n{single}{free}{single}")
        assert ran.status == 3
        assert [row.split("\t")[2] for row in ran.out.splitlines()] == ["valid", ""]
        assert ran.err.startswith("ptktctl: ")
    assert site("verify --batch -", free).status == 0, "nobody asks it"


def test_peek_records_nothing(site: Any) -> None:
    ticket = site.ok("gen -u IBMUSER -a FEKAPPL").out.strip()
    for _ in range(2):
        assert site.ok("verify --batch - --peek", f"IBMUSER FEKAPPL {ticket}\n").out.split("\t")[2] == "valid"


BAD_LINES = {
    b"bad!name": "character 4",
    b"TOOLONGNAME": "11 characters",
    b"A B C D": "fields",
    b"IBMUSER NOAPPL": "NOAPPL is not defined",
    b"IBMUSER FEKAPPL 2026-11-22T10:00:00": "offset",
    b"IBMUSER FEKAPPL 99999999999": "0 to 4294967295",
    b"\xff\xfe": "line 3",
    b"A\0B": "line 3",
    b"X" * 1_000_000: "line 3",
}


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: repr(line[:20]))
def test_a_bad_line_gives_a_row_and_the_rest_goes_on(site: Any, line: bytes) -> None:
    ran = site("gen --batch - -a FEKAPPL", b"# a comment\n\n" + line + b"\nIBMUSER\n")
    assert ran.status == 1
    bad, good = ran.out.splitlines()
    assert bad.split("\t")[3].startswith("error: ")
    assert BAD_LINES[line] in bad
    assert len(bad) < 1000
    assert good.startswith("IBMUSER\tFEKAPPL\t")


def test_the_formats(site: Any) -> None:
    lines = "IBMUSER,FEKAPPL,1111111\nbad!\n"
    table = list(csv.reader(io.StringIO(site("gen --batch - -a FEKAPPL --format csv", lines).out)))
    rows = [json.loads(row) for row in site("gen --batch - -a FEKAPPL --format jsonl", lines).out.splitlines()]
    assert table[0] == [rows[0]["userid"], rows[0]["applid"], rows[0]["ticket"]]
    assert table[1][3].startswith("error: ")
    assert rows[1]["error"]
    assert all(row["schema"].startswith("ptktctl.") for row in rows)


@pytest.mark.parametrize(
    "line",
    [
        "gen --batch - -u IBMUSER",
        "gen --batch - --at now",
        "gen --batch - --fresh",
        "gen --batch - --format json",
        "gen -u IBMUSER --format csv",
        "gen -u IBMUSER --jobs 2",
        "gen -u IBMUSER --ledger other.db",
        "verify -u IBMUSER --jobs 2 AEPRRZ3S",
        "gen --batch no-such-file",
        "gen --batch - --key-from -",
        "verify --batch - -u IBMUSER",
        "verify --batch - AEPRRZ3S",
        "verify --batch - --format json",
    ],
)
def test_contradictions_are_told(site: Any, line: str) -> None:
    ran = site(line)
    assert ran.status == 2
    assert ran.out == "" or ran.json["schema"] == "ptktctl.error/1"
    assert "hint: " in ran.err or "cannot be read" in ran.err


def test_the_first_row_comes_before_the_last_line_is_read(site: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ptktctl", "gen", "--batch", "-", "-a", "FEKAPPL"]
    environ = {**os.environ, **site.environ}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        for user in ("FIRST", "SECOND", "THIRD"):
            process.stdin.write(f"{user}\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"{user}\tFEKAPPL\t")
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait(timeout=30) == 0


def test_a_key_that_is_not_in_the_store(cli: Any, tmp_path: Path) -> None:
    (tmp_path / "sample.key").write_text("E001193519561977\n")
    ran = cli.ok(f"gen --batch - --key-from {tmp_path}/sample.key", "MIKEM TSOSYS1 1111111\n")
    assert ran.out == "MIKEM\tTSOSYS1\tAEPRRZ3S\n"
