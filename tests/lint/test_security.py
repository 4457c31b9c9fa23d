"""What commands add up to: profiles, access lists, class settings, and who may do what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.lint.readers import commands
from ptktctl.lint.security import ClassSetting, Esm, Origin, Text, is_authority
from ptktctl.lint.security_state import (
    Profile,
    SecurityState,
    changes_in_order,
    covers,
    reaches,
    security_state,
    specificity,
)
from ptktctl.lint.site import Site, file_start
from ptktctl.lint.source import read_source

HERE = file_start("f")


def state_of(*texts: str) -> SecurityState:
    sources = [read_source(f"file{i}.txt", text.encode()) for i, text in enumerate(texts)]
    return security_state(Site(tuple(sources), [each for source in sources for each in commands.read(source)]))


def profile(name: str, esm: Esm = Esm.RACF, *, generic: bool | None = None) -> Profile:
    return Profile(esm, Origin.COMMANDS, "PTKTDATA", Text(name, HERE), HERE, defined=True, generic=generic)


def grants(state: SecurityState, resource_class: str, name: str) -> dict[str, str]:
    return {each.id.value: each.access for each in state.grants_of(state.profiles[resource_class, name])}


def test_the_last_command_decides() -> None:
    state = state_of(
        "RDEFINE PTKTDATA A UACC(READ) SSIGNON(KEYLABEL(ONE)) APPLDATA('X')\n"
        "RALTER PTKTDATA A UACC(NONE) SSIGNON(KEYLABEL(TWO))\n"
        "RALTER PTKTDATA A SSIGNON(EPTKEYLABEL(THREE) TIMEOUT(5))",
        "RALTER PTKTDATA A NOAPPLDATA",
    )
    found = state.key_profile("A")
    assert found is not None
    assert (str(found.uacc), str(found.appldata)) == ("NONE", "")
    assert found.legacy is not None
    assert found.enhanced is not None
    assert (str(found.legacy.label), str(found.enhanced.label), str(found.timeout)) == ("TWO", "THREE", "5")
    assert found.span.file == "file0.txt"
    assert found.appldata is not None
    assert found.appldata.span.file == "file1.txt"


@pytest.mark.parametrize(
    ("operands", "legacy", "enhanced"),
    [
        ("SSIGNON(NOLEGACYKEY)", False, True),
        ("SSIGNON(NOEPTKEYLABEL)", True, False),
        ("NOSSIGNON", False, False),
        ("SSIGNON(TIMEOUT(9))", True, True),
    ],
)
def test_keys_are_taken_away(operands: str, legacy: bool, enhanced: bool) -> None:
    state = state_of(f"RDEFINE PTKTDATA A SSIGNON(KEYLABEL(X) EPTKEYLABEL(Y))\nRALTER PTKTDATA A {operands}")
    found = state.key_profile("A")
    assert found is not None
    assert (found.legacy is not None, found.enhanced is not None) == (legacy, enhanced)


def test_what_is_deleted_is_gone_with_its_access_list() -> None:
    text = "RDEFINE APPL A UACC(READ)\nPERMIT A CLASS(APPL) ID(B)\nRDELETE APPL A\n"
    assert state_of(text).appl_profile("A") is None
    again = state_of(text + "RDEFINE APPL A")
    assert grants(again, "APPL", "A") == {}
    assert again.profiles["APPL", "A"].uacc is None


def test_what_is_only_altered_is_not_defined() -> None:
    state = state_of("RALTER PTKTDATA A UACC(NONE)")
    assert state.key_profile("A") is None
    assert not state.profiles["PTKTDATA", "A"].defined


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ("ID(B) ACCESS(READ)", {"B": "READ"}),
        ("ID(B)", {"B": "READ"}),
        ("ID(B C) ACCESS(UPDATE)\nID(B) ACCESS(NONE)", {"B": "NONE", "C": "UPDATE"}),
        ("ID(B C) ACCESS(UPDATE)\nID(B) DELETE", {"C": "UPDATE"}),
        ("ID(B C) ACCESS(UPDATE)\nRESET", {}),
        ("ID(B) ACCESS(UPDATE)\nRESET ID(C) ACCESS(READ)", {"C": "READ"}),
        ("ID(B) ACCESS(UPDATE)\nID(C) ACCESS(READ) WHEN(SYSID(S))\nRESET(WHEN)", {"B": "UPDATE"}),
        ("ID(*) ACCESS(READ)", {"*": "READ"}),
    ],
)
def test_access_lists(commands: str, expected: dict[str, str]) -> None:
    permits = "".join(f"PERMIT A CLASS(APPL) {each}\n" for each in commands.split("\n"))
    assert grants(state_of("RDEFINE APPL A\n" + permits), "APPL", "A") == expected


def test_who_generates_and_who_evaluates() -> None:
    state = state_of(
        "RDEFINE PTKTDATA IRRPTAUTH.A.* UACC(NONE)\n"
        "RDEFINE PTKTDATA IRRPTAUTH.A.USER1 UACC(NONE)\n"
        "RDEFINE PTKTDATA IRRPTAUTH.B.* UACC(NONE)\n"
        "PERMIT IRRPTAUTH.A.* CLASS(PTKTDATA) ID(GEN) ACCESS(UPDATE)\n"
        "PERMIT IRRPTAUTH.A.USER1 CLASS(PTKTDATA) ID(EVAL) ACCESS(READ)\n"
        "PERMIT IRRPTAUTH.B.* CLASS(PTKTDATA) ID(OTHER) ACCESS(ALTER)\n"
    )
    assert [each.name.value for each in state.authorities_over("A")] == ["IRRPTAUTH.A.USER1", "IRRPTAUTH.A.*"]
    assert [each.id.value for each in state.who_generates("A")] == ["GEN"]
    assert [each.id.value for each in state.who_evaluates("A")] == ["EVAL", "GEN"]
    assert state.who_generates("C") == []


def test_class_settings() -> None:
    state = state_of("SETROPTS CLASSACT(PTKTDATA APPL) GENERIC(*)", "SETROPTS NOCLASSACT(APPL)")
    assert state.is_on(ClassSetting.ACTIVE, "PTKTDATA") is True
    assert state.is_on(ClassSetting.ACTIVE, "APPL") is False
    assert state.is_on(ClassSetting.GENERIC, "APPL") is True
    assert state.is_on(ClassSetting.RACLISTED, "APPL") is None


def test_changes_come_in_the_order_of_files_and_lines() -> None:
    sources = [
        read_source(name, text.encode())
        for name, text in (("z", "RDEFINE APPL A\nSETROPTS CLASSACT(APPL)"), ("a", "PERMIT A CLASS(APPL) ID(B)"))
    ]
    site = Site(tuple(sources), [each for source in sources for each in commands.read(source)])
    found = [(each.span.file, each.span.line) for each in changes_in_order(site)]
    assert found == [("z", 1), ("z", 2), ("a", 1)]
    assert changes_in_order(site, Origin.UNLOAD) == []


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("IRRPTAUTH.A.B", "IRRPTAUTH.A.B", True),
        ("IRRPTAUTH.A.B", "IRRPTAUTH.A.C", False),
        ("IRRPTAUTH.A.*", "IRRPTAUTH.A.B", True),
        ("IRRPTAUTH.A.*", "IRRPTAUTH.A", False),
        ("IRRPTAUTH.A.*", "IRRPTAUTH.AB.C", False),
        ("IRRPTAUTH.*", "IRRPTAUTH.A.B", True),
        ("IRRPTAUTH.A*", "IRRPTAUTH.AB.C", True),
        ("IRRPTAUTH.*.B", "IRRPTAUTH.A.B", True),
        ("IRRPTAUTH.*.B", "IRRPTAUTH.A.C", False),
        ("IRRPTAUTH.A%.*", "IRRPTAUTH.AB.C", True),
        ("IRRPTAUTH.A%.*", "IRRPTAUTH.A.C", False),
        ("IRRPTAUTH.FEK*.*", "IRRPTAUTH.FEKAPPL.C", True),
        ("IRRPTAUTH.**", "IRRPTAUTH.A.B", True),
        ("IRRPTAUTH.**", "IRRPTAUTH", True),
        ("IRRPTAUTH.**.B", "IRRPTAUTH.A.B", True),
        ("**", "IRRPTAUTH.A.B", True),
        ("**.**", "IRRPTAUTH.A.B", False),
        ("*", "A", True),
        ("FEK*", "FEKAPPL", True),
        ("FEK%APPL", "FEKAPPL", False),
        ("A" * 300 + "*", "A" * 301, False),
    ],
)
def test_generic_profiles_of_racf(pattern: str, name: str, expected: bool) -> None:
    assert covers(profile(pattern), name) is expected
    assert covers(profile(pattern, generic=False), name) is (pattern == name)


@pytest.mark.parametrize(
    ("esm", "pattern", "name", "expected"),
    [
        (Esm.ACF2, "IRRPTAUTH.A.-", "IRRPTAUTH.A.B", True),
        (Esm.ACF2, "IRRPTAUTH.A.-", "IRRPTAUTH.B.B", False),
        (Esm.ACF2, "IRRPTAUTH.A.U***", "IRRPTAUTH.A.USER", True),
        (Esm.ACF2, "IRRPTAUTH.A.U**", "IRRPTAUTH.A.USER", False),
        (Esm.ACF2, "FEKAPPL", "FEKAPPL", True),
        (Esm.TOP_SECRET, "IRRPTAUTH.A.", "IRRPTAUTH.A.B", True),
        (Esm.TOP_SECRET, "IRRPTAUTH.A.", "IRRPTAUTH.AB.B", False),
        (Esm.TOP_SECRET, "IRRPTAUT", "IRRPTAUTH.A.B", True),
    ],
)
def test_masks_of_the_others(esm: Esm, pattern: str, name: str, expected: bool) -> None:
    assert covers(profile(pattern, esm), name) is expected


def test_the_most_specific_profile_comes_first() -> None:
    ordered = [
        "IRRPTAUTH.A.USER1",
        "IRRPTAUTH.A.USER%",
        "IRRPTAUTH.A.US*",
        "IRRPTAUTH.A.*",
        "IRRPTAUTH.%.*",
        "IRRPTAUTH.*",
    ]
    assert [each.name.value for each in sorted(map(profile, reversed(ordered)), key=specificity)] == ordered


@given(
    st.lists(st.sampled_from(["A", "AB", "*", "**", "A*", "%", "%B", ""]), max_size=6),
    st.lists(st.sampled_from(["A", "AB", "B"]), min_size=1, max_size=4),
)
def test_a_profile_covers_what_a_wider_one_covers(pattern: list[str], name: list[str]) -> None:
    if "**" not in pattern[:-1] and covers(profile(".".join(pattern)), ".".join(name)):
        assert covers(profile("**"), ".".join(name))
        assert covers(profile(".".join([*pattern[:-1], "**"])), ".".join(name))


@pytest.mark.parametrize(
    ("access", "level", "expected"),
    [
        ("READ", "READ", True),
        ("NONE", "READ", False),
        ("ALTER", "UPDATE", True),
        ("READ", "UPDATE", False),
        ("&ACC", "NONE", False),
    ],
)
def test_levels_of_access(access: str, level: str, expected: bool) -> None:
    assert reaches(access, level) is expected


@pytest.mark.parametrize(("name", "expected"), [("IRRPTAUTH.A.*", True), ("IRRPTAUTH.**", True), ("FEKAPPL", False)])
def test_authority_profiles_by_name(name: str, expected: bool) -> None:
    assert is_authority(name) is expected
    assert profile(name).is_key_profile is not expected
