"""What is wanted when it was not said, and wishes that exclude each other."""

from typing import Any

import pytest

from ptktctl.errors import InputError
from ptktctl.passticket.keys import TicketType
from ptktctl.passticket.names import ApplId, UserId
from ptktctl.provision.plan import steps
from ptktctl.provision.wanted import Esm, KeyForm, Wanted
from ptktctl.provision.wishes import Wishes, decide, hints, parse_label
from ptktctl.store.definitions import Application, Component

A, B, C = UserId("A"), UserId("B"), UserId("C")
LABEL, ENHANCED = KeyForm.KEYLABEL, KeyForm.EPTKEYLABEL


def decided(
    name: str = "PAYROLL",
    component: Component = Component.OTHER,
    ticket: TicketType | None = None,
    stored: tuple[bool, bool] = (False, False),
    **wishes: Any,
) -> Wanted:
    application = Application(ApplId(name), 1, component=component, ticket=ticket)
    return decide(application, Wishes(**wishes), stored_legacy=stored[0], stored_enhanced=stored[1])


@pytest.mark.parametrize(
    ("component", "ticket", "stored", "forms"),
    [
        (Component.OTHER, None, (False, False), (ENHANCED,)),
        (Component.RSE, None, (False, False), (LABEL,)),
        (Component.OTHER, None, (True, False), (LABEL,)),
        (Component.RSE, None, (False, True), (ENHANCED,)),
        (Component.OTHER, None, (True, True), (LABEL, ENHANCED)),
        (Component.OTHER, TicketType.LEGACY, (True, True), (LABEL, ENHANCED)),
        (Component.OTHER, TicketType.LEGACY, (False, True), (LABEL,)),
        (Component.RSE, TicketType.MIXED, (True, False), (ENHANCED,)),
        (Component.OTHER, TicketType.UPPER, (True, True), (LABEL, ENHANCED)),
    ],
)
def test_the_default_form(
    component: Component, ticket: TicketType | None, stored: tuple[bool, bool], forms: tuple[KeyForm, ...]
) -> None:
    wanted = decided(component=component, ticket=ticket, stored=stored, all_users=True)
    assert tuple(key.form for key in wanted.keys) == forms


def test_labels() -> None:
    both = (ENHANCED, LABEL)
    assert [key.label for key in decided(forms=both).keys] == ["PTKT.PAYROLL.DES", "PTKT.PAYROLL.HMAC"]
    given = decided(forms=both, labels=("ONE",))
    assert [key.label for key in given.keys] == ["ONE", "PTKT.PAYROLL.HMAC"]
    assert [key.label for key in decided(forms=(KeyForm.KEYENCRYPTED, ENHANCED), labels=("ONE",)).keys] == ["", "ONE"]
    with pytest.raises(InputError, match="--key-label TWO"):
        decided(forms=(LABEL,), labels=("ONE", "TWO"))


def test_users_of_the_profiles() -> None:
    wanted = decided(generators=(A,), evaluators=(A, B), users=(C,))
    assert (wanted.generators, wanted.evaluators, wanted.logons) == ((A,), (B,), (C,))
    assert wanted.authorities == ("IRRPTAUTH.PAYROLL.C",)
    assert decided(generators=(A,), all_users=True, logons=(B,)).logons == (B,)
    assert decided(generators=(A,), all_users=True).authorities == ("IRRPTAUTH.PAYROLL.*",)
    assert decided(users=(C,)).authorities == ()


def test_rse_gets_the_generator_of_the_sample_and_it_is_told() -> None:
    for wanted in (decided("FEKAPPL", users=(C,)), decided(component=Component.JES_JOB_MONITOR, users=(C,))):
        assert wanted.generators == (UserId("STCRSE"),)
        assert any("STCRSE" in hint for hint in hints(wanted, Wishes(users=(C,))))
    assert decided().generators == ()
    assert any("nobody" in hint for hint in hints(decided(), Wishes()))
    named = Wishes(forms=(LABEL,), labels=("MINE",), generators=(A,), users=(C,))
    assert list(hints(decide_for(named), named)) == []


def decide_for(wishes: Wishes) -> Wanted:
    return decide(Application(ApplId("PAYROLL"), 1), wishes, stored_legacy=False, stored_enhanced=False)


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"users": (C,), "all_users": True}, "exclude each other"),
        ({"generators": (A,)}, "for which users shall A"),
        ({"evaluators": (B,)}, "for which users shall B"),
        ({"forms": (LABEL, KeyForm.KEYMASKED)}, "keylabel and keymasked"),
        ({"administrators": (A,)}, "--crypto-admin goes with --jwt"),
        ({"esm": Esm.ACF2, "ticket": TicketType.LEGACY, "jwt": True}, "RACF only"),
        ({"esm": Esm.ACF2, "forms": (LABEL,)}, "--key-form keylabel is RACF's"),
        ({"esm": Esm.ACF2, "forms": (ENHANCED,)}, "not documented"),
        ({"esm": Esm.TOP_SECRET, "ticket": TicketType.UPPER}, "not documented"),
        ({"esm": Esm.TOP_SECRET}, "somebody owns"),
        ({"owner": A}, "--owner goes with"),
    ],
)
def test_wishes_that_do_not_fit(wishes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        decided(**wishes)
    assert said in refused.value.message
    assert refused.value.hint


def test_an_enhanced_key_beside_a_legacy_one_leaves_the_documented_part() -> None:
    wanted = decided(esm=Esm.ACF2, ticket=TicketType.MIXED, forms=(KeyForm.PLACEHOLDER, ENHANCED))
    assert [key.form for key in wanted.keys] == [KeyForm.PLACEHOLDER]


def test_the_way_back_needs_no_key() -> None:
    application = Application(ApplId("ZOWEAPPL"), 1, component=Component.ZOWE, ticket=TicketType.UPPER)
    wishes = Wishes(esm=Esm.ACF2, all_users=True)
    wanted = decide(application, wishes, stored_legacy=False, stored_enhanced=True, undo=True)
    assert steps(wanted, undo=True)


@pytest.mark.parametrize("label", ["a", "$KEY.1", "A" * 64])
def test_good_labels(label: str) -> None:
    assert parse_label(label) == label.upper()


@pytest.mark.parametrize("label", ["", "1A", ".A", "A B", "A" * 65, "Ä", "A)", "A'", "ſ"])
def test_bad_labels(label: str) -> None:
    with pytest.raises(InputError, match="label"):
        parse_label(label)
