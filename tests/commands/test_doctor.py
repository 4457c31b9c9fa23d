"""ptktctl doctor: what is sound, what is missing, what is to be mended."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ptktctl.commands import doctor

Process = Callable[..., "subprocess.CompletedProcess[str]"]
SCHEMA = {
    "type": "object",
    "required": ["schema", "checks"],
    "properties": {
        "schema": {"const": "ptktctl.doctor/1"},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["check", "state", "found", "remedy"],
                "properties": {
                    "check": {"enum": ["places", "definitions", "keys", "ledger", "clock", "versions"]},
                    "state": {"enum": ["ok", "note", "mend"]},
                    "found": {"type": "string", "minLength": 1},
                    "remedy": {"type": ["string", "null"]},
                },
            },
        },
    },
}


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A time service that answers what a test says; "yes" unless told."""

    def answer(text: str) -> None:
        monkeypatch.setattr(doctor, "CLOCK_COMMAND", ("echo", text))

    answer("yes")
    return answer


def checks(cli: Any, status: int = 0, options: str = "") -> list[tuple[str, str, str, str | None]]:
    ran = cli(f"doctor {options} --format json")
    assert (ran.status, ran.err) == (status, "")
    jsonschema.validate(ran.json, SCHEMA)
    found = [(each["check"], each["state"], each["found"], each["remedy"]) for each in ran.json["checks"]]
    assert status == int(any(state == "mend" for _, state, _, _ in found))
    text = cli(f"doctor {options}")
    assert text.status == status
    for what, state, what_is, remedy in found:
        assert f"{state:<6}{what:<12} {what_is}\n" in text.out
        assert remedy is None or f"\n{'':<19}{remedy}\n" in text.out
    return found


def to_mend(cli: Any, options: str = "") -> list[tuple[str, str, str | None]]:
    return [(what, found, remedy) for what, state, found, remedy in checks(cli, 1, options) if state == "mend"]


def notes(cli: Any) -> list[tuple[str, str, str | None]]:
    return [(what, found, remedy) for what, state, found, remedy in checks(cli) if state == "note"]


def test_nothing_there_yet(cli: Any) -> None:
    assert notes(cli) == [
        ("places", f"{cli.home}/applids.toml: not there yet", None),
        ("places", f"{cli.home}/keys.toml: not there yet", None),
        ("places", f"{cli.home}/used.db: not there yet", None),
        ("places", f"{cli.home}/audit.jsonl: not there yet", None),
        ("definitions", "no APPLID is defined", "ptktctl applid add APPLID"),
        ("keys", "there is no store yet", "ptktctl init"),
    ]
    assert not cli.home.exists()


def test_a_sound_store(stored: Any) -> None:
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    stored.ok(f"verify -u IBMUSER -- {ticket}")
    found = checks(stored)
    assert {state for _, state, _, _ in found} == {"ok"}
    assert ("definitions", "ok", "FEKAPPL", None) in found
    assert ("keys", "ok", "1 stored; the file is whole", None) in found
    assert ("ledger", "ok", "the memory of used tickets is sound", None) in found


def test_it_changes_nothing(stored: Any) -> None:
    before = {path.name: path.read_bytes() for path in stored.home.iterdir()}
    checks(stored)
    assert {path.name: path.read_bytes() for path in stored.home.iterdir()} == before


def test_unsafe_permissions_are_told_once_with_what_mends_them(stored: Any) -> None:
    stored.home.chmod(0o755)
    (stored.home / "keys.toml").chmod(0o644)
    said = to_mend(stored)
    assert said == [("places", f"others can read {stored.home} (mode 0755)", f"chmod 700 '{stored.home}'")]
    subprocess.run(["sh", "-c", str(said[0][2])], check=True)
    said = to_mend(stored)
    path = stored.home / "keys.toml"
    assert said == [("places", f"others can read {path} (mode 0644)", f"chmod 600 '{path}'")]
    subprocess.run(["sh", "-c", str(said[0][2])], check=True)
    checks(stored)


