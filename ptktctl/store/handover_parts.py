"""Key parts as pages of text: printed for key custodians, and read back.

A page names the key and the part, shows the part in groups of four digits, and has two check values (see
`check_values`): that of the part, by which its custodian sees that it was typed right, and that of the whole key, by
which all see that the right parts came together. The last line checks the page as a text: damage is told from a slip.
Parts of one division carry its set number, since parts of two divisions of the same key do not fit together.
"""

from collections.abc import Sequence

from ptktctl.errors import InputError, StoreError
from ptktctl.passticket.check_values import check_value
from ptktctl.passticket.key_parts import MOST_PARTS, combine
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey
from ptktctl.record import Record
from ptktctl.store.keysfile import KeyKind, KeyName, key_name, name_members
from ptktctl.store.tables import LATEST, Members, checksum_of

TITLE = "ptktctl key part"
PAGE_END = "\f"
CONTINUED = " \\"
GROUP, GROUPS_IN_LINE = 4, 8  # and 16 lines of 32 digits for the longest key
LABEL_WIDTH = 26
CHECK_DIGITS = 8
SET_BYTES = 4
# The largest page, a part of 256 bytes, has less than 2 KB.
MOST_BYTES = 32 * 1024
MOST_ROWS = 16
MADE_LABEL, SET_LABEL, CHECK_LABEL, ROW_LABEL = "key made", "set", "page check", "line"
OWN_CHECK, WHOLE_CHECK, METHOD_LABEL = "check value of this part", "check value of the key", "check value method"
AGAIN = "type or print the page again; the parts of one division have one set number"


class PartPage(Record):
    """One part of a key.

    Attributes:
        name: which key, as the one who divided it stores it.
        created: when that key was made or first stored, in epoch seconds.
        number: of this part, from 1.
        count: of all parts.
        set_number: of the division, 8 hexadecimal digits.
        part: a key by its form, of the whole's kind and length.
        whole: the digits of the whole key's check value.
    """

    name: KeyName
    created: int
    number: int
    count: int
    set_number: str
    part: SecuredSignonKey
    whole: str


def pages(
    name: KeyName, created: int, key: SecuredSignonKey, parts: Sequence[SecuredSignonKey]
) -> tuple[PartPage, ...]:
    """The pages of a division.

    Args:
        parts: what `key_parts.split` made of the key.
    """
    import os

    set_number = os.urandom(SET_BYTES).hex().upper()
    whole = check_value(key).digits
    return tuple(
        PartPage(name, created, number, len(parts), set_number, part, whole)
        for number, part in enumerate(parts, start=1)
    )


def render(page: PartPage) -> str:
    """A page as text, at most 72 columns wide, ending with a line end."""
    digits = check_value(page.part)
    facts = {
        **name_members(page.name),
        MADE_LABEL: _instant(page.created),
        SET_LABEL: page.set_number,
        OWN_CHECK: digits.digits,
        WHOLE_CHECK: page.whole,
        METHOD_LABEL: digits.method.value,
    }
    lines = [_title(page), "", *(f"{label:<{LABEL_WIDTH}}{value}" for label, value in facts.items()), ""]
    lines += [*_rows(page.part.secret), ""]
    check = f"{CHECK_LABEL:<{LABEL_WIDTH}}{_page_check(lines)}"
    return "\n".join([*lines, check, "", *_advice(page)]) + "\n"


