"""Pages of key parts: what is printed is read again, and a slip is named by its part."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.passticket.check_values import check_value
from ptktctl.passticket.key_parts import split
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey
from ptktctl.passticket.names import ApplId, GroupId, UserId
from ptktctl.store.handover_parts import PAGE_END, PartPage, is_part_page, pages, parse, put_together, render
from ptktctl.store.keysfile import KeyKind, KeyName

NAME_TEXT = st.text("ABCXYZ019@#$", min_size=1, max_size=8)
KEYS = st.binary(min_size=8, max_size=8).map(LegacyKey) | st.binary(min_size=32, max_size=256).map(EnhancedKey)
QUALIFIERS = st.tuples(st.none() | NAME_TEXT.map(GroupId.parse), st.none() | NAME_TEXT.map(UserId.parse), st.booleans())
NAME = KeyName(ApplId("FEKAPPL"), KeyKind.LEGACY, GroupId("SYS1"), UserId("IBMUSER"), pending=True)
KEY = LegacyKey.from_hex("9D2CA7F4133E8B60")
CREATED = 1_700_000_000


def divided(key: SecuredSignonKey = KEY, count: int = 3, name: KeyName = NAME) -> tuple[PartPage, ...]:
    return pages(name, CREATED, key, split(key, count))


def fault(data: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(data, "f.txt")
    assert caught.value.message.startswith("f.txt")
    return caught.value


def outcome(data: bytes) -> tuple[PartPage, ...] | str:
    """The pages, or "refused" for one good message."""
    try:
        return parse(data, "f.txt")
    except InputError as error:
        return "refused" if error.message.startswith("f.txt") and error.hint else error.message


@given(KEYS, NAME_TEXT.map(ApplId.parse), QUALIFIERS, st.integers(0, 2**48 - 1), st.integers(2, 9))
def test_what_is_printed_is_read_again(
    key: SecuredSignonKey,
    applid: ApplId,
    qualifiers: tuple[GroupId | None, UserId | None, bool],
    created: int,
    count: int,
) -> None:
    name = KeyName(applid, KeyKind.LEGACY if isinstance(key, LegacyKey) else KeyKind.ENHANCED, *qualifiers)
    made = pages(name, created, key, split(key, count))
    texts = [render(page) for page in made]
    for page, text in zip(made, texts, strict=True):
        assert parse(text.encode(), "f") == (page,)
        assert max(map(len, text.splitlines())) <= 72
        assert text.isascii()
    together = PAGE_END.join(texts).encode()
    assert parse(together, "f") == made
    assert put_together(made) == put_together(made[::-1]) == key


def test_a_page_is_for_people() -> None:
    page = PartPage(
        KeyName(ApplId("FEKAPPL"), KeyKind.LEGACY),
        CREATED,
        2,
        3,
        "7F3A91C2",
        LegacyKey.from_hex("0123456789ABCDEF"),
        "9F3A2C",
    )
    assert render(page).splitlines()[:13] == [
        "ptktctl key part 2 of 3 for FEKAPPL",
        "",
        "applid                    FEKAPPL",
        "kind                      legacy",
        "key made                  2023-11-14T22:13:20Z",
        "set                       7F3A91C2",
        "check value of this part  D5D44F",
        "check value of the key    9F3A2C",
        "check value method        ENC-ZERO",
        "",
        "line 1                    0123 4567 89AB CDEF",
        "",
        "page check                6DCCC96A",
    ]


def test_a_page_says_how_its_part_is_entered() -> None:
    advice = render(divided()[0]).partition("each custodian in turn:\n")[2].splitlines()
    assert advice[:2] == [
        "  ptktctl key import --parts 3 --as FEKAPPL \\",
        "    --group SYS1 --user IBMUSER --pending",
    ]
    plain = render(divided(name=KeyName(ApplId("FEKAPPL"), KeyKind.LEGACY))[0]).partition("in turn:\n")[2].splitlines()
    assert plain[:2] == ["  ptktctl key import --parts 3 --as FEKAPPL", "or from files, in any order:"]


def test_the_longest_part_has_16_lines_of_8_groups() -> None:
    text = render(divided(EnhancedKey(bytes(range(256))), 2, NAME.replaced(kind=KeyKind.ENHANCED))[0])
    rows = [line for line in text.splitlines() if line.startswith("line ")]
    assert len(rows) == 16
    assert {len(row.split()) for row in rows} == {2 + 8}
    assert len(text.splitlines()) < 60  # one page


def test_no_page_holds_the_key() -> None:
    digits = KEY.secret.hex().upper()
    for page in divided():
        assert digits not in render(page).replace(" ", "")
        assert digits not in repr(page)
        assert page.part.secret.hex() not in repr(page).casefold()


def test_what_mail_and_editors_do_to_text_does_no_harm() -> None:
    made = divided()
    text = PAGE_END.join(map(render, made))
    for changed in (text.replace("\n", "\r\n"), "\ufeff" + text, f"\n{text} \n\n", text.rstrip()):
        assert parse(changed.encode(), "f") == made


def test_every_digit_of_the_part_mistyped_is_named_with_the_part() -> None:
    page = divided()[1]
    text = render(page)
    start = text.index("line 1") + 26
    for position in range(start, start + 19):
        if text[position] == " ":
            continue
        # A slip of an even number of ones changes the digit; parity bits alone do not count for DES.
        slip = f"{(int(text[position], 16) ^ 0b1010):X}"
        error = fault((text[:position] + slip + text[position + 1 :]).encode())
        assert "part 2 of 3" in error.message
        assert "check value of the part is" in error.message


def test_every_byte_changed_is_noticed() -> None:
    text = render(divided()[0]).encode()
    end = text.index(b"All 3 parts")
    whole = parse(text, "f")
    for position in range(end):
        for byte in (0, 10, 32, 48, 65, 255, text[position] ^ 1):
            assert outcome(text[:position] + bytes([byte]) + text[position + 1 :]) in (whole, "refused")


def test_cut_short_at_any_line() -> None:
    lines = render(divided()[0]).splitlines()
    end = next(number for number, line in enumerate(lines) if line.startswith("page check"))
    for number in range(1, end):
        assert "cut short" in fault("\n".join(lines[:number]).encode()).message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("part 1 of 3", "part 4 of 3", "which part of how many"),
        ("part 1 of 3", "part 1 of 99", "which part of how many"),
        ("part 1 of 3", "part one of 3", "which part of how many"),
        ("part 1 of 3", "part 2 of 3", "was changed after it was made"),
        ("for FEKAPPL", "for CICSPROD", "was changed after it was made"),
        ("                  FEKAPPL", "                  FEK.APPL", "character 4"),
        ("kind                      legacy", "kind                      des", "kind is none of"),
        ("kind                      legacy", "", "kind is missing"),
        ("2023-11-14T22:13:20Z", "2023-11-14", "key made is not an instant"),
        ("2023-11-14T22:13:20Z", "yesterday", "key made is not an instant"),
        ("2023-11-14T22:13:20Z", "2023-11-14T22:13:21Z", "was changed after it was made"),
        ("ENC-ZERO", "SHAVP1", "check value method is not ENC-ZERO"),
        ("line 1 ", "line 2 ", "was changed after it was made"),
        ("line 1 ", "line x ", "is unknown"),
        ("page check", "PAGE CHECK", "cut short"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, said: str) -> None:
    text = render(divided()[0])
    assert said in fault(text.replace(old, new, 1).encode()).message


def test_what_is_no_page() -> None:
    assert not is_part_page(b"hello")
    assert "not a page" in fault(b"hello").message


@given(st.text(max_size=200))
def test_any_text_gets_one_message(text: str) -> None:
    for start in (
        "",
        "ptktctl key part ",
        "ptktctl key part 1 of 2 for A\n",
        "ptktctl key part 1 of 2 for A\napplid  A\n",
    ):
        fault((start + text).encode("utf-8", "surrogatepass"))


def test_a_part_that_is_missing_or_there_twice() -> None:
    one, two, three = divided()
    for given_pages, said in (
        ((one, three), "these are missing: 2"),
        ((two,), "these are missing: 1, 3"),
        ((one, two, two, three), "part 2 of 3 for FEKAPPL.SYS1.IBMUSER (legacy, pending) is there twice"),
    ):
        with pytest.raises(InputError) as caught:
            put_together(given_pages)
        assert said in caught.value.message


def test_parts_of_two_divisions_do_not_fit_together() -> None:
    one, _, three = divided()
    with pytest.raises(InputError, match=r"part 2 of 3 .* set .* does not belong to part 1 of 3"):
        put_together((one, divided()[1], three))
    other = divided(name=NAME.replaced(applid=ApplId("CICSPROD")))
    with pytest.raises(InputError, match="does not belong to"):
        put_together((one, other[1], three))


def test_right_parts_that_make_another_key() -> None:
    one, two, three = divided()
    with pytest.raises(InputError, match="the pages say 000000"):
        put_together([page.replaced(whole="000000") for page in (one, two, three)])
    assert check_value(KEY).digits == one.whole
