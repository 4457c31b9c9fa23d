from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError, StoreDamagedError, StoreError, UnsafePermissionsError
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import ApplId
from ptktctl.store import definitions
from ptktctl.store.definitions import Application, Component, Definitions, Replay
from ptktctl.store.migration import Migration

FEKAPPL = Application(
    ApplId("FEKAPPL"), 1_700_000_000, Component.RSE, TicketType.MIXED, 90, Replay.ALLOW, 'RSE "prod" größer \\ #'
)
ODD = Application(ApplId("@#$"), 0)
PRINTABLE = st.text(max_size=30).filter(str.isprintable)
APPLICATIONS = st.builds(
    Application,
    st.text("ABC019@#$", min_size=1, max_size=8).map(ApplId.parse),
    st.integers(0, 2**48 - 1),
    st.sampled_from(Component),
    st.none() | st.sampled_from(TicketType),
    st.integers(1, 600),
    st.sampled_from(Replay),
    PRINTABLE,
    st.none() | st.integers(1, 36_500),
    st.none() | st.sampled_from(Migration),
    st.none() | st.sampled_from(TicketType),
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "home" / "applids.toml")


def rewrite(path: str, change: Callable[[str], str]) -> None:
    file = Path(path)
    before = file.read_text()
    after = change(before)
    assert after != before
    file.write_text(after)


def test_nothing_is_defined_where_there_is_no_file(path: str) -> None:
    assert list(Definitions.load(path)) == []
    assert not Path(path).parent.exists()


def test_add_and_load(path: str) -> None:
    definitions.add(path, FEKAPPL)
    definitions.add(path, ODD)
    loaded = Definitions.load(path)
    assert list(loaded) == [ODD, FEKAPPL]
    assert len(loaded) == 2
    assert loaded.get(ApplId("FEKAPPL")) == FEKAPPL
    assert loaded.get(ApplId("OTHER")) is None
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_defaults() -> None:
    assert Application(ApplId("@#$"), 0, Component.OTHER, None, 60, Replay.DENY, "") == ODD


@given(st.lists(APPLICATIONS, unique_by=lambda each: each.applid))
def test_what_is_written_is_read_again(applications: list[Application]) -> None:
    by_name = {each.applid: each for each in applications}
    data = definitions._render(by_name)
    assert definitions._parse(data, "applids.toml") == by_name
    assert definitions._render(dict(reversed(by_name.items()))) == data


def test_a_definition_is_one_table_of_plain_lines(path: str) -> None:
    definitions.add(path, FEKAPPL.replaced(description="RSE"))
    assert Path(path).read_text().splitlines() == [
        "format = 1",
        "",
        "[applid.FEKAPPL]",
        'check = "7d74819f0fe4870b"',
        'component = "rse"',
        'ticket = "mixed"',
        "timeout = 90",
        'replay = "allow"',
        'description = "RSE"',
        "created = 1700000000",
    ]


def test_what_many_do_without_is_written_only_where_it_is_said(path: str) -> None:
    moving = {"max_age": 90, "migration": Migration.KEY_MADE, "migrating_to": TicketType.UPPER}
    definitions.add(path, FEKAPPL.replaced(description="RSE"))
    plain = Path(path).read_text()
    definitions.update(path, ApplId("FEKAPPL"), lambda before: before.replaced(**moving))
    assert Path(path).read_text().splitlines()[8:] == [
        'description = "RSE"',
        "max_age = 90",
        'migration = "key-made"',
        'migrating_to = "upper"',
        "created = 1700000000",
    ]
    definitions.rename(path, ApplId("FEKAPPL"), ApplId("NEW"))
    (renamed,) = Definitions.load(path)
    assert renamed == FEKAPPL.replaced(description="RSE", applid=ApplId("NEW"), **moving)
    definitions.rename(path, ApplId("NEW"), ApplId("FEKAPPL"))
    definitions.update(path, ApplId("FEKAPPL"), lambda before: before.replaced(**dict.fromkeys(moving)))
    assert Path(path).read_text() == plain


@given(APPLICATIONS, APPLICATIONS)
def test_the_check_tells_definitions_apart(some: Application, other: Application) -> None:
    assert (definitions._check(some) == definitions._check(other)) == (some == other)


@pytest.mark.parametrize("days", [0, -1, 36_501])
def test_an_age_out_of_range_is_refused(path: str, days: int) -> None:
    with pytest.raises(InputError, match="greatest age"):
        definitions.add(path, FEKAPPL.replaced(max_age=days))
    assert not Path(path).exists()