def is_part_page(data: bytes) -> bool:
    """Whether this is, or once was, a page of `render`, or several."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(TITLE.encode())


def parse(data: bytes, path: str) -> tuple[PartPage, ...]:
    """Read the pages of a file.

    Args:
        path: how messages name it.

    Raises:
        InputError: it holds none, or one is cut short, mistyped or changed; naming the part.
    """
    if not is_part_page(data):
        raise InputError(f"{path} is not a page of ptktctl key export --parts", f"it does not begin with {TITLE!r}")
    text = data.decode("utf-8-sig", errors="replace")
    return tuple(_page(page, path) for page in text.split(PAGE_END) if page.strip())


def put_together(found: Sequence[PartPage]) -> SecuredSignonKey:
    """The key that the pages of one division make.

    Args:
        found: in any order; at least one.

    Raises:
        InputError: a part is missing, is there twice or is of another division; or the parts, each right in itself, do
            not make the key that the pages name.
    """
    first = found[0]
    for page in found:
        what = f"part {page.number} of {page.count} for {page.name}"
        if (page.name, page.set_number, page.count) != (first.name, first.set_number, first.count):
            raise InputError(
                f"{what}, set {page.set_number}, does not belong to part {first.number} of {first.count} for "
                f"{first.name}, set {first.set_number}",
                "all parts must come from one call of key export --parts",
            )
        if [each.number for each in found].count(page.number) > 1:
            raise InputError(f"{what} is there twice", "name each part once")
    if missing := sorted(set(range(1, first.count + 1)) - {page.number for page in found}):
        raise InputError(
            f"of {first.count} parts for {first.name} these are missing: {', '.join(map(str, missing))}",
            "all parts are needed",
        )
    key = combine([page.part for page in found])
    if check_value(key).digits != first.whole:
        raise InputError(
            f"the parts make a key with the check value {check_value(key).digits}, the pages say {first.whole}", AGAIN
        )
    return key


def _page(text: str, path: str) -> PartPage:
    lines = [line.rstrip() for line in text.strip().splitlines()]
    number, count = _numbers(lines[0], path)
    where = f"{path}, part {number} of {count}"
    ends = [row for row, line in enumerate(lines) if line.startswith(CHECK_LABEL)]
    if not ends:
        raise InputError(f"{where}: the page is cut short: its end is missing", AGAIN)
    told, said = lines[: ends[0]], _labelled(lines[ends[0]])[1]
    try:
        page = _read(Members(dict(map(_labelled, filter(None, told[1:]))), where), number, count)
    except (StoreError, InputError) as error:
        raise InputError(
            error.message if error.message.startswith(where) else f"{where}: {error.message}", AGAIN
        ) from None
    if said != _page_check(told) or lines[0] != _title(page):
        raise InputError(f"{where}: the page was changed after it was made: its last line does not match", AGAIN)
    return page


def _numbers(title: str, path: str) -> tuple[int, int]:
    words = title.removeprefix(TITLE).split()
    if len(words) == 5 and words[1] == "of" and words[0].isdecimal() and words[2].isdecimal():
        number, count = int(words[0][:3]), int(words[2][:3])
        if 1 <= number <= count <= MOST_PARTS:
            return number, count
    raise InputError(f"{path}: the first line of a page does not say which part of how many it is", AGAIN)


def _read(members: Members, number: int, count: int) -> PartPage:
    """Take a page's facts and hold its part against its check value."""
    name = key_name(members)
    created, set_number = _epoch(members), members.text(SET_LABEL)
    own, whole, method = (members.text(label) for label in (OWN_CHECK, WHOLE_CHECK, METHOD_LABEL))
    digits = ""
    for row in range(1, MOST_ROWS + 1):
        if members.has(f"{ROW_LABEL} {row}"):
            digits += members.text(f"{ROW_LABEL} {row}").replace(" ", "")
    members.end()
    part: SecuredSignonKey
    part = LegacyKey.from_hex(digits) if name.kind is KeyKind.LEGACY else EnhancedKey.from_hex(digits)
    found = check_value(part)
    if found.digits != own:
        members.fail(f"the check value of the part is {found.digits}, the page says {own}: a digit is wrong")
    if found.method.value != method:
        members.fail(f"{METHOD_LABEL} is not {found.method.value}")
    return PartPage(name, created, number, count, set_number, part, whole)


def _labelled(line: str) -> tuple[str, str]:
    label, _, value = line.partition("  ")
    return label.strip(), value.strip()


def _title(page: PartPage) -> str:
    return f"{TITLE} {page.number} of {page.count} for {page.name.profile}"


def _rows(secret: bytes) -> list[str]:
    """The part in groups of four digits, eight to a line, the lines numbered."""
    digits = secret.hex().upper()
    groups = [digits[start : start + GROUP] for start in range(0, len(digits), GROUP)]
    rows = [" ".join(groups[start : start + GROUPS_IN_LINE]) for start in range(0, len(groups), GROUPS_IN_LINE)]
    return [f"{f'{ROW_LABEL} {number}':<{LABEL_WIDTH}}{row}" for number, row in enumerate(rows, start=1)]


def _page_check(lines: Sequence[str]) -> str:
    return checksum_of("\n".join(line for line in lines if line).encode())[:CHECK_DIGITS].upper()


def _advice(page: PartPage) -> list[str]:
    name = page.name
    options = {
        f"--group {name.group}": name.group,
        f"--user {name.userid}": name.userid,
        "--enhanced": name.kind is KeyKind.ENHANCED,
        "--pending": name.pending,
    }
    more = " ".join(option for option, applies in options.items() if applies)
    return [
        f"All {page.count} parts together are the key, fewer tell nothing of it. Keep this",
        "page from the holders of the others; destroy it when it is not needed.",
        "",
        "To enter the parts, each custodian in turn:",
        f"  ptktctl key import --parts {page.count} --as {name.applid}{CONTINUED if more else ''}",
        *([f"    {more}"] if more else []),
        "or from files, in any order:",
        "  ptktctl key import FILE FILE ...",
    ]


def _instant(epoch: int) -> str:
    from datetime import UTC, datetime, timedelta

    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=epoch)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
    except OverflowError:
        return f"@{epoch}"


def _epoch(members: Members) -> int:
    from datetime import datetime

    text = members.text(MADE_LABEL)
    try:
        epoch = int(text[1:18]) if text.startswith("@") else int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError):
        members.fail(f"{MADE_LABEL} is not an instant")
    return (
        epoch if 0 <= epoch <= LATEST and _instant(epoch) == text else members.fail(f"{MADE_LABEL} is not an instant")
    )
