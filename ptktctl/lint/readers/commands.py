"""Files with commands for RACF, ACF2 or Top Secret, whatever holds them: what they do to security definitions.

A file may have commands for all three, as the documentation of a product that runs with any of them does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptktctl.lint.readers import acf2, racf, top_secret
from ptktctl.lint.readers.command_text import ACF2_RECORD_COMMANDS, RULE, RULE_SET, Image, scan
from ptktctl.lint.readers.operands import Command, Word
from ptktctl.lint.security import (
    CommandErrorKind,
    Definitions,
    Esm,
    KeyMaterial,
    Origin,
    ProfileChange,
    SkippedCommand,
    is_symbolic,
)
from ptktctl.lint.site import Comment, Slip, SlipKind
from ptktctl.lint.typography import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ptktctl.lint.security import Secret, SecurityStatement
    from ptktctl.lint.site import Statement
    from ptktctl.lint.source import Source

FULL_NAMES = ("RDEFINE", "RALTER", "RDELETE", "PERMIT", "SETROPTS")
ACF2_COMMANDS = ("SET", "T", "RECKEY", "F", "MODIFY", RULE_SET, RULE, *ACF2_RECORD_COMMANDS)
CONTINUATIONS = ("-", "+", "\u2013", "\u2014")


def read(source: Source, esm: Esm = Esm.RACF) -> Iterator[Statement]:
    """State what the commands in a file do.

    Args:
        esm: the product they are taken to be for, if there are none.
    """
    found = scan(source)
    for start, end in found.comments:
        yield Comment(source.text[start:end], source.span(start, end))
    for start, end in found.beyond:
        yield Slip(SlipKind.BEYOND_COLUMN_72, source.text[start:end], source.span(start, end))
    reader = _Reader(source)
    for image in found.images:
        yield from reader.read(image)
    for each in reader.esms or (esm,):
        yield Definitions(source.name, each, Origin.COMMANDS)
    yield from _key_material(reader.secrets)


def holds_commands(source: Source) -> bool:
    """Whether a file has a command that matters to PassTickets."""
    return any(
        not isinstance(statement, (Definitions, SkippedCommand, Comment, KeyMaterial, Slip))
        for statement in read(source)
    )


class _Reader:
    """Reads one command after the other.

    Attributes:
        esms: the products whose commands were found, in the order of their first.
        secrets: the keys that the commands give.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.session = acf2.Session()
        self.esms: dict[Esm, None] = {}
        self.secrets: list[Secret] = []

    def read(self, image: Image) -> Iterator[Statement]:
        command = Command(self.source, image)
        statements = [each for words in _separate(command) for each in self._dispatch(command, words)]
        if all(isinstance(each, SkippedCommand) for each in statements):
            # What is wrong with a command that is none of ours is not ours either, but for its being no command.
            named = (CommandErrorKind.UNKNOWN_COMMAND, CommandErrorKind.UNKNOWN_CLASS, CommandErrorKind.MISSING_NAME)
            yield from statements
            yield from (error for error in command.errors if error.kind in named)
            return
        for statement in statements:
            if isinstance(statement, ProfileChange):
                self.secrets += [key.secret for key in statement.keys if key.secret]
            yield statement
        yield from command.errors
        yield from (KeyMaterial(span) for span in command.hidden)
        yield from _typographic_characters(command)

    def _dispatch(self, command: Command, words: Sequence[Word]) -> Iterator[SecurityStatement]:
        name = words[0].upper
        if name == "TSS":
            self.esms[Esm.TOP_SECRET] = None
            return top_secret.read(command, words)
        if name in ACF2_COMMANDS:
            self.esms[Esm.ACF2] = None
            return self.session.read(command, words)
        self.esms[Esm.RACF] = None
        return racf.read(command, words)


def _separate(command: Command) -> Iterator[Sequence[Word]]:
    """The commands that an image holds: one, unless several were run together."""
    words: list[Word] = []
    stray = False
    for word in command.words:
        mask = words and words[0].text == RULE  # in which a dash stands for any resource
        if not mask and word.text in CONTINUATIONS and word.values is None and not word.quoted:
            if not stray and word.text.isascii():
                command.error(CommandErrorKind.STRAY_CONTINUATION, word.text, word.start, word.end)
            stray = True
        elif words and word.text in FULL_NAMES and word.values is None:
            command.error(CommandErrorKind.JOINED_COMMANDS, word.upper, word.start, word.end)
            yield words
            words = [word]
        else:
            words.append(word)
    if words:
        yield words


def _typographic_characters(command: Command) -> Iterator[Slip]:
    """The first typographic character of a command outside its strings and comments, and the first within each.

    APPLDATA is left out: what stands there is judged for what it switches.
    """
    text = command.image.text
    if text.isascii():
        return
    pattern = re.compile(f"[{''.join(PLAIN)}]")
    data = [word.values for word in command.words if word.upper.startswith("APPL") and word.values]
    left_out = {(values[0].start, values[-1].stop) for values in data}
    outside = None
    done = 0
    for start, stop in sorted({*command.quotes, *command.comments, *left_out}):
        outside = outside or pattern.search(text, done, start)
        inside = pattern.search(text, max(start, done), stop)
        if inside and (start, stop) not in left_out:
            kind = SlipKind.TYPOGRAPHIC_IN_STRING if text[start] == "'" else SlipKind.TYPOGRAPHIC_IN_COMMENT
            yield Slip(kind, inside[0], command.span(*inside.span()))
        done = max(done, stop)
    outside = outside or pattern.search(text, done)
    if outside:
        yield Slip(SlipKind.TYPOGRAPHIC, outside[0], command.span(*outside.span()))


def _key_material(secrets: Iterable[Secret]) -> Iterator[KeyMaterial]:
    """Where the keys stand that commands give."""
    places = {secret.span for secret in secrets if not is_symbolic(secret.digits)}
    yield from (KeyMaterial(place) for place in sorted(places))
