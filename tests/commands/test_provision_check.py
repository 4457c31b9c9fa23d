"""ptktctl provision --check: the difference between a host and a definition."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

RSE = "--generator STCRSE --evaluator STCJMON --users ANNA,BO"
STEP: dict[str, Any] = {
    "type": "object",
    "required": ["number", "purpose", "commands", "remarks"],
    "properties": {
        "commands": {"type": "array", "items": {"required": ["command", "comment"]}},
        "expected": {"type": "array", "items": {"type": "string"}},
    },
    # A step without commands is done by hand, and says what shows that it was.
    "if": {"properties": {"commands": {"maxItems": 0}}},
    "then": {"properties": {"expected": {"minItems": 1}, "lines": {"minItems": 1}}},
    "else": {"properties": {"expected": {"maxItems": 0}}},
}
STRINGS = {"type": "array", "items": {"type": "string"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "applid", "esm", "files", "agrees", "unknown", "remarks", "steps", "warnings", "output"],
    "properties": {
        "schema": {"const": "ptktctl.provision-check/1"},
        "agrees": {"type": "boolean"},
        "files": STRINGS,
        "unknown": STRINGS,
        "remarks": STRINGS,
        "warnings": STRINGS,
        "output": STRINGS,
        "steps": {"type": "array", "items": STEP},
    },
}


@pytest.fixture
def host(stored: Any, tmp_path: Path) -> Path:
    """A file with the commands that set a host up for FEKAPPL."""
    path = tmp_path / "host.txt"
    path.write_text(stored.ok(f"provision FEKAPPL {RSE}").out)
    return path


def compared(cli: Any, line: str) -> dict[str, Any]:
    ran = cli(f"provision {line} --format json")
    jsonschema.validate(ran.json, SCHEMA)
    assert ran.status == (0 if ran.json["agrees"] else 1)
    assert ran.err == ""
    return dict(ran.json)


def commands(answer: dict[str, Any]) -> list[str]:
    return [each["command"] for step in answer["steps"] for each in step["commands"]]


def test_a_host_that_agrees(stored: Any, host: Path) -> None:
    ran = stored(f"provision FEKAPPL {RSE} --check {host}")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == (
        "the host has what FEKAPPL needs, as far as the files show\n"
        "not known: whether the host has the same key as the store, which no file shows: try a PassTicket\n"
    )
    answer = compared(stored, f"FEKAPPL {RSE} --check {host}")
    assert (answer["agrees"], answer["steps"], answer["output"]) == (True, [], [])
    assert answer["files"] == [str(host)]


def test_only_the_difference_is_printed(stored: Any, host: Path) -> None:
    missing = "PERMIT IRRPTAUTH.FEKAPPL.BO CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)"
    host.write_text(host.read_text().replace(f"{missing}\n", ""))
    ran = stored(f"provision FEKAPPL {RSE} --check {host}")
    assert ran.status == 1
    assert [line for line in ran.out.splitlines() if line and not line.startswith("/*")] == [
        missing,
        "SETROPTS RACLIST(PTKTDATA) REFRESH",
    ]
    assert "/*   STCRSE is not on the access list. */" in ran.out
    assert "has what" not in ran.err
    assert commands(compared(stored, f"FEKAPPL {RSE} --check {host}"))[0] == missing


@pytest.mark.parametrize("form", ["commands", "jcl", "rexx", "tsocmd"])
@pytest.mark.parametrize("there", ["commands", "jcl", "rexx", "tsocmd"])
def test_forms(stored: Any, tmp_path: Path, form: str, there: str) -> None:
    """What is printed in one form is read back in it, and so is what mends it."""
    host = tmp_path / "host.txt"
    host.write_text(stored.ok(f"provision FEKAPPL {RSE} --as {there}").out)
    assert stored(f"provision FEKAPPL {RSE} --check {host} --as {form}").status == 0
    other = RSE.replace("STCRSE", "RSED").replace("BO", "CARL")
    difference = stored(f"provision FEKAPPL {other} --check {host} --as {form}")
    assert difference.status == 1
    assert all(len(line) <= 72 for line in difference.out.splitlines())
    mend = tmp_path / "mend.txt"
    mend.write_text(difference.out)
    assert stored(f"provision FEKAPPL {other} --check {host} {mend}").status == 0
    assert stored(f"lint --select PTK3,PTK5 {host} {mend}").out == "no findings in 2 files\n"


@pytest.mark.parametrize(
    ("esm", "options"), [("acf2", ""), ("top-secret", "--owner SECDEPT")], ids=["acf2", "top-secret"]
)
def test_other_products(stored: Any, tmp_path: Path, esm: str, options: str) -> None:
    line = f"FEKAPPL --esm {esm} {options} --generator STCRSE --all-users"
    host = tmp_path / "host.txt"
    host.write_text(stored.ok(f"provision {line}").out)
    assert compared(stored, f"{line} --check {host}")["agrees"]
    host.write_text("\n".join(each for each in host.read_text().split("\n") if "IRRPTAUTH" not in each))
    answer = compared(stored, f"{line} --check {host}")
    assert [each for each in commands(answer) if "IRRPTAUTH" in each] != []
    stored.refused(f"provision FEKAPPL --check {host}", f"{host}: holds definitions of", "RACF is asked for", "--esm")


def test_standard_input(stored: Any, host: Path) -> None:
    assert stored(f"provision FEKAPPL {RSE} --check -", host.read_bytes()).status == 0


def test_folder(stored: Any, host: Path) -> None:
    (host.parent / "site").mkdir()
    host.rename(host.parent / "site" / "FEKRACF")
    (host.parent / "site" / "rse.env").write_text("_RSE_JMON_PORT=6715\n")
    assert stored(f"provision FEKAPPL {RSE} --check {host.parent / 'site'}").status == 0


def test_nobody_is_taken_from_a_sample(stored: Any, host: Path) -> None:
    """RSE's generator is STCRSE when a set-up is printed; a host may have another one."""
    host.write_text(host.read_text().replace("STCRSE", "RSEDUSER"))
    answer = compared(stored, f"FEKAPPL --check {host}")
    assert answer["agrees"]
    assert "who may make and evaluate PassTickets: neither --generator nor --evaluator was given" in answer["unknown"]


