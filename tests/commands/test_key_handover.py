"""ptktctl key export, import, recipient: a key goes from one home to another, and nothing of it shows on the way."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptktctl import EnhancedKey, LegacyKey
from ptktctl.passticket.check_values import check_value
from ptktctl.passticket.key_parts import split
from ptktctl.store import handover, sealing

LEGACY = "9D2CA7F4133E8B60"
CHECK = "FBDA14"
ENHANCED = "0F1E2D3C4B5A69788796A5B4C3D2E1F1" * 2
PASSPHRASE = "correct horse battery"
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
FILE_CHECK = "^([0-9A-F]{4}-){4}[0-9A-F]{4}$"
TEXT_OR_NULL = {"type": ["string", "null"]}
NAME_MEMBERS: dict[str, Any] = {
    "profile": {"type": "string"},
    "applid": {"type": "string"},
    "group": TEXT_OR_NULL,
    "userid": TEXT_OR_NULL,
    "kind": {"enum": ["legacy", "enhanced"]},
    "stage": {"enum": ["current", "pending"]},
    "fingerprint": {"type": "string", "pattern": "^[0-9A-F]{8}$"},
    "check_value": {"type": "string", "pattern": "^([0-9A-F]{6}|[0-9A-F]{32})$"},
    "check_method": {"enum": ["ENC-ZERO", "SHAVP1"]},
}


def schema_of(name: str, **members: Any) -> dict[str, Any]:
    properties = {"schema": {"const": f"ptktctl.{name}/1"}, **NAME_MEMBERS, **members}
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


EXPORTED = schema_of(
    "key-export",
    created={"pattern": INSTANT},
    construction={"type": "string"},
    file_check={"type": "string", "pattern": FILE_CHECK},
    recipient=TEXT_OR_NULL,
    file=TEXT_OR_NULL,
    content=TEXT_OR_NULL,
)
PARTED = schema_of(
    "key-parts",
    created={"pattern": INSTANT},
    set={"pattern": "^[0-9A-F]{8}$"},
    parts={
        "type": "array",
        "items": {
            "type": "object",
            "required": ["number", "check_value", "check_method", "file"],
            "properties": {
                "number": {"type": "integer"},
                "check_value": NAME_MEMBERS["check_value"],
                "check_method": NAME_MEMBERS["check_method"],
                "file": TEXT_OR_NULL,
                "page": {"type": "string"},
            },
            "additionalProperties": False,
        },
    },
)
IMPORTED = schema_of(
    "key-import",
    created=TEXT_OR_NULL,
    origin={"type": "string"},
    file_check={"type": ["string", "null"], "pattern": FILE_CHECK},
    stored={"type": "boolean"},
    differences={"type": "array", "items": {"required": ["setting", "sender", "here"]}},
    warnings={"type": "array", "items": {"type": "string"}},
)


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SCRYPT_N", 2)


@pytest.fixture
def home(cli: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store with a legacy and an enhanced key of FEKAPPL; the working folder is empty."""
    cli.ok(f"init --key-file {tmp_path}/unlock.key")
    cli.ok("applid add FEKAPPL --component rse --timeout 90")
    cli.ok("key set FEKAPPL", stdin=LEGACY)
    cli.ok("key set FEKAPPL --enhanced", stdin=ENHANCED)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    cli.environ["PTKTCTL_EXPORT_PASSPHRASE"] = PASSPHRASE
    cli.secrets.learn(PASSPHRASE)
    return cli


@pytest.fixture
def elsewhere(home: Any, tmp_path: Path) -> Callable[[], Any]:
    """Go to another person's home, with a store and FEKAPPL but no key."""

    def go() -> Any:
        home.home = tmp_path / "elsewhere"
        home.environ["PTKTCTL_HOME"] = str(home.home)
        home.ok(f"init --key-file {tmp_path}/other.key")
        home.ok("applid add FEKAPPL --component rse --timeout 90")
        return home

    return go


def reveal(cli: Any, options: str = "FEKAPPL", number: int = 0) -> str:
    return str(cli.ok(f"key show {options} --reveal --format json").json["keys"][number]["key"])


# A sealed file, by passphrase


def test_from_home_to_home_by_passphrase(home: Any, elsewhere: Callable[[], Any]) -> None:
    ran = home.ok("key export FEKAPPL --output f.sealed")
    assert ran.out == f"wrote f.sealed: the key FEKAPPL (legacy), check value {CHECK} (ENC-ZERO)\n"
    assert "tell the recipient the check value by another way" in ran.err
    assert Path("f.sealed").stat().st_mode & 0o777 == 0o600
    home.now += 3600
    cli = elsewhere()
    ran = cli.ok("key import f.sealed")
    assert ran.out == (
        "stored the key FEKAPPL (legacy) from a file sealed by a passphrase at 2023-11-14T22:13:20Z, "
        f"check value {CHECK} (ENC-ZERO)\n"
    )
    assert ran.err == ""
    assert reveal(cli) == LEGACY
    # Its age goes on: what is old at the sender's is old here.
    assert cli.ok("key list --format json").json["keys"][0]["age_seconds"] == 3600


