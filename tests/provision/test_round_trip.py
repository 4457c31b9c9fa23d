"""Whatever is printed, lint reads it as it was meant, and finds nothing but the placeholder."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptktctl.lint.engine import lint
from ptktctl.lint.readers.command_text import begins_command, scan
from ptktctl.lint.readers.operands import LEXEME
from ptktctl.lint.result import File
from ptktctl.lint.source import read_source
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, TicketType
from ptktctl.passticket.names import NAME_CHARACTERS, ApplId, UserId
from ptktctl.provision import plan
from ptktctl.provision.forms import Form, render
from ptktctl.provision.jobs import Job
from ptktctl.provision.layout import WIDTH
from ptktctl.provision.step import Step
from ptktctl.provision.wanted import Esm, KeyForm, Wanted
from ptktctl.provision.wishes import LABEL_CHARACTERS, LABEL_STARTS, Wishes, decide, with_digits
from ptktctl.store.definitions import Application, Component, Replay

PLACEHOLDER_KEY = "PTK407"
# Told by lint of a reason that is given for one file alone, when others make it needless.
NEEDLESS = ("PTK901", "PTK403")
NAMES = st.one_of(
    st.sampled_from(["IBMUSER", "STCRSE", "A", "WWWWWWWW", "US#R", "$AB@C#12"]),
    st.text(NAME_CHARACTERS, min_size=1, max_size=8),
)
USERS = st.lists(NAMES.map(UserId), max_size=3, unique=True).map(tuple)
APPLIDS = st.one_of(st.sampled_from(["FEKAPPL", "FEKAPPL", "RSEPROD", "WWWWWWWW", "$A#B@C$D"]), NAMES).map(ApplId)
LABELS = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(LABEL_STARTS),
    st.one_of(st.text(LABEL_CHARACTERS, max_size=12), st.text(LABEL_CHARACTERS, min_size=50, max_size=63)),
)
APPLICATIONS = st.builds(
    Application,
    applid=APPLIDS,
    created=st.just(1),
    component=st.sampled_from(Component),
    ticket=st.sampled_from([None, *TicketType]),
    timeout=st.sampled_from([1, 9, 10, 60, 61, 600]),
    replay=st.sampled_from(Replay),
)
RSE_APPLICATIONS = APPLICATIONS.map(
    lambda application: application.replaced(component=Component.RSE, replay=Replay.ALLOW)
)
WISHES = st.builds(
    Wishes,
    forms=st.one_of(
        st.just(()),
        st.sampled_from(KeyForm).map(lambda form: (form,)),
        st.sampled_from([each for each in KeyForm if not each.enhanced]).map(lambda form: (KeyForm.EPTKEYLABEL, form)),
    ),
    generators=USERS,
    evaluators=USERS,
    users=USERS,
    all_users=st.booleans(),
    logons=USERS,
    jwt=st.booleans(),
    administrators=USERS,
)


ENHANCED = (TicketType.UPPER, TicketType.MIXED)
TSO_PRODUCTS = (Esm.RACF, Esm.TOP_SECRET)


@st.composite
def wanted_things(
    draw: st.DrawFn, applications: st.SearchStrategy[Application] = APPLICATIONS, esms: tuple[Esm, ...] = tuple(Esm)
) -> Wanted:
    """What is wanted, from wishes that do not exclude each other."""
    application, wishes = draw(applications), draw(WISHES)
    wishes = _changed(wishes, {"esm": draw(st.sampled_from((Esm.RACF, *esms)))})
    changes: dict[str, object] = {}
    if wishes.users and wishes.all_users:
        changes["users"] = ()
    if not wishes.users and not wishes.all_users:
        changes["all_users"] = True
    if wishes.esm is Esm.TOP_SECRET:
        changes["owner"] = draw(NAMES.map(UserId))
    if wishes.esm is not Esm.RACF:
        either = () if application.ticket in ENHANCED else draw(st.sampled_from([(), (KeyForm.PLACEHOLDER,)]))
        changes |= {"jwt": False, "forms": either or (KeyForm.PLACEHOLDER,)}
    if wishes.esm is not Esm.RACF or not wishes.jwt:
        changes["administrators"] = ()
    stored = {"stored_legacy": draw(st.booleans()), "stored_enhanced": draw(st.booleans())}
    labelled = sum(key.form.labelled for key in decide(application, _changed(wishes, changes), **stored).keys)
    changes["labels"] = tuple(draw(LABELS) for _ in range(draw(st.integers(0, labelled))))
    return decide(application, _changed(wishes, changes), **stored)


def _changed(wishes: Wishes, changes: dict[str, object]) -> Wishes:
    return Wishes(**{name: getattr(wishes, name) for name in Wishes.__slots__} | changes)


@st.composite
def revealed(draw: st.DrawFn, esms: tuple[Esm, ...] = tuple(Esm)) -> Wanted:
    """What is wanted, now and then with good keys in it."""
    wanted = draw(wanted_things(esms=esms))
    if not draw(st.booleans()):
        return wanted
    return with_digits(
        wanted,
        {
            False: LegacyKey.generate().secret.hex().upper(),
            True: EnhancedKey.generate(draw(st.sampled_from([32, 64, 256]))).secret.hex().upper(),
        },
    )


def printed(wanted: Wanted, form: Form, *, undo: bool = False) -> tuple[tuple[Step, ...], list[str]]:
    steps = plan.steps(wanted, undo=undo)
    reveals = any(key.digits for key in wanted.keys)
    return steps, render(wanted, steps, form, Job(), undo=undo, reveals=reveals)


def file_name(form: Form) -> str:
    return {Form.COMMANDS: "setup.txt", Form.JCL: "setup.jcl", Form.REXX: "SETUP", Form.TSOCMD: "setup"}[form]


def file_of(form: Form, lines: list[str]) -> File:
    return File(file_name(form), "".join(f"{line}\n" for line in lines).encode())


def forms_of(wanted: Wanted) -> st.SearchStrategy[Form]:
    fitting = (Form.COMMANDS, Form.JCL) if wanted.esm is Esm.ACF2 else tuple(Form)
    return st.sampled_from(fitting)


@settings(max_examples=150)
@given(data=st.data(), wanted=revealed(), undo=st.booleans())
def test_lint_finds_nothing_but_the_placeholder(data: st.DataObject, wanted: Wanted, undo: bool) -> None:
    form = data.draw(forms_of(wanted))
    _, lines = printed(wanted, form, undo=undo)
    result = lint([file_of(form, lines)])
    assert result.problems == ()
    left_open = any(not key.digits and not key.form.labelled for key in wanted.keys) and not undo
    assert [finding.rule.id for finding in result.findings] == [PLACEHOLDER_KEY] * left_open, "\n".join(lines)


@settings(max_examples=60)
@given(data=st.data(), wanted=revealed(), undo=st.booleans())
def test_every_line_fits_and_is_plain(data: st.DataObject, wanted: Wanted, undo: bool) -> None:
    form = data.draw(forms_of(wanted))
    for line in printed(wanted, form, undo=undo)[1]:
        assert len(line) <= WIDTH
        assert line.isascii()
        assert line.isprintable()
        assert line == line.rstrip()


@settings(max_examples=60)
@given(data=st.data(), wanted=revealed(), undo=st.booleans())
def test_every_command_is_read_as_it_was_meant_and_nothing_else(
    data: st.DataObject, wanted: Wanted, undo: bool
) -> None:
    form = data.draw(forms_of(wanted))
    steps, lines = printed(wanted, form, undo=undo)
    meant = [command.text for step in steps for command in step.commands]
    file = file_of(form, lines)
    images = scan(read_source(file.name, file.data)).images
    read = [words_of(image.text) for image in images]
    known = [words_of(text) for text in meant if begins_command(text, acf2=True)]
    # Of an exec, only those that change something are looked for.
    seen = [words for words in known if form is not Form.REXX or words[0] != "RACDCERT"]
    assert read == [words for words in seen if form is not Form.REXX or words[0] != "RLIST"]
    assert all(not image.uncontinued for image in images)


def words_of(command: str) -> list[str]:
    import re

    return [match[0] for match in re.finditer(LEXEME, command) if match[0].strip()]


@settings(max_examples=40)
@given(data=st.data(), wanted=wanted_things(RSE_APPLICATIONS))
def test_the_lines_for_the_servers_agree_with_the_profiles(data: st.DataObject, wanted: Wanted) -> None:
    form = data.draw(forms_of(wanted))
    steps, lines = printed(wanted, form)
    files = {each.where: each.lines for step in steps for each in step.lines if each.where in ("rse.env", "FEJJCNFG")}
    assert set(files) == {"rse.env", "FEJJCNFG"}
    given = [File(name, "".join(f"{line}\n" for line in text).encode()) for name, text in files.items()]
    findings = lint([*given, file_of(form, lines)]).findings
    # What an application ID stands for is for `applid add` to say.
    judged = {each for each in findings if not each.rule.id.startswith("PTK1")}
    left = {each for each in judged if each.rule.id != NEEDLESS[0] or NEEDLESS[1] not in each.message}
    assert {each.rule.id for each in left} <= {PLACEHOLDER_KEY}


FAKE_TSOCMD = """#!/bin/sh
printf '%s\\n' "$#:$*" >> "$SEEN"
cat >> "$SEEN.in"
exit 8
"""


@pytest.fixture(scope="module")
def tsocmd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "tsocmd"
    command.write_text(FAKE_TSOCMD)
    command.chmod(0o755)
    return folder


@settings(max_examples=25)
@given(wanted=revealed(TSO_PRODUCTS), undo=st.booleans(), shell=st.sampled_from(["sh", "bash"]))
def test_a_shell_hands_each_command_to_tsocmd_as_one_argument(
    tsocmd: Path, wanted: Wanted, undo: bool, shell: str
) -> None:
    steps, lines = printed(wanted, Form.TSOCMD, undo=undo)
    script = "".join(f"{line}\n" for line in lines)
    seen = tsocmd / "seen"
    seen.unlink(missing_ok=True)
    (tsocmd / "seen.in").unlink(missing_ok=True)
    environ = {"PATH": f"{tsocmd}{os.pathsep}{os.environ['PATH']}", "SEEN": str(seen), "AB": "expanded"}
    assert subprocess.run([shell, "-n"], input=script, text=True, check=True, capture_output=True).stderr == ""
    ran = subprocess.run(
        [shell, "-c", script], input="secret\n", text=True, check=False, capture_output=True, env=environ
    )
    assert (ran.stdout, ran.stderr) == ("", "")
    commands = [command.text for step in steps for command in step.commands]
    assert seen.read_text() == "".join(f"1:{command}\n" for command in commands)
    assert (tsocmd / "seen.in").read_text() == ""


@settings(max_examples=50)
@given(wanted=revealed(TSO_PRODUCTS), undo=st.booleans())
def test_rexx_hands_each_command_to_tso(wanted: Wanted, undo: bool) -> None:
    steps, lines = printed(wanted, Form.REXX, undo=undo)
    commands = [command.text for step in steps for command in step.commands]
    assert evaluated("\n".join(lines)) == commands
    assert lines[0] == "/* REXX */"
    assert lines[-1] == "exit 0"


def evaluated(program: str) -> list[str]:
    """What the clauses of a REXX program that begin with `address tso` come to."""
    clauses = program.replace(",\n", " ").split("\n")
    return [string_of(clause.removeprefix("address tso ")) for clause in clauses if clause.startswith("address tso ")]


def string_of(expression: str) -> str:
    import re

    value, glue = "", ""
    for match in re.finditer(r'"((?:[^"]|"")*)"|(\|\|)|( +)', expression):
        if match[1] is not None:
            value, glue = value + glue + match[1].replace('""', '"'), ""
        elif match[2]:
            glue = "\0"
        elif value and glue != "\0":
            glue = " "
        if glue == "\0" and match[1] is not None:
            glue = ""
    return value.replace("\0", "")


@settings(max_examples=50)
@given(wanted=revealed(), undo=st.booleans())
def test_in_a_job_tso_joins_the_lines_to_each_command(wanted: Wanted, undo: bool) -> None:
    steps, lines = printed(wanted, Form.JCL, undo=undo)
    start = lines.index("//SYSTSIN  DD *")
    assert lines[-1] == "/*"
    data = lines[start + 1 : -1]
    # Neither delimiter may stand in the data; a comment of TSO/E begins after column 1.
    assert not [line for line in data if line.startswith(("/*", "//"))]
    entered = [line for line in data if line and not line.startswith(("**", "* ", " /*"))]
    joined: list[str] = []
    continued = False
    for line in entered:
        text = line.lstrip(" ")
        going_on = text.endswith("+")
        text = text[:-1] if going_on else text
        joined = [*joined[:-1], joined[-1] + text] if continued else [*joined, text]
        continued = going_on
    commands = [command.text for step in steps for command in step.commands]
    if wanted.esm is Esm.ACF2:
        commands = ["ACF", *commands, "END"]
    assert joined == commands


def test_the_key_is_printed_only_where_it_was_asked_for() -> None:
    application = Application(ApplId("FEKAPPL"), 1, component=Component.RSE, replay=Replay.ALLOW)
    key = LegacyKey.generate().secret.hex().upper()
    for esm in Esm:
        wishes = Wishes(
            esm, (KeyForm.PLACEHOLDER,), all_users=True, owner=UserId("DEPT") if esm is Esm.TOP_SECRET else None
        )
        wanted = decide(application, wishes, stored_legacy=True, stored_enhanced=False)
        assert "IN CLEAR" not in "".join(printed(wanted, Form.COMMANDS)[1])
        lines = printed(with_digits(wanted, {False: key}), Form.COMMANDS)[1]
        assert "THIS TEXT HOLDS A KEY OF FEKAPPL IN CLEAR" in lines[1]
        assert sum(key in line for line in lines) == 1
        assert key not in repr(with_digits(wanted, {False: key}))