def test_label_and_form_that_were_not_asked_for(stored: Any, host: Path) -> None:
    changed = host.read_text().replace("PTKT.FEKAPPL.DES", "SITE.OWN.LABEL")
    assert changed != host.read_text()
    host.write_text(changed)
    answer = compared(stored, f"FEKAPPL {RSE} --check {host}")
    assert answer["agrees"]
    assert "key profile FEKAPPL names its legacy key by a label of the site's own, which stays" in answer["remarks"]
    labelled = compared(stored, f"FEKAPPL {RSE} --key-form keylabel --key-label OUR.LABEL --check {host}")
    assert commands(labelled)[0] == "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(OUR.LABEL))"
    encrypted = compared(stored, f"FEKAPPL {RSE} --key-form keyencrypted --check {host}")
    assert commands(encrypted)[0] == "RALTER PTKTDATA FEKAPPL SSIGNON(KEYENCRYPTED(<key>))"


def test_kind_of_key_that_nobody_decided(cli: Any, tmp_path: Path) -> None:
    cli.ok("applid add PAYROLL --component cics")
    host = tmp_path / "host.txt"
    for form in ("keylabel", "eptkeylabel", "keyencrypted"):
        host.write_text(cli.ok(f"provision PAYROLL --key-form {form}").out)
        assert compared(cli, f"PAYROLL --check {host}")["agrees"]


def test_definition_that_has_changed(stored: Any, host: Path) -> None:
    stored.ok("applid set FEKAPPL --replay allow")
    answer = compared(stored, f"FEKAPPL {RSE} --check {host}")
    assert commands(answer) == [
        "RALTER PTKTDATA FEKAPPL APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE')",
        "SETROPTS RACLIST(PTKTDATA) REFRESH",
    ]


