"""What each kind of source shows of a host, what it cannot show, and what is said then."""

from collections.abc import Callable
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.lint.result import File
from ptktctl.lint.security import Flag
from ptktctl.lint.security_state import SecurityState
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.provision.check import compare
from ptktctl.provision.check_profiles import Latitude
from ptktctl.provision.difference import Difference, is_safe_id, is_safe_name
from ptktctl.provision.host import Host, read_host
from ptktctl.provision.wanted import KeyForm, Wanted, WantedKey
from ptktctl.store.definitions import Application, Component

CommandsOf = Callable[[Wanted], list[str]]
UnloadOf = Callable[..., str]
ListingOf = Callable[..., str]
REFRESH = "SETROPTS RACLIST(PTKTDATA) REFRESH"
KEY_PROFILE = ("PTKTDATA", "FEKAPPL")
ONE = ("PTKTDATA", "IRRPTAUTH.FEKAPPL.USER1")


class CompareWith(Protocol):
    def __call__(self, wanted: Wanted, *texts: str) -> Difference: ...


class MakeWanted(Protocol):
    def __call__(self, **changes: object) -> Wanted: ...


def texts(difference: Difference) -> list[str]:
    return [command.text for step in difference.steps for command in step.commands]


def comments(difference: Difference) -> str:
    return " ".join(command.comment for step in difference.steps for command in step.commands)


def lines(commands: list[str]) -> str:
    return "".join(f"{command}\n" for command in commands)


def host_of(*commands: str) -> Host:
    return read_host([File("commands.txt", lines(list(commands)).encode())])


def state_of(*commands: str) -> SecurityState:
    return host_of(*commands).state


# Classes


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("SETROPTS NOCLASSACT(PTKTDATA)", "SETROPTS CLASSACT(PTKTDATA)"),
        ("SETROPTS NORACLIST(PTKTDATA)", "SETROPTS RACLIST(PTKTDATA)"),
        ("SETROPTS NOGENERIC(PTKTDATA)", "SETROPTS GENERIC(PTKTDATA)"),
        ("SETROPTS NOGENERIC(APPL)", "SETROPTS GENERIC(APPL)"),
        ("SETROPTS NOCLASSACT(APPL) NORACLIST(APPL)", "SETROPTS CLASSACT(APPL) RACLIST(APPL)"),
    ],
)
def test_class_setting_by_setropts_list(
    missing: str,
    expected: str,
    rse: MakeWanted,
    commands_of: CommandsOf,
    unload_of: UnloadOf,
    listing_of: ListingOf,
    compare_with: CompareWith,
) -> None:
    wanted = rse()
    state = state_of(*commands_of(wanted), missing)
    setropts = listing_of(state, state.profiles)
    assert "RLIST" not in setropts
    assert texts(compare_with(wanted, unload_of(state), setropts)) == [expected]
    assert texts(compare_with(wanted, listing_of(state))) == [expected]


def test_an_unload_does_not_tell_of_classes(
    rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith
) -> None:
    wanted = rse()
    commands = [each for each in commands_of(wanted) if not each.startswith("SETROPTS CLASSACT")]
    difference = compare_with(wanted, unload_of(state_of(*commands)))
    assert difference.agrees
    assert difference.unknown == (
        "which classes are active, generic and in storage; an unload does not tell, check with SETROPTS LIST",
        "whether the host has the same key as the store, which no file shows: try a PassTicket",
    )


