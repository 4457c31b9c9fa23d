"""rse.env, rsed.envvars and what continues them in their folder: zee.env, zee.prime.env and rseapi.env.

All are in the syntax of the z/OS UNIX shell, and what one sets the next can use. Sources: IBM Explorer for z/OS Host
Configuration, "rse.env, RSE configuration file", "rseapi.env, RSE API configuration file" and "Defining extra Java
startup parameters with _RSE_JAVAOPTS". The APPLID is read from a -DAPPLID option in _RSE_JAVAOPTS, which wins, and from
a variable APPLID.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from ptktctl.lint.readers.remarks import sequence_numbers, typographic_characters
from ptktctl.lint.readers.shell import Command, Kind, Token, commands, lex, plain
from ptktctl.lint.readers.values import OPAQUE, UNSET, Text, Value, Variables
from ptktctl.lint.site import (
    Comment,
    Component,
    ComponentKind,
    Discard,
    Setting,
    SettingKind,
    Slip,
    SlipKind,
    Statement,
)
from ptktctl.lint.source import Source, member_name, without_sequence_numbers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from ptktctl.lint.finding import Span

# Kinds of file, as ptktctl.lint.readers names them.
RSE_ENV, ZEE_ENV, RSEAPI_ENV = "rse-env", "zee-env", "rseapi-env"
JAVA_OPTIONS = "_RSE_JAVAOPTS"
APPLID_OPTION = "-DAPPLID"
APPLID_VARIABLE = "APPLID"
PORT_VARIABLE = "_RSE_JMON_PORT"
DECLARING = ("export", "readonly", "typeset")
PRINTING = ("echo", "print", "printf")
# A word; `-DAPPLID RSEPROD` and `-DAPPLID = RSEPROD` are taken as one, though they are several to the java command.
OPTION = rf"(?P<cut>{APPLID_OPTION}(?:[ \t]+(?:=[ \t]*)?|=[ \t]+))(?P<applid>[^-=\s][^\s]*)|[^ \t\n]+"
READING_OTHERS = (".", "source", "eval")  # run commands that are not looked into, and may set any variable


def read(source: Source, extensions: Sequence[Source] = ()) -> Iterator[Statement]:
    """State what an RSE environment file says, and those that RSE reads after it."""
    environment = _Environment((source, *extensions))
    for _ in environment.sources:
        yield from environment.read_next()
    yield Component(ComponentKind.RSE, source.name, False, *(yield from environment.outcome()))


def read_extension(source: Source) -> Iterator[Statement]:
    """State what zee.env or zee.prime.env says when the rse.env that it continues is not at hand."""
    environment = _Environment((source,))
    yield from environment.read_next()
    applids, ports = yield from environment.outcome()
    if applids or ports:
        yield Component(ComponentKind.RSE, source.name, False, applids, ports)


def read_api(source: Source, before: Sequence[Source] = ()) -> Iterator[Statement]:
    """State what rseapi.env says.

    Args:
        before: the files that are read before it, whose statements are not repeated.
    """
    environment = _Environment((*before, source))
    for _ in before:
        for _ in environment.read_next():
            pass
    yield from environment.read_next()
    options, applids = environment.java_options(), environment.settings.get(APPLID_VARIABLE, ())
    own = [each for each in (*applids, *options) if each.span.file == source.name]
    yield from (each for each in own if each.kind is SettingKind.JAVA_OPTION)
    named = tuple(each for each in own if each.name in (APPLID_VARIABLE, APPLID_OPTION))
    if named:
        yield Component(ComponentKind.RSE_API, source.name, False, named, ())


def read_folders(files: Iterable[tuple[str, Source]]) -> Iterator[Statement]:
    """State what several environment files say, each with its kind; those of one folder continue each other."""
    folders: dict[str, dict[str, list[Source]]] = {}
    for kind, source in files:
        here = folders.setdefault(os.path.dirname(source.name), {})
        here.setdefault(kind, []).append(source)
    for kinds in folders.values():
        leading, extensions = kinds.get(RSE_ENV, []), sorted(kinds.get(ZEE_ENV, []), key=_order)
        if len(leading) == 1:
            yield from read(leading[0], extensions)
        else:
            for source in leading:
                yield from read(source)
            for source in extensions:
                yield from read_extension(source)
        for source in kinds.get(RSEAPI_ENV, []):
            yield from read_api(source, leading if len(leading) == 1 else ())


def _order(source: Source) -> str:
    return member_name(source.name)


class _Environment:
    """What the commands of files make of the variables, one file after the other.

    Attributes:
        sources: the files, in their order.
        bases: where each begins when they are thought to follow each other.
        source: the one that is read now.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self.source = sources[0]
        self.bases: list[int] = []
        self.variables = Variables(sum(len(source.text) for source in sources))
        self.settings: dict[str, list[Setting]] = {}

    def read_next(self) -> Iterator[Statement]:
        """State what the next file says."""
        if self.bases:
            self.variables.base += len(self.source.text)
        source = self.source = self.sources[len(self.bases)]
        self.bases.append(self.variables.base)
        text = without_sequence_numbers(source)
        tokens, openings = lex(text)
        comments = [(token.start, token.end) for token in tokens if token.kind is Kind.COMMENT]
        for start, end in comments:
            comment = text[start:end].rstrip()
            yield Comment(comment, source.span(start, start + len(comment)))
        for opening in openings:
            yield Slip(opening.kind, text[opening.start : opening.end], source.span(opening.start, opening.end))
        yield from typographic_characters(source, comments)
        yield from sequence_numbers(source, text)
        for command in commands(tokens):
            yield from self.run(command)

    def run(self, simple: Command) -> Iterator[Statement]:
        """Carry out a simple command, as far as it sets variables."""
        words = simple.words
        split = next((i for i, word in enumerate(words) if not _assignment(word)), len(words))
        command = plain(words[split]) if split < len(words) else ""
        yield from self._blanks_around_equals(words, split, command)
        yield from self._unquoted_value(words[split + 1 :] if command in DECLARING else words)
        if simple.lasting and command in READING_OTHERS:
            self._lose_track(words)
        if not simple.lasting or (split < len(words) and command not in (*DECLARING, "unset")):
            return
        for word in words:
            if assignment := _assignment(word):
                yield from self._assign(word, *assignment, certain=simple.certain)
            elif command == "unset" and simple.certain:
                self.variables.values.pop(plain(word), None)
                self.settings.pop(plain(word), None)
            elif command == "unset" and plain(word) in self.variables.values:
                self._doubt(plain(word), word.start, word.end)

    def _lose_track(self, words: Sequence[Token]) -> None:
        """Hold every variable to be unknown: a file that is read here, or what is evaluated, may set it."""
        for name in (*self.variables.values, JAVA_OPTIONS, APPLID_VARIABLE, PORT_VARIABLE):
            self._doubt(name, words[0].start, words[-1].end)

    def _doubt(self, name: str, start: int, end: int) -> None:
        """Hold a variable to be unknown from here on."""
        self.variables.doubt(name, start, end)
        if name != JAVA_OPTIONS:
            setting = Setting(SettingKind.VARIABLE, name, None, self.source.span(start, end))
            self.settings.setdefault(name, []).append(setting)

    def outcome(self) -> Generator[Statement, None, tuple[tuple[Setting, ...], tuple[Setting, ...]]]:
        """State the Java options after the last command, and give the settings of the APPLID and of the port."""
        options = self.java_options()
        yield from options
        # Of one that is cut in two it is not known what the java command makes.
        named = (
            each if each.name == APPLID_OPTION else each._replace(value=None) for each in options if _is_applid(each)
        )
        applids = (*self.settings.get(APPLID_VARIABLE, ()), *named)
        return applids, tuple(self.settings.get(PORT_VARIABLE, ()))

    def _assign(self, word: Token, name: str, parts: Sequence[Token], *, certain: bool) -> Iterator[Statement]:
        before = self.variables.values.get(name)
        value = self.variables.assign(name, parts)
        span = self.source.span(word.start, word.end)
        literal = next((part for part in parts if part.kind is Kind.SINGLE_QUOTED and _names(part.value, name)), None)
        if literal:
            yield Slip(SlipKind.UNEXPANDED, name, self.source.span(literal.start, literal.end))
        if not certain:
            yield self._assign_perhaps(word, name, parts, before)
            return
        if name == JAVA_OPTIONS and before and not _mentions(parts, name):
            lost = self._lost(before, value)
            if lost:
                yield Discard(lost, span, sets_applid=bool(self._applid_options(value)))
        written = self.variables.glance(value)
        setting = Setting(SettingKind.VARIABLE, name, _known(written.characters) if written else None, span)
        self.settings.setdefault(name, []).append(setting)
        yield setting

    def _assign_perhaps(self, word: Token, name: str, parts: Sequence[Token], before: Value | None) -> Setting:
        """State an assignment that is made in some circumstances only.

        What is appended to the Java options is then read as if it were there, but for an APPLID; any other variable,
        and options that would take the place of those before, are not known from here on.
        """
        span = self.source.span(word.start, word.end)
        appended = name == JAVA_OPTIONS and _mentions(parts, name)
        if not appended and before:
            self.variables.values[name] = before
        applids = self._applid_options(before)
        if not appended or applids is None or applids != self._applid_options(self.variables.values[name]):
            self._doubt(name, word.start, word.end)
        return Setting(SettingKind.VARIABLE, name, None, span)

    def _applid_options(self, value: Value | None) -> list[Setting] | None:
        """The APPLIDs among Java options; None when that is not worked out."""
        if not value:
            return []
        written = self.variables.glance(value)
        return [each for each in self._options(written) if each.name == APPLID_OPTION] if written else None

    def _lost(self, before: Value, after: Value) -> tuple[Setting, ...]:
        old, new = self.variables.glance(before), self.variables.glance(after)
        if not old or not new:
            return ()
        kept = {(option.name, option.value) for option in self._options(new)}
        return tuple(option for option in self._options(old) if (option.name, option.value) not in kept)

    def java_options(self) -> list[Setting]:
        """What is in _RSE_JAVAOPTS."""
        value = self.variables.values.get(JAVA_OPTIONS)
        if not value:
            return []
        return list(self._options(self.variables.write_out(value)))

    def _options(self, written: Text) -> Iterator[Setting]:
        """The words of _RSE_JAVAOPTS that are known by their names."""
        for match in re.finditer(OPTION, written.characters):
            name, _, value = match[0].lstrip(UNSET).partition("=")
            if match["cut"]:
                name, value = match["cut"], match["applid"]
            if name.startswith(OPAQUE):
                # Any option may come out of that, the APPLID too: from here on it is not known.
                name, value = APPLID_OPTION, OPAQUE
            if name and OPAQUE not in name and UNSET not in name:
                span = self._span(*written.place(match.end() - len(match[0].lstrip(UNSET)), match.end()))
                yield Setting(SettingKind.JAVA_OPTION, name, _known(value), span)

    def _span(self, start: int, end: int) -> Span:
        """A place by its distance from the beginning of the first file; it ends in the file it begins in."""
        number = bisect_right(self.bases, start) - 1
        source, base = self.sources[number], self.bases[number]
        return source.span(start - base, min(end - base, len(source.text)))

    def _blanks_around_equals(self, words: Sequence[Token], split: int, command: str) -> Iterator[Slip]:
        """Find `NAME = value` and `NAME =value`, which run a command NAME, and `NAME= value`, which runs `value`.

        Of `export NAME= value`, what is no name: the shell would export a second variable.
        """
        if command in PRINTING:
            return
        first = words[split + 1 :] if command in DECLARING else words[split:]
        names = words[:split] if command not in DECLARING else ()
        if len(first) > 1 and _is_name(plain(first[0])) and _begins_with_equals(first[1]):
            yield self._blanks(first[0], first[1], plain(first[0]))
        elif len(first) == 2 and command in DECLARING and not _is_name(plain(first[1]).partition("=")[0]):
            assignment = _assignment(first[0])
            if assignment and not assignment[1]:
                yield self._blanks(first[0], first[1], assignment[0])
        elif len(names) == 1 and first and command not in ("unset", "read"):
            assignment = _assignment(names[0])
            if assignment and not assignment[1]:
                yield self._blanks(names[0], first[0], assignment[0])

    def _unquoted_value(self, words: Sequence[Token]) -> Iterator[Slip]:
        """Find `NAME=value -option`, whose value ends at the blank: no command has a name that begins with a hyphen."""
        for word, following in pairwise(words):
            assignment = _assignment(word)
            first = following.parts[0]
            if assignment and assignment[1] and first.kind is Kind.LITERAL and first.value.startswith("-"):
                yield Slip(SlipKind.UNQUOTED_VALUE, assignment[0], self.source.span(word.start, words[-1].end))
                return

    def _blanks(self, start: Token, end: Token, name: str) -> Slip:
        return Slip(SlipKind.BLANKS_AROUND_EQUALS, name, self.source.span(start.start, end.end))