def test_every_unsafe_file_is_told(stored: Any) -> None:
    for name in ("keys.toml", "applids.toml"):
        (stored.home / name).chmod(0o644)
    assert [remedy for _, _, remedy in to_mend(stored)] == [
        f"chmod 600 '{stored.home}/applids.toml'",
        f"chmod 600 '{stored.home}/keys.toml'",
    ]


@pytest.mark.parametrize(
    ("name", "what"), [("applids.toml", "definitions"), ("keys.toml", "keys"), ("used.db", "ledger")]
)
def test_damage(stored: Any, name: str, what: str) -> None:
    ticket = stored.ok("gen -u IBMUSER").out.strip()
    stored.ok(f"verify -u IBMUSER -- {ticket}")
    path = stored.home / name
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    said = to_mend(stored)
    assert {each for each, _, _ in said} == {what}
    assert str(path) in said[0][1]


def test_a_store_it_cannot_open_without_asking(stored: Any, tmp_path: Path) -> None:
    (tmp_path / "unlock.key").rename(tmp_path / "away.key")
    said = notes(stored)
    assert [what for what, _, _ in said] == ["places", "keys"]
    assert "its unlock key file is missing" in said[1][1]
    assert "--key-file" in (said[1][2] or "")
    assert {state for _, state, _, _ in checks(stored, options=f"--key-file {tmp_path}/away.key")} == {"ok", "note"}


def test_a_way_to_unlock_that_is_wrong(stored: Any) -> None:
    stored.environ["PTKTCTL_KEY_FILE"] = "/none/such"
    assert [(what, "PTKTCTL_KEY_FILE" in found) for what, found, _ in to_mend(stored)] == [("keys", True)]


def test_nobody_is_asked(stored: Any, tmp_path: Path) -> None:
    (tmp_path / "unlock.key").unlink()
    assert stored.run(["doctor"], terminal=True, keyboard=True).status == 0
    assert stored.asked == []


def test_keys_that_are_easy_to_guess_and_names_that_do_not_meet(stored: Any) -> None:
    stored.ok("applid add CICSPROD")
    stored.ok("applid add GONE")
    stored.ok("key set GONE --from -", stdin="E001193519561977")
    definitions = stored.home / "applids.toml"
    kept = definitions.read_text().split("\n\n")
    definitions.write_text("\n\n".join(part for part in kept if "GONE" not in part) + "\n")
    said = checks(stored, 1)
    published = "GONE (legacy): the key is a published sample key: everybody has it"
    assert ("keys", "mend", published, "take a random key on both sides") in said
    assert ("keys", "note", "GONE has keys but no definition", "ptktctl applid add GONE") in said
    assert ("keys", "note", "CICSPROD has no key", "ptktctl key generate CICSPROD, or key set") in said


@pytest.mark.parametrize(("says", "state"), [("yes", "ok"), ("no", "mend"), ("", "note"), ("perhaps", "note")])
def test_the_clock(cli: Any, clock: Callable[[str], None], says: str, state: str) -> None:
    clock(says)
    said = [(each, remedy) for what, each, _, remedy in checks(cli, int(state == "mend")) if what == "clock"]
    assert said[0][0] == state
    assert (said[0][1] is None) is (state == "ok")


def test_no_time_service(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CLOCK_COMMAND", ("/none/such",))
    assert [state for what, state, _, _ in checks(cli) if what == "clock"] == ["note"]


def test_a_time_service_that_hangs(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CLOCK_COMMAND", ("sleep", "60"))
    monkeypatch.setattr(doctor, "CLOCK_PATIENCE", 0.2)
    assert [state for what, state, _, _ in checks(cli) if what == "clock"] == ["note"]


def test_versions(cli: Any) -> None:
    from ptktctl import __version__

    said = [found for what, _, found, _ in checks(cli) if what == "versions"]
    assert said[0].startswith(f"ptktctl {__version__}, Python 3.")
    for library in ("click", "pycryptodome", "rich"):
        assert f"{library} " in said[0]


def test_as_a_process(stored: Any, process: Process) -> None:
    ran = process("doctor")
    assert ran.stderr == ""
    assert ran.stdout.startswith("ok    places ")
    assert ran.returncode in (0, 1)  # as this machine's clock is kept
