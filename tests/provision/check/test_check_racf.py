"""The difference between a set-up and hosts that have it, all but a part of it, or more than it."""

from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ptktctl.lint.security import Esm
from ptktctl.lint.security_state import SecurityState
from ptktctl.provision.difference import Difference
from ptktctl.provision.effects import SetUp
from ptktctl.provision.plan import steps
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey

CommandsOf = Callable[[Wanted], list[str]]
Wants = Callable[[Esm], st.SearchStrategy[Wanted]]
UnloadOf = Callable[..., str]
ListingOf = Callable[..., str]
NEW = WantedKey(KeyForm.EPTKEYLABEL, "RSE.ENHANCED")
OLD = WantedKey(KeyForm.KEYLABEL, "RSE.LEGACY")


class CompareWith(Protocol):
    def __call__(self, wanted: Wanted, *texts: str) -> Difference: ...


class MakeWanted(Protocol):
    def __call__(self, **changes: object) -> Wanted: ...


def texts(difference: Difference) -> list[str]:
    return [command.text for step in difference.steps for command in step.commands]


def comments(difference: Difference) -> str:
    return " ".join(command.comment for step in difference.steps for command in step.commands)


def state_of(wanted: Wanted) -> SecurityState:
    return SetUp(steps(wanted), wanted.esm).state


def lines(commands: list[str]) -> str:
    return "".join(f"{command}\n" for command in commands)


def rest(commands: list[str], dropped: int) -> str:
    return lines(commands[:dropped] + commands[dropped + 1 :])


def is_comparable(command: str) -> bool:
    return not command.startswith("RACDCERT")


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_was_set_up_agrees(
    data: st.DataObject, wants: Wants, commands_of: CommandsOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(Esm.RACF))
    difference = compare_with(wanted, lines(commands_of(wanted)))
    assert texts(difference) == []
    assert difference.agrees


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_what_is_left_out_is_named_and_mended(
    data: st.DataObject, wants: Wants, commands_of: CommandsOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(Esm.RACF))
    commands = commands_of(wanted)
    dropped = data.draw(st.sampled_from([n for n, each in enumerate(commands) if is_comparable(each)]))
    host = rest(commands, dropped)
    difference = compare_with(wanted, host)
    found = texts(difference)
    assert not difference.agrees
    assert commands[dropped] in found or _gives_again(commands[dropped], found)
    about = {word for command in (*found, commands[dropped]) for word in command.split() if wanted.applid in word}
    assert all(set(each.split()) & about or each.startswith("SETROPTS") for each in found)
    mended = compare_with(wanted, host, lines(found))
    assert texts(mended) == []
    assert mended.agrees


def _gives_again(dropped: str, found: list[str]) -> bool:
    """RALTER of a second key is replaced by one with the operands that differ, in the order of the profile's."""
    return dropped.startswith("RALTER") and any(set(dropped.split()) <= set(each.split()) for each in found)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_unload_of_a_set_up_agrees(
    data: st.DataObject, wants: Wants, unload_of: UnloadOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(Esm.RACF))
    difference = compare_with(wanted, unload_of(state_of(wanted)))
    assert texts(difference) == []
    assert difference.agrees
    assert any("check with SETROPTS LIST" in note for note in difference.unknown)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_unload_without_a_command_is_mended(
    data: st.DataObject, wants: Wants, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(Esm.RACF))
    commands = commands_of(wanted)
    dropped = data.draw(st.sampled_from([n for n, each in enumerate(commands) if is_comparable(each)]))
    assume(not commands[dropped].startswith("SETROPTS"))
    unload = unload_of(_state_after(rest(commands, dropped)))
    difference = compare_with(wanted, unload)
    found = texts(difference)
    assert commands[dropped] in found or _gives_again(commands[dropped], found)
    assert found[-1].endswith("REFRESH")
    mended = compare_with(wanted, unload, lines(found))
    assert texts(mended) == []
    assert mended.agrees


