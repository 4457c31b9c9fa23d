"""Hosts as their sources would show them: commands, IRRDBU00 records, RLIST and SETROPTS LIST output."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Protocol

import pytest
from hypothesis import strategies as st

from ptktctl.lint.result import File
from ptktctl.lint.security import ClassSetting, Esm, KeyForm, has_generic_characters
from ptktctl.lint.security_state import Grant, Profile, SecurityState
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.provision import plan
from ptktctl.provision.check import compare
from ptktctl.provision.difference import Difference
from ptktctl.provision.host import read_host
from ptktctl.provision.wanted import KeyForm as WantedForm
from ptktctl.provision.wanted import Wanted, WantedKey
from ptktctl.store.definitions import Application, Component, Replay

# The classes that IRRDBU00 and RLIST are read for, among those that a set-up defines profiles in.
READ_CLASSES = ("PTKTDATA", "APPL", "IDTDATA", "CRYPTOZ")
# How long each record is, and where fields begin (z/OS Security Server RACF Macros and Interfaces, record formats of
# the database unload utility).
LENGTHS = {"0100": 290, "0500": 1017, "0503": 600, "0505": 284, "0507": 560, "0530": 419}
METHODS = {KeyForm.KEYMASKED: "*MASKED*", KeyForm.KEYENCRYPTED: "IRR.SSIGNON.SYS1.11232026.101112.000001"}


class Compare(Protocol):
    """Compares what is wanted with texts, each a file."""

    def __call__(self, wanted: Wanted, *texts: str) -> Difference: ...


class MakeWanted(Protocol):
    """Makes something to want: RSE's set-up, but for what is given."""

    def __call__(self, **changes: object) -> Wanted: ...


@pytest.fixture(scope="session")
def rse() -> MakeWanted:
    def make(**changes: object) -> Wanted:
        given: dict[str, object] = {
            "application": Application(ApplId("FEKAPPL"), 1, Component.RSE, replay=Replay.ALLOW),
            "keys": (WantedKey(WantedForm.KEYLABEL, "RSE.LEGACY"),),
            "generators": (UserId("STCRSE"),),
            "evaluators": (UserId("STCJMON"),),
            "users": (UserId("USER1"),),
            **changes,
        }
        return Wanted(**given)  # type: ignore[arg-type]  # members by name

    return make


@pytest.fixture(scope="session")
def compare_with() -> Compare:
    def run(wanted: Wanted, *texts: str) -> Difference:
        return compare(wanted, read_host(File(f"file{n}.txt", text.encode()) for n, text in enumerate(texts) if text))

    return run


@pytest.fixture(scope="session")
def wants() -> Callable[[Esm], st.SearchStrategy[Wanted]]:
    """What may be wanted of a host with a product."""
    return wanted_of


def wanted_of(esm: Esm) -> st.SearchStrategy[Wanted]:
    names = st.lists(st.from_regex(r"[A-Z@#$][A-Z0-9@#$]{0,7}", fullmatch=True), min_size=1, max_size=7, unique=True)
    return st.builds(_wanted, st.just(esm), names, st.randoms(use_true_random=False))


def _wanted(esm: Esm, names: list[str], random: Random) -> Wanted:
    """Something to want, with names shared out among the parts that users play."""
    applid, users = ApplId(names[0]), tuple(UserId(name) for name in names[1:])
    cut = random.randint(0, len(users))
    generators = users[:cut]
    evaluators = users[cut : cut + random.randint(0, 2)]
    application = Application(
        ApplId("FEKAPPL") if random.random() < 0.3 else applid,
        created=1,
        component=random.choice(list(Component)),
        ticket=random.choice([None, *TicketType]),
        timeout=random.choice([1, 60, 600]),
        replay=random.choice(list(Replay)),
    )
    return Wanted(
        application,
        esm,
        _keys(esm, random),
        generators,
        evaluators,
        users=tuple(random.sample(users, random.randint(0, len(users)))) or (UserId("USER1"),),
        all_users=random.random() < 0.4,
        logons=tuple(random.sample(users, random.randint(0, len(users)))),
        jwt=esm is Esm.RACF and random.random() < 0.3,
        administrators=users[:1] if random.random() < 0.5 else (),
        owner="SECDEPT" if esm is Esm.TOP_SECRET else "",
    )


def _keys(esm: Esm, random: Random) -> tuple[WantedKey, ...]:
    legacy = random.choice([form for form in WantedForm if not form.enhanced])
    old = WantedKey(legacy, "SITE.LEGACY" if legacy.labelled else "")
    new = WantedKey(WantedForm.EPTKEYLABEL, "SITE.ENHANCED")
    return (old,) if esm is not Esm.RACF else random.choice([(old,), (new,), (old, new)])


@pytest.fixture(scope="session")
def commands_of() -> Callable[[Wanted], list[str]]:
    """The commands of a set-up, those left out that only show the result."""

    def commands(wanted: Wanted) -> list[str]:
        steps = (step for step in plan.steps(wanted) if not step.expected)
        return [command.text for step in steps for command in step.commands]

    return commands


@pytest.fixture(scope="session")
def unload_of() -> Callable[..., str]:
    """An unload of what a state has, and of groups."""

    def unload(state: SecurityState, groups: Iterable[str] = ("SYS1",)) -> str:
        records = [_record("0100", {6: group}) for group in groups]
        for profile in state.profiles.values():
            if profile.resource_class in READ_CLASSES and profile.defined:
                records += _records(profile, state.grants_of(profile))
        return "".join(f"{record}\n" for record in records)

    return unload