def test_update_rename_remove(path: str) -> None:
    definitions.add(path, FEKAPPL)
    changed = definitions.update(path, ApplId("FEKAPPL"), lambda before: before.replaced(timeout=1))
    assert changed == FEKAPPL.replaced(timeout=1)
    definitions.rename(path, ApplId("FEKAPPL"), ApplId("NEW"))
    assert list(Definitions.load(path)) == [changed.replaced(applid=ApplId("NEW"))]
    definitions.rename(path, ApplId("NEW"), ApplId("NEW"))
    definitions.remove(path, ApplId("NEW"))
    assert list(Definitions.load(path)) == []


def test_what_cannot_be_done_changes_nothing(path: str) -> None:
    definitions.add(path, FEKAPPL)
    definitions.add(path, ODD)
    before = Path(path).read_bytes()
    for attempt in (
        lambda: definitions.add(path, Application(ApplId("FEKAPPL"), 1)),
        lambda: definitions.rename(path, ApplId("FEKAPPL"), ApplId("@#$")),
        lambda: definitions.rename(path, ApplId("NONE"), ApplId("NEW")),
        lambda: definitions.remove(path, ApplId("NONE")),
        lambda: definitions.update(path, ApplId("NONE"), lambda each: each),
        lambda: definitions.update(path, ApplId("FEKAPPL"), lambda each: each.replaced(timeout=601)),
    ):
        with pytest.raises(InputError):
            attempt()
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("timeout", [0, -1, 601, 10**9])
def test_a_timeout_out_of_range_is_refused(timeout: int) -> None:
    with pytest.raises(InputError, match=f"timeout is {timeout} s") as caught:
        FEKAPPL.replaced(timeout=timeout).checked()
    assert "1 to 600" in str(caught.value.hint)


@pytest.mark.parametrize("description", ["two\nlines", "\x1b[31mred", "\x00", "\udcff"])
def test_a_description_that_cannot_be_printed_is_refused(description: str) -> None:
    with pytest.raises(InputError):
        FEKAPPL.replaced(description=description).checked()


def test_an_edit_by_hand_is_noticed_and_the_hint_says_how_to_keep_it(path: str) -> None:
    definitions.add(path, FEKAPPL)
    definitions.add(path, ODD)
    rewrite(path, lambda text: text.replace("timeout = 90", "timeout = 91"))
    with pytest.raises(StoreDamagedError, match=r"applids.toml, entry FEKAPPL: .*edited by hand") as caught:
        Definitions.load(path)
    assert caught.value.hint
    assert "delete the line `check`" in caught.value.hint
    check = definitions._check(FEKAPPL)
    rewrite(path, lambda text: text.replace(f'check = "{check}"\n', ""))
    assert list(Definitions.load(path)) == [ODD, FEKAPPL.replaced(timeout=91)]


def test_an_entry_written_by_hand_is_taken_and_checked_from_then_on(path: str) -> None:
    definitions.add(path, ODD)
    by_hand = '\n[applid.HAND]\ncomponent = "cics"\ntimeout = 5\nreplay = "deny"\ncreated = 7\n'
    rewrite(path, lambda text: text + by_hand)
    written = Application(ApplId("HAND"), 7, Component.CICS, timeout=5)
    assert Definitions.load(path).get(ApplId("HAND")) == written
    definitions.add(path, FEKAPPL)
    assert definitions._check(written) in Path(path).read_text()


def test_two_lines_of_work_merge_by_entry(path: str) -> None:
    """What version control does when two people add an application each."""
    definitions.add(path, FEKAPPL)
    one, other = (definitions._render({each.applid: each}).decode() for each in (FEKAPPL, ODD))
    Path(path).write_text(one + "\n" + other.removeprefix("format = 1\n\n"))
    assert list(Definitions.load(path)) == [ODD, FEKAPPL]


GOOD = definitions._render({FEKAPPL.applid: FEKAPPL, ODD.applid: ODD})


def outcome(data: bytes) -> object:
    try:
        return definitions._parse(data, "applids.toml")
    except StoreError as error:  # also the one of a later format
        return "damaged" if error.message.startswith("applids.toml") else error


def test_every_flipped_byte_is_noticed_or_means_the_same() -> None:
    meant = definitions._parse(GOOD, "applids.toml")
    odd_bytes = b"\n\r\t #\"'[]{}=.,\\0AZaz_-\x00\xff"
    noticed = 0
    for position, byte in enumerate(GOOD):
        for other in {*odd_bytes, *(byte ^ 1 << bit for bit in range(8))} - {byte}:
            found = outcome(GOOD[:position] + bytes([other]) + GOOD[position + 1 :])
            assert found in ("damaged", meant), (position, other)
            noticed += found == "damaged"
    assert noticed > 20 * len(GOOD)


