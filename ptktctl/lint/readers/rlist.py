"""What RLIST and SETROPTS LIST print: profiles, their access lists and keys; the classes' settings.

Both print headings, each underlined by hyphens, and what belongs to a heading below it. What stands under a heading
that is not known here is passed over.

Sources: z/OS Security Server RACF Command Language Reference, RLIST and SETROPTS; for the lines about PassTickets,
Broadcom Knowledge Base 415349.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.finding import Span
from ptktctl.lint.security import (
    ACCESS_LEVELS,
    CLASSES,
    Action,
    ClassOption,
    ClassSetting,
    Definitions,
    Esm,
    Flag,
    KeyForm,
    KeyOperand,
    Origin,
    PasswordCase,
    PermitChange,
    ProfileChange,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Statement
    from ptktctl.lint.source import Source

NAMES = "CLASS NAME"
LEVELS = "LEVEL OWNER UNIVERSAL ACCESS YOUR ACCESS WARNING"
APPLICATION_DATA = "APPLICATION DATA"
KEYS = "SSIGNON INFORMATION"
ACCESS_LISTS = ("USER ACCESS", "USER ACCESS ACCESS COUNT", "ID ACCESS", "ID ACCESS ACCESS COUNT")
CONDITIONAL_LISTS = ("ID ACCESS CLASS ENTITY NAME", "ID ACCESS ACCESS COUNT CLASS ENTITY NAME")
GENERIC_MARK = "(G)"
NOTHING = "NONE"
FORMS = {form.value: form for form in (KeyForm.KEYMASKED, KeyForm.KEYENCRYPTED, KeyForm.KEYLABEL)}
# SETROPTS LIST prints each of these with the classes it is true of, over as many lines as it takes.
CLASS_LISTS = {
    "ACTIVE CLASSES": ClassSetting.ACTIVE,
    "GENERIC PROFILE CLASSES": ClassSetting.GENERIC,
    "SETR RACLIST CLASSES": ClassSetting.RACLISTED,
}


class Line(NamedTuple):
    """A line of a listing, or the end of one, with its place."""

    file: str
    number: int
    text: str
    column: int = 1

    @property
    def words(self) -> list[Text]:
        """What stands between blanks."""
        return [Text(match[0], self._span(*match.span())) for match in re.finditer(r"\S+", self.text)]

    @property
    def content(self) -> Text:
        """All of it but the blanks around it."""
        start = len(self.text) - len(self.text.lstrip())
        value = self.text.strip()
        return Text(value, self._span(start, start + len(value)))

    def after(self, *signs: str) -> Line:
        """What stands after the last of some signs."""
        start = max(self.text.rfind(sign) for sign in signs) + 1
        return Line(self.file, self.number, self.text[start:], self.column + start)

    def _span(self, start: int, end: int) -> Span:
        return Span(self.file, self.number, self.column + start, self.number, self.column + end)


def read(source: Source) -> Iterator[Statement]:
    """State what a listing shows."""
    yield Definitions(source.name, Esm.RACF, Origin.LISTING)
    lines = [Line(source.name, number, text) for number, text in enumerate(source.text.split("\n"), start=1)]
    yield from _profiles(lines)
    yield from _class_options(lines)
    for line in lines:
        if "MIXED CASE PASSWORD SUPPORT" in line.text:
            yield PasswordCase("NOT IN EFFECT" not in line.text, Origin.LISTING, line.content.span)


def _profiles(lines: list[Line]) -> Iterator[Statement]:
    """Follow the headings from profile to profile."""
    profile: ProfileChange | None = None
    heading = ""
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if following and _underlines(following.text) and line.text.strip():
            heading = " ".join(line.text.split())
        elif not line.text.strip():
            heading = ""
        elif heading == NAMES and not _underlines(line.text):
            yield from (profile,) if profile else ()
            profile = _profile(line)
        elif profile and heading in (*ACCESS_LISTS, *CONDITIONAL_LISTS):
            yield from _permit(line, profile, conditional=heading in CONDITIONAL_LISTS)
        elif profile and not _underlines(line.text):
            profile = _with_line(profile, heading, line)
    yield from (profile,) if profile else ()


def _underlines(text: str) -> bool:
    return "--" in text and not text.strip("- ")


def _profile(line: Line) -> ProfileChange | None:
    """A profile by its class and name; none when its class has nothing to do with PassTickets."""
    words = line.words
    if len(words) < 2 or words[0].value not in CLASSES:
        return None
    generic = words[-1].value == GENERIC_MARK
    name = words[1]
    return ProfileChange(
        Action.DEFINE, Esm.RACF, Origin.LISTING, words[0].value, name, line.content.span, generic=generic
    )


def _permit(line: Line, profile: ProfileChange, *, conditional: bool) -> Iterator[PermitChange]:
    words = line.words
    if len(words) > 1 and words[1].value in ACCESS_LEVELS:
        span = line.content.span
        yield PermitChange(
            Esm.RACF,
            Origin.LISTING,
            profile.resource_class,
            profile.name,
            (words[0],),
            words[1],
            span,
            conditional=conditional,
        )


def _with_line(profile: ProfileChange, heading: str, line: Line) -> ProfileChange:
    """A profile with what a line under a heading says of it."""
    if heading == LEVELS:
        return _with_levels(profile, line.words)
    if heading == APPLICATION_DATA and profile.appldata is None:
        data = line.content
        return profile._replace(appldata=data._replace(value="") if data.value == NOTHING else data)
    return _with_key(profile, line) if heading == KEYS else profile


def _with_levels(profile: ProfileChange, words: list[Text]) -> ProfileChange:
    """Level, owner, universal access, your access, warning."""
    if len(words) < 3 or words[2].value not in ACCESS_LEVELS:
        return profile
    warning = Flag(words[4].value == "YES", words[4].span) if len(words) > 4 else None
    return profile._replace(uacc=words[2], warning=warning)


def _with_key(profile: ProfileChange, line: Line) -> ProfileChange:
    """Add what a line tells of a key: in today's form, or the older one that begins with the operand's name."""
    kind, colon, rest = line.text.partition(":")
    what = rest.split("=")[0].strip().upper()
    if not colon or "PASSTICKET" not in kind.upper():
        return _with_legacy_key(profile, line.words)
    if kind.strip().upper().startswith("LEGACY"):
        return _with_legacy_key(profile, line.words[2:])
    shown = profile if any(key.form.enhanced for key in profile.keys) else _with_enhanced_key(profile, line.content)
    value = line.after("=", ":").content
    if what.startswith("TIMEOUT"):
        return shown._replace(timeout=value)
    if what.startswith("REPLAY"):
        return shown._replace(replay=Flag(value.value.upper() == "YES", value.span))
    if what.startswith("TYPE"):
        return shown._replace(ticket_type=value)
    return shown


def _with_enhanced_key(profile: ProfileChange, line: Text) -> ProfileChange:
    return profile._replace(keys=(*profile.keys, KeyOperand(KeyForm.EPTKEYLABEL, line.span)))


def _with_legacy_key(profile: ProfileChange, words: list[Text]) -> ProfileChange:
    """`KEYMASKED DATA NOT DISPLAYABLE`, `KEYENCRYPTED LABEL: label`, `KEYLABEL label`."""
    form = FORMS.get(words[0].value) if words else None
    if not form:
        return profile
    labelled = [word.value for word in words[-2:-1]] in (["LABEL:"], ["KEYLABEL"])
    label = words[-1] if labelled else None
    return profile._replace(keys=(*profile.keys, KeyOperand(form, words[0].span, label=label)))


def _class_options(lines: list[Line]) -> Iterator[ClassOption]:
    """The classes that SETROPTS LIST names for a setting, and those that it does not name."""
    setting: ClassSetting | None = None
    places: dict[ClassSetting, Span] = {}
    named: dict[ClassSetting, list[Text]] = {}
    for line in lines:
        name, equals, _ = line.text.partition("=")
        if equals:
            setting = CLASS_LISTS.get(" ".join(name.split()))
        if setting and equals:
            places[setting], named[setting] = line.content.span, line.after("=").words
        elif setting and all(_is_class(word.value) for word in line.words):
            named[setting] += line.words
        else:
            setting = None
    for each, words in named.items():
        on = tuple(word for word in words if word.value in CLASSES)
        off = tuple(Text(name, places[each]) for name in CLASSES if name not in {word.value for word in on})
        yield ClassOption(each, True, on, Esm.RACF, Origin.LISTING, places[each])
        yield ClassOption(each, False, off, Esm.RACF, Origin.LISTING, places[each])


def _is_class(word: str) -> bool:
    return (len(word) <= 8 and word.isupper()) or word.isdigit()
