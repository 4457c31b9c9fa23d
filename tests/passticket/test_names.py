"""Names: folding, checking, EBCDIC, and the application IDs that already mean something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl import ApplId, InputError, UserId
from ptktctl.passticket.names import GroupId
from ptktctl.passticket.reserved import ReservedKind, reserved


@pytest.mark.parametrize(("text", "value"), [("ibmuser", "IBMUSER"), ("A", "A"), ("u@#$0", "U@#$0")])
def test_names_are_folded(text: str, value: str) -> None:
    assert UserId.parse(text).value == value
    assert str(ApplId.parse(text)) == value


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("ABCDEFGHI", "9 characters"),
        ("IBM USER", "character 4 is ' '"),
        ("IBM-USER", "character 4 is '-'"),
        ("straße", "character 5 is 'ß'"),
        ("ﬁx", "character 1 is 'ﬁ'"),
        ("A\0", r"character 2 is '\\x00'"),
    ],
)
def test_malformed_names_are_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        UserId.parse(text)


@given(st.text(max_size=12))
def test_any_text_is_a_name_or_is_refused(text: str) -> None:
    try:
        name = UserId.parse(text)
    except InputError:
        return
    assert name.value == text.upper()
    assert len(name.padded) == 8


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@#$", min_size=1, max_size=8))
def test_ebcdic_is_the_same_in_every_code_page_that_matters(text: str) -> None:
    assert UserId.parse(text).padded == text.ljust(8).encode("cp1140")


def test_names_of_different_kinds_are_never_equal() -> None:
    assert len({UserId.parse("A"), ApplId.parse("A"), GroupId.parse("A")}) == 3


@pytest.mark.parametrize(
    ("applid", "kind"),
    [
        ("OMVSAPPL", ReservedKind.UNIX),
        ("MVSS", ReservedKind.MVS_SMFID),
        ("MVSSYS1", ReservedKind.MVS_SMFID),
        ("MVSSYS12", ReservedKind.MVS_LOOKALIKE),
        ("TSOSYS1", ReservedKind.TSO_SMFID),
        ("IZUDFLT", ReservedKind.PRODUCT),
        ("VMSYS", ReservedKind.PRODUCT),
        ("MVS", None),
        ("TSO", None),
        ("TSOSYS12", None),
        ("VM", None),
        ("FEKAPPL", None),
    ],
)
def test_reserved_names(applid: str, kind: ReservedKind | None) -> None:
    found = reserved(ApplId.parse(applid))
    assert (found.kind if found else None) is kind