def _state_after(commands: str) -> SecurityState:
    from ptktctl.lint.result import File
    from ptktctl.provision.host import read_host

    return read_host([File("commands.txt", commands.encode())]).state


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_listings_of_a_set_up_agree(
    data: st.DataObject, wants: Wants, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(Esm.RACF))
    difference = compare_with(wanted, listing_of(state_of(wanted)))
    assert texts(difference) == []
    assert difference.agrees
    assert not any("SETROPTS LIST" in note for note in difference.unknown)


KEYS = "SETROPTS RACLIST(PTKTDATA) REFRESH"
LOGONS = "SETROPTS RACLIST(APPL) REFRESH"
PROFILE = "PTKTDATA FEKAPPL"
ONE = "IRRPTAUTH.FEKAPPL.USER1"
PERMIT = f"PERMIT {ONE} CLASS(PTKTDATA) ID"
WHOLE_TEXT = "APPLDATA('NO REPLAY PROTECTION - DO NOT CHANGE')"
OTHER_KEY = "SSIGNON(KEYLABEL(RSE.LEGACY))"
CHANGES = [
    pytest.param([f"RALTER {PROFILE} UACC(READ)"], [f"RALTER {PROFILE} UACC(NONE)"], id="key profile open"),
    pytest.param([f"RALTER {PROFILE} WARNING"], [f"RALTER {PROFILE} NOWARNING"], id="key profile warns"),
    pytest.param([f"RALTER {PROFILE} NOAPPLDATA"], [f"RALTER {PROFILE} {WHOLE_TEXT}"], id="no replay text"),
    pytest.param([f"RALTER {PROFILE} APPLDATA('NO REPLAY')"], [f"RALTER {PROFILE} {WHOLE_TEXT}"], id="damaged text"),
    pytest.param([f"RALTER {PROFILE} APPLDATA('NO REPLAY PROTECTION - OURS')"], [], id="other words after the text"),
    pytest.param([f"RALTER {PROFILE} NOSSIGNON"], [f"RALTER {PROFILE} {OTHER_KEY}"], id="no key"),
    pytest.param(
        [f"RALTER {PROFILE} SSIGNON(KEYMASKED(66F4F9331E095436))"], [f"RALTER {PROFILE} {OTHER_KEY}"], id="masked key"
    ),
    pytest.param(
        [f"RALTER {PROFILE} SSIGNON(KEYLABEL(RSE.OTHER))"], [f"RALTER {PROFILE} {OTHER_KEY}"], id="other label"
    ),
    pytest.param(
        [f"RALTER {PROFILE} SSIGNON(EPTKEYLABEL(RSE.ENHANCED))"],
        [f"RALTER {PROFILE} NOSSIGNON", f"RALTER {PROFILE} {OTHER_KEY}"],
        id="enhanced key beside",
    ),
    pytest.param([f"{PERMIT}(STCRSE) DELETE"], [f"{PERMIT}(STCRSE) ACCESS(UPDATE)"], id="generator missing"),
    pytest.param([f"{PERMIT}(STCRSE) ACCESS(READ)"], [f"{PERMIT}(STCRSE) ACCESS(UPDATE)"], id="generator too low"),
    pytest.param([f"{PERMIT}(STCRSE) ACCESS(ALTER)"], [f"{PERMIT}(STCRSE) ACCESS(UPDATE)"], id="generator too high"),
    pytest.param([f"{PERMIT}(STCJMON) ACCESS(UPDATE)"], [f"{PERMIT}(STCJMON) ACCESS(READ)"], id="evaluator too high"),
    pytest.param([f"{PERMIT}(OTHER) ACCESS(READ)"], [f"{PERMIT}(OTHER) DELETE"], id="somebody else"),
    pytest.param([f"{PERMIT}(*) ACCESS(READ)"], [f"{PERMIT}(*) DELETE"], id="everybody"),
    pytest.param([f"{PERMIT}(OTHER) ACCESS(NONE)"], [], id="somebody else refused"),
    pytest.param(
        [f"{PERMIT}(OTHER) ACCESS(UPDATE) WHEN(PROGRAM(TOOL))"],
        [f"PERMIT {ONE} CLASS(PTKTDATA) RESET(WHEN)"],
        id="somebody else on a condition",
    ),
    pytest.param(
        [f"{PERMIT}(STCRSE) DELETE", f"{PERMIT}(STCRSE) ACCESS(UPDATE) WHEN(PROGRAM(TOOL))"],
        [f"{PERMIT}(STCRSE) ACCESS(UPDATE)"],
        id="generator on a condition",
    ),
    pytest.param([f"RALTER PTKTDATA {ONE} UACC(UPDATE)"], [f"RALTER PTKTDATA {ONE} UACC(NONE)"], id="authority open"),
    pytest.param(
        [
            "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)",
            "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(A) ACCESS(UPDATE)",
        ],
        ["PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(A) DELETE"],
        id="broader profile",
    ),
    pytest.param(
        ["RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.USER2 UACC(READ) WARNING"],
        ["RALTER PTKTDATA IRRPTAUTH.FEKAPPL.USER2 UACC(NONE)", "RALTER PTKTDATA IRRPTAUTH.FEKAPPL.USER2 NOWARNING"],
        id="open profile of another user",
    ),
    pytest.param(["RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.USER2 UACC(NONE)"], [], id="closed profile of another user"),
    pytest.param(
        ["RDEFINE PTKTDATA IRRPTAUTH.** UACC(NONE)", "PERMIT IRRPTAUTH.** CLASS(PTKTDATA) ID(A) ACCESS(UPDATE)"],
        ["RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)"],
        id="profile of all applications",
    ),
    pytest.param(
        [
            "RDEFINE PTKTDATA IRRPTAUTH.** UACC(ALTER)",
            "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.** UACC(NONE)",
        ],
        [],
        id="profile of all applications, this one taken out",
    ),
    pytest.param(["RDEFINE PTKTDATA IRRPTAUTH.** UACC(NONE)"], [], id="closed profile of all applications"),
    pytest.param(["RDEFINE PTKTDATA IRRPTAUTH.OTHER.* UACC(ALTER)"], [], id="profile of another application"),
    pytest.param(["RALTER APPL FEKAPPL UACC(NONE)"], ["RALTER APPL FEKAPPL UACC(READ)"], id="nobody may log on"),
    pytest.param(
        ["RALTER APPL FEKAPPL UACC(NONE)", "PERMIT FEKAPPL CLASS(APPL) ID(*) ACCESS(READ)"], [], id="all by permit"
    ),
    pytest.param(["RALTER APPL FEKAPPL UACC(ALTER)"], [], id="everybody may log on"),
]


@pytest.mark.parametrize(("done", "expected"), CHANGES)
@pytest.mark.parametrize("shown", ["commands", "unload", "listing"])
def test_change(
    done: list[str],
    expected: list[str],
    shown: str,
    rse: MakeWanted,
    commands_of: CommandsOf,
    unload_of: UnloadOf,
    listing_of: ListingOf,
    compare_with: CompareWith,
) -> None:
    wanted = rse()
    commands = lines([*commands_of(wanted), *done, KEYS, LOGONS])
    state = _state_after(commands)
    host = {"commands": lambda: commands, "unload": lambda: unload_of(state), "listing": lambda: listing_of(state)}
    difference = compare_with(wanted, host[shown]())
    refresh = LOGONS if " APPL " in "".join(expected) else KEYS
    assert texts(difference) == [*expected, *([refresh] if expected else [])]
    assert difference.agrees == (not expected)
    assert all(each.comment for step in difference.steps for each in step.commands if each.text in expected)
    mended = compare_with(wanted, host[shown](), lines(texts(difference)))
    assert texts(mended) == []