def test_every_lost_end_is_noticed_or_loses_whole_entries() -> None:
    whole = [{}, {ODD.applid: ODD}, {ODD.applid: ODD, FEKAPPL.applid: FEKAPPL}]
    for length in range(len(GOOD)):
        found = outcome(GOOD[:length])
        assert found == "damaged" or found in whole


ENTRY = '[applid.A]\ncomponent = "rse"\ntimeout = 60\nreplay = "deny"\ncreated = 1\n'


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "format is missing"),
        ("format = 3", "knows only 1"),
        ("format = 1\napplids = 1", "'applids' is unknown"),
        ("format = 1\napplid = 1", "applid is not a table"),
        ("format = 1\napplid.A = 1", "entry A: is not a table"),
        ("format = 1\n" + ENTRY.replace("[applid.A]", "[applid.a]"), "entry a: an APPLID is written in upper case"),
        ("format = 1\n" + ENTRY.replace("[applid.A]", "[applid.TOOLONGNAME]"), "entry TOOLONGNAME"),
        ("format = 1\n" + ENTRY.replace("[applid.A]", '[applid."É"]'), "character 1"),
        ("format = 1\n" + ENTRY.replace('"rse"', '"rsed"'), "component is none of rse"),
        ("format = 1\n" + ENTRY.replace("60", "0"), "timeout is not between 1 and 600"),
        ("format = 1\n" + ENTRY.replace("60", "60.0"), "timeout is not an integer"),
        ("format = 1\n" + ENTRY.replace('"deny"', "true"), "replay is not a string"),
        ("format = 1\n" + ENTRY.replace("created = 1\n", ""), "created is missing"),
        ("format = 1\n" + ENTRY + 'description = "\\n"', "line end"),
        ("format = 1\n" + ENTRY + 'ticket = "both"', "ticket is none of legacy, upper, mixed"),
        ("format = 1\n" + ENTRY + "max_age = 0", "max_age is not between 1 and 36500"),
        ("format = 1\n" + ENTRY + 'max_age = "90"', "max_age is not an integer"),
        ("format = 1\n" + ENTRY + 'migration = "half"', "migration is none of begun"),
        ("format = 1\n" + ENTRY + 'migrating_to = "both"', "migrating_to is none of"),
        ("format = 1\n" + ENTRY + "colour = 1", "'colour' is unknown"),
        ("format = 1\n" + ENTRY + "check = 1", "edited by hand"),
        ("format = 1\n" + ENTRY + ENTRY, "is not TOML"),
        ("format = 1\n[applid\n", "line 2"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, what: str) -> None:
    with pytest.raises(StoreError) as caught:
        definitions._parse(text.encode(), "applids.toml")
    assert caught.value.message.startswith("applids.toml")
    assert what in caught.value.message


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_break_the_reader(junk: bytes) -> None:
    for data in (junk, b"format = 1\n" + junk, b"format = 1\n[applid.A]\n" + junk):
        with suppress(StoreError):
            definitions._parse(data, "applids.toml")


@given(st.data())
def test_mutated_files_never_break_the_reader(data: st.DataObject) -> None:
    text = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        text[start:end] = data.draw(
            st.sampled_from([b"", b'"', b"[", b"]", b"\n", b"=", b"#", b"\xff", b".", b"9", b"'''"])
        )
    with suppress(StoreError):
        definitions._parse(bytes(text), "applids.toml")


def test_an_unsafe_file_is_refused_for_reading_and_writing(path: str) -> None:
    definitions.add(path, FEKAPPL)
    Path(path).chmod(0o644)
    with pytest.raises(UnsafePermissionsError):
        Definitions.load(path)
    with pytest.raises(UnsafePermissionsError):
        definitions.add(path, ODD)


def test_many_writers_at_once_all_succeed(path: str, together: Callable[..., list[Any]]) -> None:
    def adding(number: int) -> Callable[[], None]:
        def action() -> None:
            for letter in "XYZ":
                definitions.add(path, Application(ApplId(f"{letter}{number}"), number))

        return action

    together([adding(number) for number in range(4)])
    assert len(Definitions.load(path)) == 12


def test_killed_at_any_line_the_definitions_are_the_old_or_the_new_ones(
    path: str, killed_everywhere: Callable[..., int]
) -> None:
    definitions.add(path, ODD)
    before = Path(path).read_bytes()
    seen = set()

    def after() -> None:
        seen.add(tuple(Definitions.load(path)))
        Path(path).write_bytes(before)

    assert killed_everywhere(lambda: definitions.add(path, FEKAPPL), after) > 30
    assert seen == {(ODD,), (ODD, FEKAPPL)}