def test_no_file_is_changed(stored: Any, host: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    stored(f"provision FEKAPPL --check {host} --generator NEW --all-users")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_listing_that_shows_too_little(stored: Any, tmp_path: Path) -> None:
    listing = tmp_path / "SYSTSPRT.txt"
    listing.write_text(" SETROPTS LIST\nACTIVE CLASSES = APPL PTKTDATA\nGENERIC PROFILE CLASSES = APPL PTKTDATA\n")
    ran = stored(f"provision FEKAPPL --check {listing}")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("nothing that is shown differs, but not all that is wanted is shown\nnot known: ")
    assert "RLIST PTKTDATA FEKAPPL SSIGNON ALL shows it" in ran.err


def test_a_key_is_put_under_its_label_before_a_profile_names_it(cli: Any, tmp_path: Path) -> None:
    cli.ok("applid add NEWAPPL --ticket legacy")
    host = tmp_path / "host.txt"
    host.write_text("SETROPTS GENERIC(PTKTDATA APPL)\nSETROPTS CLASSACT(PTKTDATA APPL) RACLIST(PTKTDATA APPL)\n")
    ran = cli(f"provision NEWAPPL --check {host}")
    assert ran.status == 1
    text = " ".join(line.strip("/* ") for line in ran.out.splitlines())
    assert text.index("Put the DES key under its label") < text.index("ADD LABEL(PTKT.NEWAPPL.DES)")
    assert text.index("ADD LABEL(PTKT.NEWAPPL.DES)") < text.index("RDEFINE PTKTDATA NEWAPPL UACC(NONE)")
    assert "note: the label PTKT.NEWAPPL.DES is ptktctl's proposal: --key-label names yours" in ran.err
    host.write_text(host.read_text() + ran.out)
    agreed = cli(f"provision NEWAPPL --check {host}")
    assert (agreed.status, agreed.out) == (0, "")
    assert "proposal" not in agreed.err


BOTH = ("KEYLABEL(FEK.DES)", "EPTKEYLABEL(FEK.HMAC) TYPE(MIXED) TIMEOUT(60) REPLAY(NO)")
MASKED = ("KEYMASKED(9D2CA7F4133E8B60)", BOTH[1])
# What is done with ptktctl before a step of the move is said to be done, and which keys the host has after it.
MOVE = (
    ("", BOTH[:1]),
    ("applid set FEKAPPL --ticket legacy", BOTH[:1]),
    ("key generate FEKAPPL --enhanced", BOTH[:1]),
    ("", BOTH[:1]),
    ("", BOTH),
    ("applid set FEKAPPL --ticket mixed", BOTH),
    ("", BOTH),
    ("", BOTH[1:]),
    ("key remove FEKAPPL --yes", BOTH[1:]),
)


def with_keys(host: Path, keys: tuple[str, ...]) -> str:
    """The commands of a host, its key profile with other keys."""
    lines = [f"RALTER PTKTDATA FEKAPPL SSIGNON({key})" for key in keys]
    kept = host.read_text().replace(" SSIGNON(KEYLABEL(PTKT.FEKAPPL.DES))", "")
    return "\n".join([kept, *lines, "SETROPTS RACLIST(PTKTDATA) REFRESH", ""])


def test_no_key_is_taken_away_in_the_middle_of_a_move(stored: Any, host: Path, tmp_path: Path) -> None:
    stored.ok("applid migrate FEKAPPL --to enhanced")
    shown = tmp_path / "shown.txt"
    for doing, keys in MOVE:
        if doing:
            stored.ok(doing)
        stored.ok("applid migrate FEKAPPL --to enhanced --done")
        shown.write_text(with_keys(host, keys))
        due = stored.ok("applid show FEKAPPL --format json").json["migration"] in ("key-made", "key-labelled")
        answer = compared(stored, f"FEKAPPL {RSE} --check {shown}")
        assert answer["agrees"] is not due
        if due:
            added = "SSIGNON(EPTKEYLABEL(PTKT.FEKAPPL.HMAC) TYPE(MIXED) TIMEOUT(60) REPLAY(NO))"
            assert commands(answer) == [f"RALTER PTKTDATA FEKAPPL {added}", "SETROPTS RACLIST(PTKTDATA) REFRESH"]
        for there in (BOTH, MASKED):
            shown.write_text(with_keys(host, there))
            if doing != MOVE[-1][0]:  # then the store has no legacy key any more
                assert compared(stored, f"FEKAPPL {RSE} --check {shown}")["agrees"]


@pytest.mark.parametrize("keys", [BOTH, MASKED])
@pytest.mark.parametrize("ticket", ["legacy", "mixed", "upper"])
def test_no_key_that_the_store_has_is_taken_away(stored: Any, host: Path, ticket: str, keys: tuple[str, ...]) -> None:
    stored.ok("key generate FEKAPPL --enhanced")
    stored.ok(f"applid set FEKAPPL --ticket {ticket}")
    host.write_text(with_keys(host, keys))
    for options in ("", "--key-form keylabel", "--key-form eptkeylabel", "--key-form keylabel --key-form eptkeylabel"):
        found = " ".join(commands(compared(stored, f"FEKAPPL {RSE} {options} --check {host}")))
        assert "NOSSIGNON" not in found
        assert "NOLEGACYKEY" not in found


def test_the_segment_stays_where_the_legacy_key_could_not_be_given_again(stored: Any, host: Path) -> None:
    before = host.read_text()
    host.write_text(with_keys(host, MASKED))
    answer = compared(stored, f"FEKAPPL {RSE} --check {host}")
    assert answer["agrees"]
    assert any("FEKAPPL has an enhanced key too, which stays" in remark for remark in answer["remarks"])
    host.write_text(f"{before}RALTER PTKTDATA FEKAPPL SSIGNON({BOTH[1]})\nSETROPTS RACLIST(PTKTDATA) REFRESH\n")
    answer = compared(stored, f"FEKAPPL {RSE} --check {host}")
    assert commands(answer)[:2] == [
        "RALTER PTKTDATA FEKAPPL NOSSIGNON",
        "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(PTKT.FEKAPPL.DES))",
    ]


# Bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--check", ("--check: no file to compare with", "unload")),
        ("host.txt", ("host.txt: a file goes with --check",)),
        ("--check --undo host.txt", ("--check and --undo exclude each other",)),
        ("--check --reveal-key host.txt", ("--reveal-key does not go with --check",)),
        ("--check /nonexistent/file", ("/nonexistent/file: cannot be read", "No such file")),
        ("--check host.txt --generator A", ("for which users shall A make",)),
    ],
)
def test_refused(
    stored: Any, host: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, said: tuple[str, ...]
) -> None:
    monkeypatch.chdir(host.parent)
    stored.refused(f"provision FEKAPPL {arguments}", *said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a kind of file that lint knows"),
        (b"Dear all,\n", "not a kind of file that lint knows"),
        (bytes(range(256)) * 9, "not a text file"),
        (b"_RSE_JMON_PORT=6715\n_RSE_JAVAOPTS=-DAPPLID=FEKAPPL\n", "holds no security definitions"),
    ],
)
def test_unreadable_file(stored: Any, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "given"
    path.write_bytes(content)
    stored.refused(f"provision FEKAPPL --check {path}", f"{path}: ", said)


def test_key_in_the_file_is_not_shown(stored: Any, host: Path) -> None:
    key = "9D2CA7F4133E8B60"
    host.write_text(host.read_text().replace("KEYLABEL(PTKT.FEKAPPL.DES)", f"KEYMASKED({key})"))
    for options in ("", "--key-form keylabel", "--format json"):
        ran = stored(f"provision FEKAPPL {RSE} --check {host} {options}")
        assert key not in ran.out + ran.err