def _assignment(word: Token) -> tuple[str, tuple[Token, ...]] | None:
    """The name that a word assigns to and the parts of the value; None when the word is no assignment."""
    name = ""
    for index, part in enumerate(word.parts):
        if part.kind is Kind.LITERAL:
            head, equals, tail = part.value.partition("=")
            name += head
            if equals:
                first = (Token(Kind.LITERAL, part.end - len(tail), part.end, tail),) if tail else ()
                return (name, (*first, *word.parts[index + 1 :])) if _is_name(name) else None
        elif part.kind is not Kind.CONTINUATION:
            return None
    return None


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier()


def _begins_with_equals(word: Token) -> bool:
    first = word.parts[0]
    return first.kind is Kind.LITERAL and first.value.startswith("=") and not first.value.startswith("==")


def _mentions(parts: Sequence[Token], name: str) -> bool:
    return any(part.value == name if part.kind is Kind.PARAMETER else _mentions(part.parts, name) for part in parts)


def _is_applid(option: Setting) -> bool:
    """Whether an option sets the APPLID, or is meant to."""
    return option.name.rstrip(" \t=") == APPLID_OPTION


def _names(text: str, name: str) -> bool:
    """Whether a text has `$NAME` or `${NAME`, which single quotes keep from being expanded."""
    return "$" in text and re.search(rf"\$(?:{name}\b|\{{{name}\b)", text) is not None


def _known(characters: str) -> str | None:
    return None if UNSET in characters or OPAQUE in characters else characters