def test_json_of_a_sealed_file(home: Any, elsewhere: Callable[[], Any]) -> None:
    made = home.ok("key export FEKAPPL --enhanced --output f.sealed --format json").json
    jsonschema.validate(made, EXPORTED)
    assert made["check_value"] == check_value(EnhancedKey.from_hex(ENHANCED)).digits
    assert (made["file"], made["content"], made["recipient"]) == ("f.sealed", None, None)
    taken = elsewhere().ok("key import f.sealed --format json").json
    jsonschema.validate(taken, IMPORTED)
    assert taken["stored"] is True
    assert [taken[name] for name in NAME_MEMBERS] == [made[name] for name in NAME_MEMBERS]


def test_through_standard_output_and_input(home: Any, elsewhere: Callable[[], Any]) -> None:
    ran = home.ok("key export FEKAPPL --output -")
    assert ran.out.startswith("# A key sealed by ptktctl")
    assert CHECK in ran.err
    shown = home.ok("key export FEKAPPL --output - --format json").json
    jsonschema.validate(shown, EXPORTED)
    assert shown["content"].startswith("# A key sealed by ptktctl")
    assert list(Path().iterdir()) == []
    cli = elsewhere()
    assert "stored the key" in cli.ok("key import -", stdin=ran.out).out
    assert "is stored already" in cli.ok("key import -", stdin=shown["content"]).out


def test_the_passphrase_is_asked_for_twice_and_once(home: Any, elsewhere: Callable[[], Any]) -> None:
    del home.environ["PTKTCTL_EXPORT_PASSPHRASE"]
    home.answers = [PASSPHRASE, PASSPHRASE]
    assert home("key export FEKAPPL --output f.sealed", terminal=True).status == 0
    assert home.asked == ["new passphrase of the file: ", "the same again: "]
    cli = elsewhere()
    cli.answers = [PASSPHRASE]
    assert cli("key import f.sealed", terminal=True).status == 0
    assert cli.asked[2:] == ["passphrase of f.sealed: "]
    home.answers = [PASSPHRASE, PASSPHRASE + "x"]
    assert home("key export FEKAPPL --output g.sealed", terminal=True).status == 2
    assert not Path("g.sealed").exists()


def test_the_passphrase_from_a_file(home: Any, elsewhere: Callable[[], Any]) -> None:
    del home.environ["PTKTCTL_EXPORT_PASSPHRASE"]
    Path("pass").write_text(PASSPHRASE + "\nsecond line\n")
    Path("pass").chmod(0o600)
    home.ok("key export FEKAPPL --output f.sealed --export-passphrase-file pass")
    cli = elsewhere()
    cli.environ["PTKTCTL_EXPORT_PASSPHRASE_FILE"] = "pass"
    cli.ok("key import f.sealed")
    Path("pass").chmod(0o644)
    cli.refused("key import f.sealed", "others can read", status=3)


def test_no_passphrase_anywhere(home: Any) -> None:
    del home.environ["PTKTCTL_EXPORT_PASSPHRASE"]
    home.refused("key export FEKAPPL --output f", "nothing was given", "--export-passphrase-file", status=3)
    home.environ["PTKTCTL_PASSPHRASE"] = "that of the store, never that of a file"
    home.refused("key export FEKAPPL --output f --key-file /none", status=3)
    assert list(Path().iterdir()) == []


def test_a_short_passphrase_only_when_insisted_on(home: Any) -> None:
    home.environ["PTKTCTL_EXPORT_PASSPHRASE"] = "elevenchars"
    home.secrets.learn("elevenchars")
    home.refused("key export FEKAPPL --output f.sealed", "fewer than 12 characters", "--weak-passphrase")
    assert not Path("f.sealed").exists()
    home.ok("key export FEKAPPL --output f.sealed --weak-passphrase")