def _record(kind: str, fields: Mapping[int, str]) -> str:
    """A record: its type, and its fields by the columns they begin in."""
    line = [" "] * LENGTHS[kind]
    for column, text in {1: kind, **fields}.items():
        line[column - 1 : column - 1 + len(text)] = text
    return "".join(line)


def _records(profile: Profile, grants: Iterable[Grant]) -> Iterator[str]:
    name = {6: profile.name.value, 253: profile.resource_class}
    generic = profile.generic if profile.generic is not None else has_generic_characters(profile.name.value)
    basic = {262: "YES" if generic else "NO", 337: profile.uacc.value if profile.uacc else "NONE"}
    warning = "YES" if profile.warning and profile.warning.on else "NO"
    yield _record("0500", {**name, **basic, 660: warning, 754: profile.appldata.value if profile.appldata else ""})
    for grant in grants:
        if grant.conditional:
            yield _record("0507", {**name, 262: "PROGRAM", 271: "TOOL", 280: grant.id.value, 289: grant.access})
        else:
            yield _record("0505", {**name, 262: grant.id.value, 271: grant.access, 280: "00000"})
    if profile.legacy or profile.enhanced:
        yield _record("0530", name | _signon(profile))
    yield _record("0503", {**name, 262: "MEMBER"})


def _signon(profile: Profile) -> dict[int, str]:
    legacy, enhanced = profile.legacy, profile.enhanced
    label = legacy.label.value if legacy and legacy.label else ""
    fields = {262: (METHODS.get(legacy.form) or label) if legacy else ""}
    if enhanced and enhanced.label:
        fields |= {327: enhanced.label.value, 392: profile.ticket_type.value if profile.ticket_type else "MIXED"}
        fields |= {405: (profile.timeout.value if profile.timeout else "60").zfill(10), 416: _yes(profile)}
    return fields


def _yes(profile: Profile) -> str:
    return "YES" if profile.replay and profile.replay.on else "NO"


@pytest.fixture(scope="session")
def listing_of() -> Callable[..., str]:
    """What RLIST ... SSIGNON ALL and SETROPTS LIST print of a state, but for some profiles by class and name."""

    def listing(state: SecurityState, left_out: Iterable[tuple[str, str]] = (), *, classes: bool = True) -> str:
        profiles = (each for key, each in state.profiles.items() if key not in left_out and each.defined)
        text = "".join(_listed(each, state.grants_of(each)) for each in profiles)
        return text + (_class_lists(state) if classes else "")

    return listing


def _listed(profile: Profile, grants: tuple[Grant, ...]) -> str:
    name = profile.name.value
    uacc = profile.uacc.value if profile.uacc else "NONE"
    warning = "YES" if profile.warning and profile.warning.on else "NO"
    generic = profile.generic if profile.generic is not None else has_generic_characters(name)
    lines = [
        f" RLIST {profile.resource_class} {name} SSIGNON ALL",
        *("CLASS      NAME", "-----      ----", f"{profile.resource_class:10} {name}{' (G)' if generic else ''}", ""),
        "LEVEL  OWNER      UNIVERSAL ACCESS  YOUR ACCESS  WARNING",
        "-----  --------   ----------------  -----------  -------",
        f" 00    IBMUSER         {uacc:18}ALTER    {warning}",
        *("", "APPLICATION DATA", "----------------"),
        profile.appldata.value if profile.appldata and profile.appldata.value else "NONE",
        *("", "USER      ACCESS   ACCESS COUNT", "----      ------   ------ -----"),
        *(f"{grant.id.value:9} {grant.access:9} 000000" for grant in grants if not grant.conditional),
        *([] if grants else ["NO USERS IN ACCESS LIST"]),
        *("", "   ID     ACCESS   CLASS                ENTITY NAME", f"{'-' * 8}  {'-' * 7}  {'-' * 8}  {'-' * 30}"),
        *(f"{grant.id.value:9} {grant.access:8} PROGRAM   TOOL" for grant in grants if grant.conditional),
        "",
        *_listed_keys(profile),
        *("", "READY"),
    ]
    return "".join(f"{line}\n" for line in lines)


def _listed_keys(profile: Profile) -> Iterator[str]:
    if not profile.legacy and not profile.enhanced:
        yield "NO SSIGNON INFORMATION"
        return
    yield from ("SSIGNON INFORMATION", "-------------------")
    if profile.legacy:
        form, label = profile.legacy.form.value, profile.legacy.label
        yield f"Legacy PassTicket: {form}{f' LABEL: {label}' if label else ''}"
    if profile.enhanced:
        yield f"Enhanced PassTicket: Timeout = {(profile.timeout.value if profile.timeout else '60').zfill(8)}"
        yield f"Enhanced PassTicket: Replay allowed = {_yes(profile)}"


def _class_lists(state: SecurityState) -> str:
    headings = {
        "ACTIVE CLASSES": ClassSetting.ACTIVE,
        "GENERIC PROFILE CLASSES": ClassSetting.GENERIC,
        "SETR RACLIST CLASSES": ClassSetting.RACLISTED,
    }
    lines = [" SETROPTS LIST", "ATTRIBUTES = INITSTATS"]
    for heading, setting in headings.items():
        classes = [name for each, name in state.options if each is setting and state.is_on(each, name)]
        lines.append(f"{heading} = {' '.join(['DATASET', *classes])}")
    return "".join(f"{line}\n" for line in lines)
