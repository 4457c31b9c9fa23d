"""ACF2 and Top Secret, whose hosts are known by the commands they were set up with."""

from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.lint.security import Esm
from ptktctl.provision.difference import Difference
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey

CommandsOf = Callable[[Wanted], list[str]]
Wants = Callable[[Esm], st.SearchStrategy[Wanted]]
PRODUCTS = (Esm.ACF2, Esm.TOP_SECRET)


class CompareWith(Protocol):
    def __call__(self, wanted: Wanted, *texts: str) -> Difference: ...


class MakeWanted(Protocol):
    def __call__(self, **changes: object) -> Wanted: ...


def texts(difference: Difference) -> list[str]:
    return [command.text for step in difference.steps for command in step.commands]


def lines(commands: list[str]) -> str:
    return "".join(f"{command}\n" for command in commands)


def is_comparable(command: str) -> bool:
    """Not what says whom something belongs to, and not what says what the next commands work on."""
    return not command.startswith(("SET ", "TSS ADDTO(SECDEPT)"))


@pytest.mark.parametrize("esm", PRODUCTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_was_set_up_agrees(
    esm: Esm, data: st.DataObject, wants: Wants, commands_of: CommandsOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(esm))
    difference = compare_with(wanted, lines(commands_of(wanted)))
    assert texts(difference) == []
    assert difference.agrees


@pytest.mark.parametrize("esm", PRODUCTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_is_left_out_is_named_and_mended(
    esm: Esm, data: st.DataObject, wants: Wants, commands_of: CommandsOf, compare_with: CompareWith
) -> None:
    wanted = data.draw(wants(esm))
    commands = commands_of(wanted)
    dropped = data.draw(st.sampled_from([n for n, each in enumerate(commands) if is_comparable(each)]))
    host = lines(commands[:dropped] + commands[dropped + 1 :])
    difference = compare_with(wanted, host)
    found = texts(difference)
    assert commands[dropped] in found
    assert not difference.agrees
    mended = compare_with(wanted, host + lines(found))
    assert texts(mended) == []


ACF2_LINE = "FEKAPPL.- UID(STCRSE) SERVICE(UPDATE,READ) ALLOW"
TSS_LINE = "PTKTDATA(IRRPTAUTH.FEKAPPL.)"
CHANGES = [
    pytest.param(
        Esm.ACF2,
        ["SET PROFILE(PTKTDATA) DIVISION(SSIGNON)", "CHANGE FEKAPPL NOMULT-USE", "F ACF2,REBUILD(PTK),CLASS(P)"],
        [
            "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)",
            "CHANGE FEKAPPL MULT-USE",
            "F ACF2,REBUILD(PTK),CLASS(P)",
        ],
        id="ACF2: a PassTicket serves once",
    ),
    pytest.param(
        Esm.ACF2,
        [
            "SET RESOURCE(PTK)",
            "RECKEY IRRPTAUTH ADD(FEKAPPL.- UID(OTHER) SERVICE(UPDATE,READ) ALLOW)",
            "F ACF2,REBUILD(PTK)",
        ],
        [
            "SET RESOURCE(PTK)",
            "RECKEY IRRPTAUTH DEL(FEKAPPL.- UID(OTHER) SERVICE(UPDATE,READ) ALLOW)",
            "F ACF2,REBUILD(PTK),CLASS(R)",
        ],
        id="ACF2: somebody else",
    ),
    pytest.param(
        Esm.ACF2,
        ["SET RESOURCE(PTK)", f"RECKEY IRRPTAUTH DEL({ACF2_LINE})", "F ACF2,REBUILD(PTK)"],
        ["SET RESOURCE(PTK)", f"RECKEY IRRPTAUTH ADD({ACF2_LINE})", "F ACF2,REBUILD(PTK),CLASS(R)"],
        id="ACF2: no generator",
    ),
    pytest.param(
        Esm.TOP_SECRET,
        ["TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY(<key>)", "TSS REFRESH"],
        ["TSS ADDTO(NDT) PSTKAPPL(FEKAPPL) SESSKEY(<key>) SIGNMULTI", "TSS REFRESH"],
        id="Top Secret: a PassTicket serves once",
    ),
    pytest.param(
        Esm.TOP_SECRET,
        [f"TSS PERMIT(OTHER) {TSS_LINE} ACCESS(UPDATE)", "TSS REFRESH"],
        [f"TSS REVOKE(OTHER) {TSS_LINE}", "TSS REFRESH"],
        id="Top Secret: somebody else",
    ),
    pytest.param(
        Esm.TOP_SECRET,
        [f"TSS PERMIT(STCRSE) {TSS_LINE} ACCESS(READ)", "TSS REFRESH"],
        [f"TSS PERMIT(STCRSE) {TSS_LINE} ACCESS(READ,UPDATE)", "TSS REFRESH"],
        id="Top Secret: generator too low",
    ),
]


@pytest.mark.parametrize(("esm", "done", "expected"), CHANGES)
def test_change(
    esm: Esm,
    done: list[str],
    expected: list[str],
    rse: MakeWanted,
    commands_of: CommandsOf,
    compare_with: CompareWith,
) -> None:
    keys = (WantedKey(KeyForm.PLACEHOLDER),)
    owner = "SECDEPT" if esm is Esm.TOP_SECRET else ""
    wanted = rse(esm=esm, keys=keys, evaluators=(), users=(), all_users=True, owner=owner)
    host = lines([*commands_of(wanted), *done])
    difference = compare_with(wanted, host)
    assert texts(difference) == expected
    assert not difference.agrees
    mended = compare_with(wanted, host + lines(expected))
    assert texts(mended) == []


def test_rule_for_all_applications(rse: MakeWanted, commands_of: CommandsOf, compare_with: CompareWith) -> None:
    wanted = rse(esm=Esm.ACF2, keys=(WantedKey(KeyForm.PLACEHOLDER),))
    shared = ["SET RESOURCE(PTK)", "RECKEY IRRPTAUTH ADD(- UID(OTHER) ALLOW)", "F ACF2,REBUILD(PTK)"]
    difference = compare_with(wanted, lines([*commands_of(wanted), *shared]))
    assert texts(difference) == []
    assert "IRRPTAUTH.- is for other applications too, and gives OTHER ALTER" in difference.remarks


def test_files_of_another_product(rse: MakeWanted, commands_of: CommandsOf, compare_with: CompareWith) -> None:
    keys = (WantedKey(KeyForm.PLACEHOLDER),)
    host = lines(commands_of(rse(esm=Esm.ACF2, keys=keys)))
    with pytest.raises(InputError, match="holds definitions of ACF2, and RACF is asked for"):
        compare_with(rse(), host)
    with pytest.raises(InputError, match="hold definitions of RACF and ACF2"):
        compare_with(rse(), lines(commands_of(rse())), host)