def test_the_wrong_passphrase_is_not_damage(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    cli.environ["PTKTCTL_EXPORT_PASSPHRASE"] = "another passphrase"
    cli.refused("key import f.sealed", "the passphrase does not open f.sealed", "arrived whole", status=3)
    text = Path("f.sealed").read_text()
    Path("cut").write_text(text[: len(text) // 2])
    Path("changed").write_text(text.replace("FEKAPPL", "FEKAPPX"))
    cli.refused("key import cut", "cut is cut short", "ask the sender")
    cli.refused("key import changed", "changed is damaged", "ask the sender")
    assert "keys" in cli.ok("key list --format json").json
    assert cli.ok("key list --format json").json["keys"] == []


# A sealed file, for a public key


def test_from_home_to_home_by_public_key(home: Any, elsewhere: Callable[[], Any], tmp_path: Path) -> None:
    cli = elsewhere()
    made = cli.ok("key recipient --create")
    assert "keep " in made.err
    public = made.out.strip()
    assert cli.ok("key recipient").out == made.out
    assert cli.ok("key recipient --format json").json == {
        "schema": "ptktctl.key-recipient/1",
        "public_key": public,
        "identity": str(cli.home / "identity.key"),
        "created": False,
    }
    assert (cli.home / "identity.key").stat().st_mode & 0o777 == 0o600
    home.environ["PTKTCTL_HOME"] = str(tmp_path / "home")
    del home.environ["PTKTCTL_EXPORT_PASSPHRASE"]
    exported = home.ok(f"key export FEKAPPL --to {public.upper()} --output f.sealed --format json").json
    jsonschema.validate(exported, EXPORTED)
    assert exported["recipient"] == public
    assert "HPKE" in exported["construction"]
    cli.environ["PTKTCTL_HOME"] = str(tmp_path / "elsewhere")
    ran = cli.ok("key import f.sealed")
    assert "sealed for your public key" in ran.out
    assert f"file check {exported['file_check']}" in ran.out
    assert "anybody who has your public key" in ran.err
    assert reveal(cli) == LEGACY


def test_a_file_for_a_public_key_is_known_by_its_file_check(home: Any) -> None:
    public = home.ok("key recipient --create").out.strip()
    made = home.ok(f"key export FEKAPPL --to {public} --output f.sealed")
    check = re.search(r"file check (\S+);", made.err)
    assert check
    assert "tell the recipient the file check" in made.err
    other = home.ok(f"key export FEKAPPL --to {public} --output g.sealed --format json").json["file_check"]
    assert other != check[1]
    home.refused(f"key import f.sealed --file-check {other}", f"the file check is {check[1]}", "not the sender's file")
    # With line ends of other systems it is the same file.
    Path("h.sealed").write_bytes(Path("f.sealed").read_bytes().replace(b"\n", b"\r\n"))
    for name in ("f", "h"):
        ran = home.ok(f"key import {name}.sealed --file-check {check[1].lower().replace('-', '')}")
        assert ran.err == ""
    home.ok("key export FEKAPPL --parts 2 --directory parts")
    parts = " ".join(sorted(str(path) for path in Path("parts").iterdir()))
    home.refused(f"key import {parts} --file-check {other}", "--file-check is for a sealed file")


def test_the_public_key_out_of_a_file_and_the_private_key_elsewhere(home: Any) -> None:
    home.ok("applid add FEKTEST")
    Path("bob.pub").write_text(home.ok("key recipient --create --identity bob.key").out)
    home.ok("key export FEKAPPL --to bob.pub --output f.sealed")
    home.refused("key import f.sealed --as FEKTEST", "there is no private key file", "--create", status=3)
    home.ok("key import f.sealed --as FEKTEST --identity bob.key")
    assert reveal(home, "FEKTEST") == LEGACY


def test_a_file_for_somebody_else(home: Any) -> None:
    other = home.ok("key recipient --create --identity other.key").out.strip()
    own = home.ok("key recipient --create").out.strip()
    home.ok(f"key export FEKAPPL --to {other} --output f.sealed")
    home.refused("key import f.sealed", other, own, "--identity", status=3)


def test_a_public_key_that_is_none(home: Any) -> None:
    public = home.ok("key recipient --create").out.strip()
    slip = public[:-1] + ("a" if public[-1] != "a" else "b")
    home.refused(f"key export FEKAPPL --output f --to {slip}", "mistyped", "key recipient")
    home.refused(f"key export FEKAPPL --output f --to {public[:-1]}", "57 characters")
    for name in ("nowhere.pub", "", "no\0where", "\ud800"):
        ran = home.run(["key", "export", "FEKAPPL", "--output", "f", "--to", name])
        assert ran.status == 2
        assert "is no public key" in ran.err
        assert "no file" in ran.err
    Path("some.pub").write_text("ssh-ed25519 AAAA")
    home.refused("key export FEKAPPL --output f --to some.pub", "not a public key of ptktctl")
    assert not Path("f").exists()


def test_a_private_key_given_for_a_public_one_is_not_repeated(home: Any) -> None:
    home.ok("key recipient --create --identity own.key")
    line = Path("own.key").read_text().strip()
    home.secrets.learn(line)
    home.refused(f"key export FEKAPPL --output f --to {line}", "private key", "never send it on")
    home.refused("key export FEKAPPL --output f --to own.key", "private key", "never send it on")


def test_a_private_key_is_never_replaced(home: Any) -> None:
    public = home.ok("key recipient --create").out
    home.refused("key recipient --create", "exists already")
    assert home.ok("key recipient").out == public


def test_without_a_private_key_there_is_no_public_one(home: Any) -> None:
    home.refused("key recipient", "there is no private key file", "key recipient --create", status=3)
    Path("junk").write_text("PTKTCTL-IDENTITY-1:AAAA:00000000\n")
    Path("junk").chmod(0o600)
    home.refused("key recipient --identity junk", "not a private key file", status=3)


# What is stored, and what is not


def test_an_applid_that_is_not_defined_comes_with_the_call_that_defines_it(home: Any) -> None:
    home.ok("applid set FEKAPPL --ticket legacy --replay allow")
    home.ok("key export FEKAPPL --output f.sealed")
    home.ok("applid remove FEKAPPL --yes")
    hint = "ptktctl applid add FEKAPPL --component rse --ticket legacy --timeout 90 --replay allow"
    home.refused("key import f.sealed", "the APPLID FEKAPPL is not defined here", hint)
    home.ok(hint.removeprefix("ptktctl "))


def test_definitions_that_differ_are_named(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --enhanced --output f.sealed")
    cli = elsewhere()
    cli.ok("applid set FEKAPPL --timeout 600 --ticket upper --replay allow")
    ran = cli.ok("key import f.sealed")
    assert ran.err.splitlines() == [
        "note: ticket is not set at the sender's, upper here",
        "note: timeout is 90 at the sender's, 600 here",
        "note: replay is deny at the sender's, allow here",
    ]
    assert cli.ok("key import f.sealed --format json").json["differences"][1] == {
        "setting": "timeout",
        "sender": "90",
        "here": "600",
    }


def test_another_key_is_replaced_only_by_force(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    cli.ok("key generate FEKAPPL")
    before = reveal(cli)
    own = check_value(LegacyKey.from_hex(before)).digits
    cli.refused("key import f.sealed", "there is another key FEKAPPL (legacy) already", own, "--force")
    assert reveal(cli) == before
    cli.ok("key import f.sealed --force")
    assert reveal(cli) == LEGACY


def test_the_same_key_again_changes_nothing(home: Any) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    before = (home.home / "keys.toml").read_bytes()
    ran = home.ok("key import f.sealed")
    assert ran.out.startswith("is stored already: the key FEKAPPL (legacy)")
    assert (home.home / "keys.toml").read_bytes() == before


def test_a_dry_run_tells_and_stores_nothing(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    before = (cli.home / "keys.toml").read_bytes()
    assert CHECK in cli.ok("key import f.sealed --dry-run").out
    answer = cli.ok("key import f.sealed --dry-run --format json").json
    jsonschema.validate(answer, IMPORTED)
    assert answer["stored"] is False
    assert (cli.home / "keys.toml").read_bytes() == before


def test_the_check_value_is_compared(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    home.ok("key export FEKAPPL --enhanced --output g.sealed")
    cli = elsewhere()
    cli.refused("key import f.sealed --check-value 000000", f"the check value is {CHECK}, not 000000")
    cli.refused("key import f.sealed --check-value FBDA", "has 4 digits")
    assert cli.ok("key list --format json").json["keys"] == []
    cli.run(["key", "import", "f.sealed", "--check-value", "fb da 14"])
    cli.ok(f"key import g.sealed --check-value {check_value(EnhancedKey.from_hex(ENHANCED)).digits[:8]}")
    assert len(cli.ok("key list --format json").json["keys"]) == 2


@pytest.mark.parametrize(("answer", "is_stored"), [(b"y\n", True), (b"n\n", False), (b"", False)])
def test_a_person_is_asked_with_the_check_value_at_hand(
    home: Any, elsewhere: Callable[[], Any], answer: bytes, is_stored: bool
) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    ran = cli.run(["key", "import", "f.sealed"], answer, terminal=True, keyboard=True)
    assert ran.status == (0 if is_stored else 2)
    assert f"check value {CHECK} (ENC-ZERO)? [y/N]" in ran.err
    assert len(cli.ok("key list --format json").json["keys"]) == is_stored
    if is_stored:
        again = cli.run(["key", "import", "f.sealed", "--yes"], terminal=True, keyboard=True)
        assert "[y/N]" not in again.err


def test_qualified_and_pending_keys_keep_their_names(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key generate FEKAPPL --user IBMUSER --group SYS1")
    home.ok("key rotate FEKAPPL")
    home.ok("key export FEKAPPL --user IBMUSER --group SYS1 --output q.sealed")
    home.ok("key export FEKAPPL --pending --output p.sealed")
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    for name in ("q", "p", "f"):
        cli.ok(f"key import {name}.sealed")
    found = [(each["profile"], each["stage"]) for each in cli.ok("key list --format json").json["keys"]]
    assert sorted(found) == [("FEKAPPL", "current"), ("FEKAPPL", "pending"), ("FEKAPPL.SYS1.IBMUSER", "current")]


def test_a_current_key_taken_in_as_the_next_one(home: Any, elsewhere: Callable[[], Any]) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    cli = elsewhere()
    cli.ok("key generate FEKAPPL")
    cli.ok("key import f.sealed --pending")
    cli.ok("key promote FEKAPPL --yes")
    assert reveal(cli) == LEGACY


def test_a_weak_key_is_taken_only_by_force(home: Any) -> None:
    home.ok("applid add WEAK")
    home.ok("key set WEAK --force", stdin="0101010101010101")
    home.ok("key export WEAK --output w.sealed")
    home.ok("key remove WEAK --yes")
    home.refused("key import w.sealed", "a DES weak key", "--force")
    assert "a DES weak key" in home.ok("key import w.sealed --force").err


def test_a_key_that_serves_elsewhere_already_is_told(home: Any) -> None:
    home.ok("applid add FEKTEST --component rse --timeout 90")
    home.ok("key export FEKAPPL --output f.sealed")
    ran = home.ok("key import f.sealed --as FEKTEST")
    assert ran.err == "warning: the same key is stored for FEKAPPL (legacy)\n"


def test_the_store_is_made_for_its_first_key(home: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.ok("key export FEKAPPL --output f.sealed")
    home.environ["PTKTCTL_HOME"] = str(tmp_path / "new")
    home.ok("applid add FEKAPPL --component rse --timeout 90")
    home.refused("key import f.sealed", "there is no store yet", "ptktctl init", status=3)
    home.environ["PTKTCTL_PASSPHRASE"] = "a passphrase of the store"
    home.ok("key import f.sealed")
    assert reveal(home) == LEGACY


# What does not go together, and what is not there


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "where shall the key go?"),
        ("--output f --parts 2", "--parts does not go with --output"),
        ("--to x --parts 2", "--parts does not go with --to"),
        ("--parts 2 --export-passphrase-file x", "--parts does not go with --export-passphrase-file"),
        ("--output f --directory d", "--directory goes with --parts"),
        ("--output f --reveal", "--reveal goes with --parts"),
        ("--output f --to x --export-passphrase-file y", "--to and --export-passphrase-file"),
        ("--parts 1", "1 is not in the range"),
        ("--parts 10", "10 is not in the range"),
    ],
)
def test_options_that_do_not_go_together(home: Any, line: str, said: str) -> None:
    home.refused(f"key export FEKAPPL {line}", said)
    assert list(Path().iterdir()) == []


def test_a_key_that_is_not_stored(home: Any) -> None:
    home.refused("key export FEKAPPL --pending --output f", "no key FEKAPPL (legacy, pending)", "stored for", status=3)
    home.refused("key export NOSUCH --output f", "NOSUCH is not defined")
    home.ok("applid add EMPTY")
    home.refused("key export EMPTY --output f", "there is no key EMPTY (legacy)", "key generate EMPTY", status=3)
    assert list(Path().iterdir()) == []


def test_no_file_is_replaced_unless_asked_for(home: Any) -> None:
    Path("f.sealed").write_text("precious")
    del home.environ["PTKTCTL_EXPORT_PASSPHRASE"]
    # Refused before a passphrase is asked for.
    assert home("key export FEKAPPL --output f.sealed", terminal=True).status == 2
    assert home.asked == []
    home.environ["PTKTCTL_EXPORT_PASSPHRASE"] = PASSPHRASE
    home.refused("key export FEKAPPL --output f.sealed", "f.sealed exists already", "--force")
    assert Path("f.sealed").read_text() == "precious"
    home.ok("key export FEKAPPL --output f.sealed --force")
    home.refused("key export FEKAPPL --output .", "is not a file")
    home.refused("key export FEKAPPL --output no/such/folder/f", "could not be written", status=3)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hello\n", "neither a sealed file nor a page of key parts"),
        (b"\x00\xff\xfe", "neither a sealed file"),
        (LEGACY.encode() + b"\n", "a key in clear"),
        (b"# Written and sealed by ptktctl; any change by hand is refused as damage.\n", "a store of sealed keys"),
        (b"PTKTCTL-UNLOCK-KEY-1:abc", "an unlock key file"),
        (b"PTKTCTL-IDENTITY-1:abc", "a private key file"),
        (b"ptktctl-pub-abc", "a public key"),
        (b"x" * 70_000, "more than 64 KB"),
    ],
)
def test_a_foreign_file_is_named_for_what_it_is(home: Any, content: bytes, said: str) -> None:
    Path("f").write_bytes(content)
    home.refused("key import f", "f ", said)


JUNK = st.binary(max_size=300) | st.text(st.sampled_from("ABF019 \n\f-=[]#"), max_size=300).map(str.encode)
STARTS = st.sampled_from(
    [b"", handover.HEADER.encode(), b"ptktctl key part ", b"ptktctl key part 1 of 2 for A\n", b"PTKTCTL-IDENTITY-1:"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(STARTS, JUNK)
def test_whatever_is_imported_gets_one_message(home: Any, start: bytes, junk: bytes) -> None:
    home.refused("key import -", "standard input", stdin=start + junk)


def test_files_that_can_not_be_read(home: Any) -> None:
    home.refused("key import none", "none can't be read: No such file")
    home.refused("key import .", "can't be read: Is a directory")
    home.refused("key import", "which file?", "--parts N")
    home.ok("key export FEKAPPL --output f.sealed")
    home.refused("key import f.sealed f.sealed", "2 files were given", "one sealed file at a time")
    home.refused("key import f.sealed --user A", "--user is for parts that are typed")
    home.refused("key import f.sealed --parts 2", "--parts is for parts that are typed")


def test_the_store_of_this_very_home_is_no_import(home: Any) -> None:
    home.refused(f"key import {home.home}/keys.toml", "a store of sealed keys")


# Key parts


def test_parts_in_files(home: Any, elsewhere: Callable[[], Any]) -> None:
    ran = home.ok("key export FEKAPPL --parts 3 --directory parts")
    names = [f"FEKAPPL-legacy-part-{number}-of-3.txt" for number in (1, 2, 3)]
    assert sorted(path.name for path in Path("parts").iterdir()) == names
    assert {path.stat().st_mode & 0o777 for path in Path("parts").iterdir()} == {0o600}
    assert Path("parts").stat().st_mode & 0o777 == 0o700
    assert f"wrote 3 parts of the key FEKAPPL (legacy), check value {CHECK}" in ran.out
    assert "custodian" in ran.err
    for name in names:
        assert LEGACY not in Path("parts", name).read_text().replace(" ", "")
    cli = elsewhere()
    ran = cli.ok(f"key import parts/{names[2]} parts/{names[0]} parts/{names[1]}")
    assert "from 3 key parts" in ran.out
    assert LegacyKey.from_hex(reveal(cli)) == LegacyKey.from_hex(LEGACY)


def test_json_of_parts(home: Any) -> None:
    made = home.ok("key export FEKAPPL --enhanced --parts 2 --directory parts --format json").json
    jsonschema.validate(made, PARTED)
    assert [part["file"] for part in made["parts"]] == [
        f"parts/FEKAPPL-enhanced-part-{number}-of-2.txt" for number in (1, 2)
    ]
    home.refused_json = home("key export FEKAPPL --parts 2 --format json")
    assert home.refused_json.status == 2
    assert home.refused_json.json["schema"] == "ptktctl.error/1"
    shown = home.ok("key export FEKAPPL --parts 2 --reveal --format json").json
    jsonschema.validate(shown, PARTED)
    assert all(part["page"].startswith("ptktctl key part ") for part in shown["parts"])


def test_parts_through_a_pipe(home: Any, elsewhere: Callable[[], Any]) -> None:
    ran = home.ok("key export FEKAPPL --enhanced --parts 4")
    assert ran.out.count("\f") == 3
    assert "4 parts of the key FEKAPPL (enhanced)" in ran.err
    cli = elsewhere()
    taken = cli.ok("key import - --format json", stdin=ran.out).json
    jsonschema.validate(taken, IMPORTED)
    assert taken["origin"] == "4 key parts"
    assert reveal(cli) == ENHANCED


def test_parts_are_not_shown_on_a_terminal(home: Any) -> None:
    ran = home("key export FEKAPPL --parts 2", terminal=True)
    assert (ran.status, ran.out) == (2, "")
    assert "not shown on a terminal" in ran.err
    assert "line 1" in home("key export FEKAPPL --parts 2 --reveal", terminal=True).out


def test_all_parts_are_written_or_none(home: Any) -> None:
    Path("parts").mkdir()
    Path("parts/FEKAPPL-legacy-part-2-of-2.txt").write_text("precious")
    home.refused("key export FEKAPPL --parts 2 --directory parts", "part-2-of-2.txt exists already", "--force")
    assert [path.read_text() for path in Path("parts").iterdir()] == ["precious"]
    home.ok("key export FEKAPPL --parts 2 --directory parts --force")
    assert len(list(Path("parts").iterdir())) == 2


def test_a_disk_that_fails_in_the_middle_leaves_no_part(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ptktctl.store import files

    write, calls = files.write_new, []

    def fail_at_the_second(path: str, data: bytes) -> None:
        if "parts" in path:
            calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(files, "write_new", fail_at_the_second)
    home.refused("key export FEKAPPL --parts 3 --directory parts", "No space left", status=3)
    assert list(Path("parts").iterdir()) == []


@pytest.mark.parametrize("call", ["write_new", "publish"])
def test_a_disk_that_fails_destroys_no_part_that_was_there(
    home: Any, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    from ptktctl.store import files

    home.ok("key export FEKAPPL --parts 3 --directory parts")
    before = {path: path.read_text() for path in Path("parts").iterdir()}
    done, calls = getattr(files, call), []

    def fail_at_the_first_or_second(path: str, *rest: Any) -> None:
        calls.append(path)
        if "part-2-of-3" in path or (call == "publish" and "parts" in path):
            raise OSError(28, "No space left on device")
        done(path, *rest)

    monkeypatch.setattr(files, call, fail_at_the_first_or_second)
    home.refused("key export FEKAPPL --parts 3 --directory parts --force", "No space left", status=3)
    assert {path: path.read_text() for path in Path("parts").iterdir()} == before
    assert len(calls) > (call == "write_new")


def test_parts_that_are_missing_or_mistyped_are_named(home: Any) -> None:
    home.ok("key export FEKAPPL --parts 3 --directory parts")
    one, two, three = sorted(str(path) for path in Path("parts").iterdir())
    home.refused(f"key import {one} {three}", "missing: 2", "all parts are needed")
    home.refused(f"key import {one} {two} {two} {three}", "part 2 of 3", "twice")
    home.refused(f"key import {one} {two} f", "f can't be read")
    row = next(line for line in Path(two).read_text().splitlines() if line.startswith("line 1"))
    slip = row[:-1] + f"{int(row[-1], 16) ^ 0b1010:X}"
    Path(two).write_text(Path(two).read_text().replace(row, slip))
    home.refused(f"key import {one} {two} {three}", f"{two}, part 2 of 3", "a digit is wrong")
    Path(two).write_text("hello")
    home.refused(f"key import {one} {two} {three}", f"{two} is neither")


def test_part_files_that_others_can_read_are_told(home: Any) -> None:
    home.ok("key export FEKAPPL --parts 2 --directory parts")
    Path("parts/FEKAPPL-legacy-part-1-of-2.txt").chmod(0o644)
    ran = home.ok("key import parts/FEKAPPL-legacy-part-1-of-2.txt parts/FEKAPPL-legacy-part-2-of-2.txt")
    assert "others can read parts/FEKAPPL-legacy-part-1-of-2.txt" in ran.err
    assert "part-2-of-2" not in ran.err


# Typed parts


def grouped(secret: bytes) -> str:
    digits = secret.hex().upper()
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def typed(cli: Any, line: str, *answers: str, data: bytes = b"y\n") -> Any:
    cli.answers = list(answers)
    cli.asked.clear()
    ran = cli.run(["key", "import", *line.split()], data, terminal=True, keyboard=True)
    assert cli.answers == []
    return ran


def test_custodians_type_their_parts(elsewhere: Callable[[], Any]) -> None:
    cli = elsewhere()
    parts = split(LegacyKey.from_hex(LEGACY), 3)
    answers = [text for part in parts for text in (grouped(part.secret), check_value(part).digits)]
    ran = typed(cli, "--parts 3 --as FEKAPPL", *answers, CHECK)
    assert ran.status == 0
    assert "from 3 key parts, typed" in ran.out
    assert cli.asked[:2] == ["part 1 of 3 (not shown): ", "check value of part 1 of 3 (Enter: not compared): "]
    assert cli.asked[-1] == "check value of the key (Enter: not compared): "
    assert LegacyKey.from_hex(reveal(cli)) == LegacyKey.from_hex(LEGACY)
    for part in parts:
        assert part.secret.hex().upper() not in cli.outputs().replace(" ", "")


def test_a_slip_is_named_and_the_part_typed_again(elsewhere: Callable[[], Any]) -> None:
    cli = elsewhere()
    one, two = split(LegacyKey.from_hex(LEGACY), 2)
    first, second = check_value(one).digits, check_value(two).digits
    right = [one.secret.hex(), first.lower()]
    ran = typed(
        cli,
        "--parts 2 --as FEKAPPL",
        one.secret.hex()[:-1],  # a digit is missing: no check value is asked for
        *[two.secret.hex(), first],  # the other part
        *right,
        *[two.secret.hex(), second],
        CHECK,
    )
    assert ran.status == 0
    assert "part 1 of 2: the legacy key has 15 hexadecimal digits; again:" in ran.err
    assert f"part 1 of 2: its check value is {second}, not {first}; again:" in ran.err
    assert LegacyKey.from_hex(reveal(cli)) == LegacyKey.from_hex(LEGACY)


def test_three_slips_end_it(elsewhere: Callable[[], Any]) -> None:
    cli = elsewhere()
    ran = typed(cli, "--parts 2 --as FEKAPPL", "1", "2", "3")
    assert ran.status == 2
    assert "ptktctl: part 1 of 2: " in ran.err


def test_parts_of_different_divisions_do_not_make_the_key(elsewhere: Callable[[], Any]) -> None:
    cli = elsewhere()
    key = LegacyKey.from_hex(LEGACY)
    (one, _), (_, two) = split(key, 2), split(key, 2)
    ran = typed(cli, "--parts 2 --as FEKAPPL", one.secret.hex(), "", two.secret.hex(), "", CHECK)
    assert ran.status == 2
    assert f"not {CHECK}" in ran.err
    assert cli.ok("key list --format json").json["keys"] == []


def test_an_enhanced_part_is_typed_line_by_line(elsewhere: Callable[[], Any]) -> None:
    cli = elsewhere()
    answers = []
    for part in split(EnhancedKey.from_hex(ENHANCED), 2):
        digits = part.secret.hex()
        answers += [digits[:32], digits[32:64], "", check_value(part).digits]
    ran = typed(cli, "--parts 2 --as FEKAPPL --enhanced --user IBMUSER --pending", *answers, "")
    assert ran.status == 0
    assert cli.asked[1] == "part 1 of 2, line 2 (not shown; empty: all is typed): "
    found = cli.ok("key list --format json").json["keys"]
    assert [(each["profile"], each["kind"], each["stage"]) for each in found] == [
        ("FEKAPPL.IBMUSER", "enhanced", "pending")
    ]


def test_what_would_be_refused_in_the_end_is_refused_before_typing(home: Any) -> None:
    for line, said in (
        ("--parts 2", "give --as APPLID"),
        ("--parts 2 --as NOSUCH", "NOSUCH is not defined"),
        ("--parts 2 --as FEKAPPL", "there is another key FEKAPPL (legacy) already"),
    ):
        ran = typed(home, line)
        assert ran.status == 2
        assert said in ran.err
    home.refused("key import --parts 2 --as FEKAPPL --force", "typed on a terminal, and there is none", stdin="AA")


def test_custodians_at_a_real_terminal(elsewhere: Callable[[], Any], on_terminal: Callable[..., Any]) -> None:
    cli = elsewhere()
    parts = split(LegacyKey.from_hex(LEGACY), 2)
    command = [sys.executable, "-m", "ptktctl", "key", "import", "--parts", "2", "--as", "FEKAPPL"]
    shown = on_terminal(*command, environ=cli.environ)
    for number, part in enumerate(parts, start=1):
        for prompt, text in (
            (f"part {number} of 2 (not shown): ", grouped(part.secret)),
            (f"check value of part {number} of 2 (Enter: not compared): ", check_value(part).digits),
        ):
            shown.wait_for_hidden(prompt)
            shown.type(text + "\n")
    shown.wait_for_hidden("check value of the key (Enter: not compared): ")
    shown.type(CHECK + "\n")
    shown.wait_for("? [y/N] ")
    shown.type("y\n")
    assert shown.end() == 0
    assert "stored the key FEKAPPL (legacy) from 2 key parts, typed" in shown.seen
    assert all(grouped(part.secret) not in shown.seen for part in parts)
    assert LegacyKey.from_hex(reveal(cli)) == LegacyKey.from_hex(LEGACY)


# What is remembered of it


def test_the_audit_trail_knows_which_key_it_was(home: Any, elsewhere: Callable[[], Any]) -> None:
    def recorded() -> list[tuple[str, str, list[str], str | None]]:
        lines = (home.home / "audit.jsonl").read_text().splitlines()
        events = [json.loads(line) for line in lines]
        return [(each["action"], each["outcome"], each["applids"], each["key"]) for each in events]

    home.ok("key export FEKAPPL --enhanced --output f.sealed")
    assert recorded()[-1] == ("key.export", "sealed", ["FEKAPPL"], "enhanced")
    home.ok("key export FEKAPPL --parts 2 --directory parts")
    assert recorded()[-1] == ("key.export", "divided", ["FEKAPPL"], "legacy")
    cli = elsewhere()
    cli.ok("key import f.sealed --dry-run")
    assert recorded()[-1] == ("key.import", "looked at", ["FEKAPPL"], "enhanced")
    cli.ok("key import f.sealed")
    assert recorded()[-2:] == [
        ("key.import", "begun", [], None),
        ("key.import", "stored", ["FEKAPPL"], "enhanced"),
    ]
    cli("key import f.sealed --check-value 000000")
    assert recorded()[-1][1].startswith("failed: ")
    cli.ok("key recipient --create")
    assert recorded()[-1] == ("key.recipient", "created", [], None)


# Secrets


def test_nothing_secret_is_said_or_left_behind(home: Any, elsewhere: Callable[[], Any]) -> None:
    """The `secrets` fixture searches what was said; here the files."""
    home.ok("key export FEKAPPL --output f.sealed")
    public = home.ok("key recipient --create").out.strip()
    home.ok(f"key export FEKAPPL --enhanced --output g.sealed --to {public}")
    for path in Path().rglob("*"):
        text = path.read_text().casefold().replace(" ", "")
        for secret in (LEGACY, ENHANCED, PASSPHRASE.replace(" ", ""), CHECK):
            assert secret.casefold() not in text
