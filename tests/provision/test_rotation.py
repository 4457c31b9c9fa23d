"""How a host gets the next key: read by lint as it is meant, in every form, and nothing made up."""

import pytest

from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.result import File
from ptktctl.passticket.names import ApplId
from ptktctl.provision import rotation
from ptktctl.provision.forms import Form, render
from ptktctl.provision.jobs import Job
from ptktctl.provision.layout import WIDTH
from ptktctl.provision.step import Step
from ptktctl.provision.wanted import Esm
from ptktctl.store.definitions import Application, Replay

PLACEHOLDER_KEY = "PTK407"
MOMENT = "D20261123.T101112"
FILES = {Form.COMMANDS: "next.txt", Form.JCL: "next.jcl", Form.REXX: "NEXT", Form.TSOCMD: "next"}


def planned(
    esm: Esm, profile: str, *, enhanced: bool = False, reusable: bool = False, form: Form = Form.COMMANDS
) -> tuple[tuple[Step, ...], list[str]]:
    applid = ApplId(profile.partition(".")[0])
    application = Application(applid=applid, created=1, replay=Replay.ALLOW if reusable else Replay.DENY)
    wanted = rotation.wanted_of(application, esm, profile, None, MOMENT, enhanced=enhanced)
    steps = rotation.steps(wanted, profile)
    return steps, render(wanted, steps, form, Job(), title="The next key.")


def commands(steps: tuple[Step, ...]) -> list[str]:
    return [command.text for step in steps for command in step.commands]


@pytest.mark.parametrize("enhanced", [False, True])
@pytest.mark.parametrize("reusable", [False, True])
@pytest.mark.parametrize("profile", ["FEKAPPL", "CICSPROD", "A", "$A#B@C$D.WWWWWWWW", "WWWWWWWW.SYS1.WWWWWWWW"])
@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("esm", Esm)
def test_lint_finds_nothing_but_the_placeholder(
    esm: Esm, form: Form, profile: str, reusable: bool, enhanced: bool
) -> None:
    if esm is Esm.ACF2 and form in (Form.REXX, Form.TSOCMD):
        return
    steps, lines = planned(esm, profile, enhanced=enhanced, reusable=reusable, form=form)
    if not commands(steps):
        assert "not documented" in steps[0].remarks[0]
        return
    assert max(map(len, lines)) <= WIDTH
    result = lint([File(FILES[form], "".join(f"{line}\n" for line in lines).encode())])
    assert result.problems == ()
    is_typed = any("<key>" in command for command in commands(steps))
    assert is_typed == (esm is not Esm.RACF)
    assert [finding.rule.id for finding in result.findings] == [PLACEHOLDER_KEY] * is_typed, "\n".join(lines)


def test_acf2_changes_the_record_and_rebuilds_its_class() -> None:
    for profile in ("CICSPROD", "CICSPROD.MIKEM"):
        steps, _ = planned(Esm.ACF2, profile)
        assert commands(steps) == [
            "SET PROFILE(PTKTDATA) DIVISION(SSIGNON)",
            f"CHANGE {profile} SSKEY(<key>)",
            "F ACF2,REBUILD(PTK),CLASS(P)",
            f"LIST LIKE({profile}-)",
        ]


@pytest.mark.parametrize(("reusable", "end"), [(False, ""), (True, " SIGNMULTI")])
def test_top_secret_is_given_the_entry_again_as_it_is_defined(reusable: bool, end: str) -> None:
    steps, _ = planned(Esm.TOP_SECRET, "CICSPROD", reusable=reusable)
    assert commands(steps) == [f"TSS ADDTO(NDT) PSTKAPPL(CICSPROD) SESSKEY(<key>){end}", "TSS REFRESH"]
    assert "do not tell whether it replaces" in " ".join(steps[0].remarks)


@pytest.mark.parametrize(
    ("esm", "profile", "enhanced", "said"),
    [
        (Esm.ACF2, "CICSPROD", True, "How ACF2 is given an enhanced key is not documented"),
        (Esm.TOP_SECRET, "CICSPROD", True, "How Top Secret is given an enhanced key is not documented"),
        (Esm.ACF2, "CICSPROD.SYS1.MIKEM", False, "How ACF2 is given a key of CICSPROD.SYS1.MIKEM is not documented"),
        (Esm.TOP_SECRET, "CICSPROD.MIKEM", False, "How Top Secret is given a key of CICSPROD.MIKEM is not documented"),
    ],
)
def test_what_is_not_documented_is_said_and_not_made_up(esm: Esm, profile: str, enhanced: bool, said: str) -> None:
    steps, _ = planned(esm, profile, enhanced=enhanced)
    assert commands(steps) == []
    assert steps[0].remarks[0].startswith(said)


@pytest.mark.parametrize("esm", [Esm.ACF2, Esm.TOP_SECRET])
def test_a_label_is_for_racf(esm: Esm) -> None:
    with pytest.raises(InputError, match="--key-label is RACF's"):
        rotation.wanted_of(Application(ApplId("CICSPROD"), 1), esm, "CICSPROD", "A.LABEL", MOMENT, enhanced=False)