def test_setropts_list_alone_shows_no_profile(
    rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    state = state_of(*commands_of(rse()))
    difference = compare_with(rse(), listing_of(state, state.profiles))
    assert texts(difference) == []
    assert not difference.agrees
    assert "PTKTDATA FEKAPPL, which no file shows; RLIST PTKTDATA FEKAPPL SSIGNON ALL shows it" in difference.unknown


# Profiles that a listing does not show


def test_profile_that_was_not_listed(
    rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    listing = listing_of(state_of(*commands_of(rse())), [KEY_PROFILE])
    difference = compare_with(rse(), listing)
    assert texts(difference) == []
    assert not difference.agrees
    assert any(note.startswith("PTKTDATA FEKAPPL, which no file shows") for note in difference.unknown)


@pytest.mark.parametrize(
    "answer",
    [
        " RLIST PTKTDATA FEKAPPL SSIGNON ALL\nICH13003I FEKAPPL NOT FOUND\n",
        " rl ptktdata fekappl all\n ICH13003I FEKAPPL NOT FOUND\n",
        " RLIST PTKTDATA FEKAPPL ALL\nCLASS      NAME\n-----      ----\nPTKTDATA   FEK* (G)\n\n",
        " RLIST PTKTDATA *\nCLASS      NAME\n-----      ----\nPTKTDATA   OTHER\n\n",
    ],
)
def test_profile_that_was_asked_for_and_not_found(
    answer: str, rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    commands = commands_of(rse())
    definition = next(each for each in commands if each.startswith("RDEFINE PTKTDATA FEKAPPL "))
    difference = compare_with(rse(), answer + listing_of(state_of(*commands), [KEY_PROFILE]))
    assert texts(difference) == [definition, REFRESH]


@pytest.mark.parametrize(
    "answer",
    [
        "ICH13003I FEKAPPL NOT FOUND\n",
        " RLIST PTKTDATA OTHER ALL\nICH13003I FEKAPPL NOT FOUND\n",
        " RLIST FACILITY FEKAPPL ALL\nICH13003I FEKAPPL NOT FOUND\n",
        " RLIST PTKTDATA *\nICH13004I NOTHING TO LIST\n",
    ],
)
def test_message_that_tells_nothing_of_the_profile(
    answer: str, rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    listing = listing_of(state_of(*commands_of(rse())), [KEY_PROFILE])
    assert texts(compare_with(rse(), answer + listing)) == []


def without(listing: str, *headings: str) -> str:
    """A listing in which the sections under some headings are left out, as RLIST does that was not asked for them."""
    kept, leaving = [], False
    for line in listing.split("\n"):
        leaving = (leaving and bool(line.strip())) or line.strip().startswith(headings)
        kept += [] if leaving else [line]
    return "\n".join(kept)


@pytest.mark.parametrize(
    ("heading", "note"),
    [
        ("USER      ACCESS", "the access list of PTKTDATA IRRPTAUTH.FEKAPPL.USER1; RLIST"),
        ("SSIGNON INFORMATION", "the SSIGNON segment of PTKTDATA FEKAPPL; RLIST PTKTDATA FEKAPPL SSIGNON ALL"),
        ("APPLICATION DATA", "APPLDATA of PTKTDATA FEKAPPL; RLIST"),
        ("LEVEL  OWNER", "UACC of PTKTDATA FEKAPPL; RLIST"),
    ],
)
def test_part_of_a_profile_that_was_not_listed(
    heading: str,
    note: str,
    rse: MakeWanted,
    commands_of: CommandsOf,
    listing_of: ListingOf,
    compare_with: CompareWith,
) -> None:
    listing = without(listing_of(state_of(*commands_of(rse()))), heading)
    difference = compare_with(rse(), listing)
    assert texts(difference) == []
    assert not difference.agrees
    assert any(each.startswith(note) for each in difference.unknown)


def test_two_listings_of_a_profile_add_up(
    rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    whole = listing_of(state_of(*commands_of(rse())))
    halves = without(whole, "SSIGNON INFORMATION"), without(whole, "USER      ACCESS", "APPLICATION DATA")
    assert not any(compare_with(rse(), half).agrees for half in halves)
    assert compare_with(rse(), *halves).agrees


# Profiles that are not what their name says


def test_discrete_profile_with_an_asterisk(rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf) -> None:
    wanted = rse(users=(), all_users=True)
    state = state_of(*commands_of(wanted))
    key = ("PTKTDATA", "IRRPTAUTH.FEKAPPL.*")
    state.profiles[key] = state.profiles[key]._replace(generic=False)
    unload = unload_of(state)
    difference = compare(wanted, read_host([File("unload.txt", unload.encode())]))
    assert texts(difference) == [
        "RDELETE PTKTDATA IRRPTAUTH.FEKAPPL.*",
        "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(NONE)",
        "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCRSE) ACCESS(UPDATE)",
        "PERMIT IRRPTAUTH.FEKAPPL.* CLASS(PTKTDATA) ID(STCJMON) ACCESS(READ)",
        REFRESH,
    ]
    assert "not confirmed by IBM's documentation" in comments(difference)
    mended = read_host([File("unload.txt", unload.encode()), File("new.txt", lines(texts(difference)).encode())])
    assert compare(wanted, mended).agrees


@pytest.mark.parametrize("pattern", ["FEK*", "*", "**", "FEKAPP%"])
def test_generic_key_profile_does_not_count(
    pattern: str, rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith
) -> None:
    commands = [
        each.replace("RDEFINE PTKTDATA FEKAPPL ", f"RDEFINE PTKTDATA {pattern} ") for each in commands_of(rse())
    ]
    difference = compare_with(rse(), unload_of(state_of(*commands)))
    assert texts(difference) == [commands_of(rse())[4], REFRESH]
    assert "the generic one that covers FEKAPPL is ignored" in comments(difference)


def test_late_generics(rse: MakeWanted, commands_of: CommandsOf, compare_with: CompareWith) -> None:
    wanted = rse(users=(), all_users=True)
    commands = [each for each in commands_of(wanted) if each != "SETROPTS GENERIC(PTKTDATA)"]
    difference = compare_with(wanted, lines(commands))
    assert texts(difference) == ["SETROPTS GENERIC(PTKTDATA)"]
    assert "IRRPTAUTH.FEKAPPL.* was defined while generics were off, if they were" in difference.remarks[0]


# Keys


def application(**changes: object) -> Application:
    given: dict[str, object] = {"applid": ApplId("PAYROLL"), "created": 1, "component": Component.CICS, **changes}
    return Application(**given)  # type: ignore[arg-type]  # members by name


OLD = WantedKey(KeyForm.KEYLABEL, "PAY.OLD")
NEW = WantedKey(KeyForm.EPTKEYLABEL, "PAY.NEW")
BOTH = "KEYLABEL(PAY.OLD)", "EPTKEYLABEL(PAY.NEW) TYPE(UPPER) TIMEOUT(30) REPLAY(NO)"
UPPER = application(ticket=TicketType.UPPER, timeout=30)
KEYS = [
    pytest.param(UPPER, (NEW,), BOTH[1:], "", [], id="as wanted"),
    pytest.param(UPPER, (NEW,), ["EPTKEYLABEL(PAY.NEW) TYPE(UPPER)"], "", ["TIMEOUT(30)"], id="default timeout"),
    pytest.param(UPPER, (NEW,), ["EPTKEYLABEL(PAY.NEW) TIMEOUT(30)"], "", ["TYPE(UPPER)"], id="default type"),
    pytest.param(
        UPPER, (NEW,), ["EPTKEYLABEL(PAY.NEW) TYPE(UPPER) TIMEOUT(30) REPLAY(YES)"], "", ["REPLAY(NO)"], id="replay"
    ),
    pytest.param(
        application(),
        (NEW,),
        ["EPTKEYLABEL(PAY.X) TYPE(UPPER) TIMEOUT(600) REPLAY(YES)"],
        "",
        ["EPTKEYLABEL(PAY.NEW) TYPE(MIXED) TIMEOUT(60) REPLAY(NO)"],
        id="everything",
    ),
    pytest.param(application(), (NEW,), ["EPTKEYLABEL(PAY.NEW)"], "", [], id="defaults"),
    pytest.param(UPPER, (NEW,), BOTH, "", ["NOLEGACYKEY"], id="legacy key beside"),
    pytest.param(UPPER, (NEW,), BOTH[:1], "", [BOTH[1], "NOLEGACYKEY"], id="legacy key instead"),
    pytest.param(UPPER, (OLD, NEW), BOTH, "", [], id="both"),
    pytest.param(UPPER, (OLD, NEW), BOTH[:1], "", [BOTH[1]], id="enhanced key missing"),
    pytest.param(UPPER, (OLD, NEW), BOTH[1:], "", [BOTH[0]], id="legacy key missing"),
    pytest.param(UPPER, (OLD, NEW), [], "", [" ".join(BOTH)], id="both missing"),
    pytest.param(UPPER, (OLD,), BOTH[:1], " APPLDATA('NO REPLAY PROTECTION')", ["NOAPPLDATA"], id="replay text"),
    pytest.param(UPPER, (OLD,), BOTH[:1], " APPLDATA('SEE NO REPLAY PROTECTION')", ["NOAPPLDATA"], id="text within"),
    pytest.param(UPPER, (OLD,), BOTH[:1], " APPLDATA('PAYROLL OF THE SITE')", [], id="other text"),
    pytest.param(
        UPPER, (WantedKey(KeyForm.KEYENCRYPTED),), ["KEYMASKED(66F4F9331E095436)"], "", ["ENCRYPTKEY"], id="masked"
    ),
    pytest.param(
        UPPER, (WantedKey(KeyForm.KEYENCRYPTED),), BOTH[:1], "", ["KEYENCRYPTED(<key>)"], id="labelled, not encrypted"
    ),
    pytest.param(
        UPPER,
        (WantedKey(KeyForm.KEYMASKED),),
        ["KEYENCRYPTED(66F4F9331E095436)"],
        "",
        ["KEYMASKED(<key>)"],
        id="encrypted",
    ),
    pytest.param(UPPER, (WantedKey(KeyForm.PLACEHOLDER),), BOTH[:1], "", [], id="form left open"),
]


@pytest.mark.parametrize(("defined", "keys", "operands", "more", "expected"), KEYS)
def test_keys(
    defined: Application,
    keys: tuple[WantedKey, ...],
    operands: list[str],
    more: str,
    expected: list[str],
    commands_of: CommandsOf,
    unload_of: UnloadOf,
    compare_with: CompareWith,
) -> None:
    wanted = Wanted(defined, keys=keys)
    signon = f" SSIGNON({' '.join(operands)})" if operands else ""
    others = [each for each in commands_of(wanted) if "PTKTDATA PAYROLL" not in each]
    commands = [*others[:-2], f"RDEFINE PTKTDATA PAYROLL UACC(NONE){signon}{more}", *others[-2:]]
    found = [f"RALTER PTKTDATA PAYROLL {each if each == 'NOAPPLDATA' else f'SSIGNON({each})'}" for each in expected]
    for host in (unload_of(state_of(*commands)), lines(commands)):
        difference = compare_with(wanted, host)
        assert texts(difference) == [*found, *([REFRESH] if found else [])]
        assert compare_with(wanted, host, lines(texts(difference))).agrees


@pytest.mark.parametrize(
    ("latitude", "signon", "expected"),
    [
        (Latitude(form=True), "KEYMASKED(66F4F9331E095436)", []),
        (Latitude(form=True), "KEYLABEL(PAY.ANY)", []),
        (Latitude(labels=frozenset(["PAY.OLD"])), "KEYLABEL(PAY.ANY)", []),
        (Latitude(labels=frozenset(["PAY.OLD"])), "KEYMASKED(66F4F9331E095436)", ["KEYLABEL(PAY.OLD)"]),
        (Latitude(kind=True), "EPTKEYLABEL(PAY.ANY)", []),
        (Latitude(kind=True), "KEYLABEL(PAY.ANY)", []),
        (Latitude(kind=True), "TIMEOUT(30)", ["KEYLABEL(PAY.OLD)"]),
        (Latitude(), "KEYLABEL(PAY.ANY)", ["KEYLABEL(PAY.OLD)"]),
    ],
)
def test_what_nobody_decided(latitude: Latitude, signon: str, expected: list[str], commands_of: CommandsOf) -> None:
    wanted = Wanted(application(), keys=(OLD,))
    others = [each for each in commands_of(wanted) if "PTKTDATA PAYROLL" not in each]
    host = host_of(*others[:-2], f"RDEFINE PTKTDATA PAYROLL UACC(NONE) SSIGNON({signon})", *others[-2:])
    found = [f"RALTER PTKTDATA PAYROLL SSIGNON({each})" for each in expected]
    assert texts(compare(wanted, host, latitude)) == [*found, *([REFRESH] if found else [])]


def test_no_key_is_repeated(rse: MakeWanted, commands_of: CommandsOf) -> None:
    """A key that was given in the place of a label, of a name or of an ID is none that the answer shows."""
    key = "66F4F9331E095436"
    commands = [each.replace("RSE.LEGACY", key) for each in commands_of(rse())]
    difference = compare(rse(), host_of(*commands, f"RALTER PTKTDATA FEKAPPL SSIGNON(KEYENCRYPTED({key}))"))
    assert texts(difference)[0] == "RALTER PTKTDATA FEKAPPL SSIGNON(KEYLABEL(RSE.LEGACY))"
    assert key not in repr(difference)


# Who may log on


def logon_host(rse: MakeWanted, commands_of: CommandsOf, *profiles: str) -> tuple[Wanted, list[str]]:
    wanted = rse(logons=(UserId("ANNA"), UserId("BERT")))
    others = [each for each in commands_of(wanted) if "APPL FEKAPPL" not in each and "CLASS(APPL)" not in each]
    return wanted, [*others[:-2], *profiles, *others[-2:]]


DEFINE = "RDEFINE APPL FEKAPPL UACC(NONE)"
ANNA = "PERMIT FEKAPPL CLASS(APPL) ID(ANNA) ACCESS(READ)"
BERT = "PERMIT FEKAPPL CLASS(APPL) ID(BERT) ACCESS(READ)"
APPL_REFRESH = "SETROPTS RACLIST(APPL) REFRESH"


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([DEFINE, ANNA, BERT], []),
        ([DEFINE, ANNA], [BERT, APPL_REFRESH]),
        ([DEFINE, ANNA, BERT.replace("READ", "NONE")], [BERT, APPL_REFRESH]),
        ([DEFINE, ANNA, f"{BERT} WHEN(PROGRAM(TOOL))"], [BERT, APPL_REFRESH]),
        ([DEFINE.replace("NONE", "READ")], []),
        ([DEFINE.replace("NONE", "READ"), BERT.replace("READ", "NONE")], [BERT, APPL_REFRESH]),
        ([DEFINE, "PERMIT FEKAPPL CLASS(APPL) ID(*) ACCESS(READ)"], []),
        (["RDEFINE APPL FEK* UACC(READ)"], []),
        (["RDEFINE APPL ** UACC(NONE)", ANNA.replace("FEKAPPL", "**"), BERT.replace("FEKAPPL", "**")], []),
        (["RDEFINE APPL FEK* UACC(NONE)", ANNA.replace("FEKAPPL", "FEK*")], [DEFINE, ANNA, BERT, APPL_REFRESH]),
        ([], [DEFINE, ANNA, BERT, APPL_REFRESH]),
        ([DEFINE, ANNA, BERT, "PERMIT FEKAPPL CLASS(APPL) ID(OTHER) ACCESS(READ)"], []),
    ],
)
def test_who_may_log_on(
    profiles: list[str],
    expected: list[str],
    rse: MakeWanted,
    commands_of: CommandsOf,
    unload_of: UnloadOf,
    compare_with: CompareWith,
) -> None:
    wanted, commands = logon_host(rse, commands_of, *profiles)
    for host in (lines(commands), unload_of(state_of(*commands))):
        difference = compare_with(wanted, host)
        assert texts(difference) == expected
        assert compare_with(wanted, host, lines(expected)).agrees


def test_nobody_was_named(rse: MakeWanted, commands_of: CommandsOf, compare_with: CompareWith) -> None:
    wanted = rse(generators=(), evaluators=(), users=())
    permits = [DEFINE, ANNA, "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.* UACC(ALTER)"]
    others = [each for each in commands_of(wanted) if "APPL FEKAPPL" not in each]
    difference = compare_with(wanted, lines([*others[:-2], *permits, *others[-2:]]))
    assert texts(difference) == []
    assert difference.agrees
    assert "who may make and evaluate PassTickets: neither --generator nor --evaluator was given" in difference.unknown
    assert any("lets some users log on" in remark for remark in difference.remarks)


# What concerns the application and is left alone


def test_remarks(rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith) -> None:
    wanted = rse(keys=(NEW,), users=(), all_users=True)
    host = [
        *commands_of(wanted)[:-2],
        "RDEFINE PTKTDATA FEKAPPL.USER1 UACC(NONE) SSIGNON(KEYLABEL(X))",
        "RDEFINE PTKTDATA IRRPTAUTH.FEKAPPL.SPECIAL UACC(NONE)",
        "SETROPTS PASSWORD(NOMIXEDCASE)",
        "RDEFINE PTKTDATA OTHER UACC(NONE) SINGON(KEYLABEL(X))",
        *commands_of(wanted)[-2:],
    ]
    assert compare_with(wanted, lines(host)).remarks == (
        "IRRPTAUTH.FEKAPPL.SPECIAL decides for the users it covers, and not IRRPTAUTH.FEKAPPL.*",
        "key profile FEKAPPL.USER1 comes before FEKAPPL when its user or group signs on",
        "TYPE(MIXED) needs SETROPTS PASSWORD(MIXEDCASE), which is not in effect",
        "file0.txt: not every command there is right, and what is wrong was not compared: ptktctl lint tells",
    )


def test_group(rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith) -> None:
    permit = "PERMIT IRRPTAUTH.FEKAPPL.USER1 CLASS(PTKTDATA) ID(STCGROUP) ACCESS(UPDATE)"
    unload = unload_of(state_of(*commands_of(rse()), permit), groups=["SYS1", "STCGROUP"])
    difference = compare_with(rse(), unload)
    assert texts(difference) == [permit.replace("ACCESS(UPDATE)", "DELETE"), REFRESH]
    assert "Group STCGROUP has UPDATE on the host, which is not wanted." in comments(difference)


def test_warning_of_an_authority_profile(
    rse: MakeWanted, commands_of: CommandsOf, unload_of: UnloadOf, compare_with: CompareWith
) -> None:
    state = state_of(*commands_of(rse()))
    state.profiles[ONE] = state.profiles[ONE]._replace(warning=Flag(True, state.profiles[ONE].span))
    assert texts(compare_with(rse(), unload_of(state))) == [f"RALTER PTKTDATA {ONE[1]} NOWARNING", REFRESH]


# Files that are not what they should be


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("_RSE_JAVAOPTS=-DAPPLID=FEKAPPL\n_RSE_JMON_PORT=6715\n", "file.txt: holds no security definitions"),
        ("Dear all,\nplease find attached\n", "file.txt: not a kind of file that lint knows"),
        ("\0\1\2" * 50, "file.txt: not a text file"),
    ],
)
def test_file_without_definitions(content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_host([File("file.txt", content.encode())])


def test_file_that_cannot_be_opened() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_host([InputError("x: cannot be read")])


def test_other_files_in_a_folder_are_left_out(rse: MakeWanted, commands_of: CommandsOf) -> None:
    settings_file = File("site/rse.env", b"_RSE_JMON_PORT=6715\n", found=True)
    host = read_host([settings_file, File("site/racf.txt", lines(commands_of(rse())).encode(), found=True)])
    assert compare(rse(), host).agrees
    with pytest.raises(InputError, match="no product"):
        read_host([settings_file])


NASTY = st.text(st.sampled_from("A*'.();\n /\x1b\x00é"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(name=NASTY, user=NASTY, data=st.data())
def test_nothing_odd_gets_into_a_command(
    name: str,
    user: str,
    data: st.DataObject,
    rse: MakeWanted,
    commands_of: CommandsOf,
    unload_of: UnloadOf,
    listing_of: ListingOf,
) -> None:
    wanted = rse()
    state = state_of(*commands_of(wanted), "PERMIT IRRPTAUTH.FEKAPPL.USER1 CLASS(PTKTDATA) ID(OTHER) ACCESS(ALTER)")
    odd = state.profiles[ONE]
    odd_name = f"IRRPTAUTH.FEKAPPL.{name}*"
    state.profiles["PTKTDATA", odd_name] = odd._replace(name=odd.name._replace(value=odd_name), uacc=None)
    state.grants["PTKTDATA", odd_name] = dict(state.grants[ONE])
    text = data.draw(st.sampled_from([unload_of, listing_of]))(state).replace("OTHER", user)
    cut = text[: data.draw(st.integers(0, len(text)))] if data.draw(st.booleans()) else text
    try:
        difference = compare(wanted, read_host([File("host.txt", cut.encode())]))
    except InputError:
        return
    for step in difference.steps:
        for command in step.commands:
            assert command.text.isascii()
            assert (command.text + command.comment).isprintable()
            assert command.text.count("(") == command.text.count(")")
    assert all(note.isprintable() for note in (*difference.unknown, *difference.remarks))


@pytest.mark.parametrize(
    ("name", "safe"),
    [("IRRPTAUTH.FEKAPPL.*", True), ("A) UACC(ALTER", False), ("", False), ("A B", False), ("A'", False), ("a", False)],
)
def test_names_that_commands_can_take(name: str, safe: bool) -> None:
    assert is_safe_name(name) is safe


def test_ids_that_commands_can_take() -> None:
    assert all(is_safe_id(each) for each in ("*", "IBMUSER", "@#$1"))
    assert not any(is_safe_id(each) for each in ("", "ABCDEFGHI", "A B", "A)", "A.B", "ä", "A\n"))


def test_escape_sequence_in_a_name(rse: MakeWanted, commands_of: CommandsOf, compare_with: CompareWith) -> None:
    """A name out of a file does not get to the terminal as it is."""
    host = [*commands_of(rse())[:-2], "RDEFINE PTKTDATA FEKAPPL.\x1b[2J UACC(NONE)", *commands_of(rse())[-2:]]
    (remark,) = compare_with(rse(), lines(host)).remarks
    assert remark.startswith("key profile FEKAPPL.?[2J comes before FEKAPPL")


def test_commands_beside_a_listing(
    rse: MakeWanted, commands_of: CommandsOf, listing_of: ListingOf, compare_with: CompareWith
) -> None:
    """Commands tell all of the profiles that they define, and nothing of what a listing leaves out of another."""
    commands = commands_of(rse())
    half = without(listing_of(state_of(*commands)), "SSIGNON INFORMATION")
    other = lines(["RDEFINE PTKTDATA OTHER UACC(NONE) SSIGNON(KEYLABEL(X))", REFRESH])
    assert any(note.startswith("the SSIGNON segment") for note in compare_with(rse(), half, other).unknown)
    definition = next(each for each in commands if each.startswith("RDEFINE PTKTDATA FEKAPPL "))
    rest = listing_of(state_of(*commands), [KEY_PROFILE])
    assert compare_with(rse(), rest, lines([definition, REFRESH])).agrees
    assert texts(compare_with(rse(), rest, lines([definition]))) == [REFRESH]
