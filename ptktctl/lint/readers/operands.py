"""The syntax of TSO commands: an image to words with their values in parentheses, and keywords by their abbreviations.

Source: z/OS TSO/E Command Reference, "TSO/E commands and subcommands": operands are separated by blanks, commas and
comments; a value stands in parentheses, which blanks may precede; a quote within quotes is doubled; a keyword may be
cut short as long as it stays the only one that begins so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.security import CommandError, CommandErrorKind, Secret, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptktctl.lint.finding import Span
    from ptktctl.lint.readers.command_text import Image
    from ptktctl.lint.source import Source

# A placeholder in angle brackets is one word, even with blanks in it.
LEXEME = r"(?P<word><[^<>()'\n]{1,60}>[^\s,;()']*|(?:(?!/\*)[^\s,;()'])+)|(?P<sign>/\*|['()])|[\s,;]+"
MOST_ERRORS = 50  # of one command; what has more is none
NEARLY = 0.8  # how like a known word another one is that is taken for a slip of it, from 0 to 1


class Word(NamedTuple):
    """A word of a command, with what stands in parentheses after it.

    Attributes:
        text: as written, without quotes.
        start: where it begins in the image.
        end: where it ends, without its values.
        quoted: whether it stands in quotes.
        values: what the parentheses hold; None when there are none.
        stop: where it ends, with its values.
        closed: whether its parentheses are closed.
    """

    text: str
    start: int
    end: int
    quoted: bool
    values: tuple[Word, ...] | None
    stop: int
    closed: bool = True

    @property
    def upper(self) -> str:
        """The word as the products fold it."""
        return self.text.upper()


class Command:
    """An image taken apart, and what is found wrong with it on the way.

    Attributes:
        words: the command's name, then its operands.
        errors: what is wrong; the readers of the products' commands add to it.
        comments: where comments stand in the image.
        quotes: where quoted strings stand in the image.
        hidden: places in the file that may hold a key where none belongs.
    """

    def __init__(self, source: Source, image: Image) -> None:
        self.source = source
        self.image = image
        self.errors: list[CommandError] = []
        self.comments: list[tuple[int, int]] = []
        self.quotes: list[tuple[int, int]] = []
        self.hidden: list[Span] = []
        self.words = _Parser(self).parse()
        for at in image.uncontinued[:1]:
            self.error(CommandErrorKind.NO_CONTINUATION, "", max(at - 1, 0), at)

    def span(self, start: int, end: int) -> Span:
        """The place of text[start:end] of the image in the file."""
        return self.source.span(*self.image.place(start, end))

    def text(self, word: Word) -> Text:
        """A word in upper case with its place."""
        return Text(word.upper, self.span(word.start, word.end))

    def whole(self, word: Word) -> Span:
        """The place of a word with its values."""
        return self.span(word.start, word.stop)

    def secret(self, word: Word) -> Secret | None:
        """The key that is a word's value; that it has none is noted."""
        if not word.values:
            self.error(CommandErrorKind.MISSING_VALUE, word.upper, word.start, word.end)
            return None
        start, stop = word.values[0].start, word.values[-1].stop
        return Secret(self.image.text[start:stop], self.span(start, stop))

    def by_name(self, words: Iterable[Word]) -> dict[str, Word]:
        """Operands by their names, the last of each; that one is given twice is noted."""
        found: dict[str, Word] = {}
        for word in words:
            if word.upper in found:
                other = self.whole(found[word.upper])
                self.error(CommandErrorKind.REPEATED_OPERAND, word.upper, word.start, word.end, other=other)
            found[word.upper] = word
        return found

    def by_likely_name(self, words: Iterable[Word], known: Sequence[str]) -> dict[str, Word]:
        """Operands by their names; one that is nearly a known one is noted, and taken for what it is meant to be."""
        return self.by_name([self._meant(word, known) for word in words])

    def _meant(self, word: Word, known: Sequence[str]) -> Word:
        likely = "" if word.upper in known or len(self.errors) >= MOST_ERRORS else nearest(word.text, known, NEARLY)
        if likely:
            self.doubt(CommandErrorKind.UNKNOWN_OPERAND, word, likely)
        return word._replace(text=likely) if likely else word

    def likely_value(self, word: Word, known: Sequence[str]) -> str:
        """A value in upper case; one that is nearly a known one is noted, and taken for what it is meant to be."""
        likely = "" if word.upper in known else nearest(word.text, known, NEARLY)
        if likely:
            self.doubt(CommandErrorKind.BAD_VALUE, word, likely)
        return likely or word.upper

    def doubt(self, kind: CommandErrorKind, word: Word, detail: str) -> None:
        """Note a word that is likely wrong, where not all is known that would be right."""
        before = len(self.errors)
        self.error(kind, word.upper, word.start, word.end, detail)
        self.errors[before:] = [each._replace(sure=False) for each in self.errors[before:]]

    def error(
        self, kind: CommandErrorKind, text: str, start: int, end: int, detail: str = "", other: Span | None = None
    ) -> None:
        """Note an error at text[start:end] of the image, of many the first; a text that may be a key is left out."""
        if len(self.errors) >= MOST_ERRORS:
            return
        if _may_be_key(text):
            text = ""
            self.hidden.append(self.span(start, end))
        self.errors.append(CommandError(kind, text[:60], self.span(start, end), detail, other))


class _Parser:
    """One pass over an image; without recursion, so that any number of parentheses may be open."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.text = command.image.text
        self.levels: list[list[Word]] = [[]]
        self.opened: list[tuple[Word, int]] = []  # words whose parentheses are open, and where those open
        self.last: Word | None = None  # a word that parentheses may follow

    def parse(self) -> tuple[Word, ...]:
        pattern = re.compile(LEXEME)
        at = 0
        while match := pattern.match(self.text, at):
            end = match.end()
            if match["word"]:
                self._keep(Word(match[0], at, end, False, None, end))
            elif match["sign"]:
                end = self._sign(match[0], at)
            elif match[0].strip(" \t"):
                self._keep(None)
            at = end
        self._keep(None)
        self._close_the_rest()
        return tuple(self.levels[0])

    def _sign(self, sign: str, at: int) -> int:
        """Take a parenthesis, or the string or comment that begins here; give the place after it."""
        if sign == "'":
            return self._string(at)
        if sign == "/*":
            return self._comment(at)
        if sign == "(":
            self.opened.append((self.last or Word("", at, at, False, None, at), at))
            self.levels.append([])
            self.last = None
            return at + 1
        self._keep(None)
        if self.opened:
            self._close(at + 1, closed=True)
        else:
            self.command.error(CommandErrorKind.EXTRA_PARENTHESIS, ")", at, at + 1)
        return at + 1

    def _keep(self, word: Word | None) -> None:
        """Make a word the last one; the one before has no values."""
        if self.last:
            self.levels[-1].append(self.last)
        self.last = word

    def _close(self, stop: int, *, closed: bool) -> None:
        word, _ = self.opened.pop()
        values = tuple(self.levels.pop())
        self.levels[-1].append(word._replace(values=values, stop=stop, closed=closed))

    def _close_the_rest(self) -> None:
        """Close what nothing closes; only the outermost is told, for the others follow from it."""
        if self.opened:
            word, at = self.opened[0]
            self.command.error(CommandErrorKind.OPEN_PARENTHESIS, word.upper, at, at + 1)
        while self.opened:
            self._close(len(self.text), closed=False)

    def _string(self, start: int) -> int:
        close = self.text.find("'", start + 1)
        while close >= 0 and self.text[close + 1 : close + 2] == "'":
            close = self.text.find("'", close + 2)
        if close < 0:
            self.command.error(CommandErrorKind.OPEN_QUOTE, "", start, start + 1)
        stop = close + 1 if close >= 0 else len(self.text)
        content = self.text[start + 1 : close if close >= 0 else stop].replace("''", "'")
        self._keep(Word(content, start, stop, True, None, stop))
        self.command.quotes.append((start, stop))
        return stop

    def _comment(self, start: int) -> int:
        close = self.text.find("*/", start + 2)
        if close < 0:
            self.command.error(CommandErrorKind.OPEN_COMMENT, "", start, start + 2)
        stop = close + 2 if close >= 0 else len(self.text)
        self.command.comments.append((start, stop))
        return stop


def _may_be_key(text: str) -> bool:
    """Whether a text has digits: no operand's name has."""
    return any(character.isdigit() for character in text)


def match_keyword(word: str, keywords: Iterable[str]) -> list[str]:
    """The keywords that a word may stand for: itself, or those that begin with it."""
    upper = word.upper()
    found = [keyword for keyword in keywords if keyword.startswith(upper)] if upper else []
    return [upper] if upper in found else found


def nearest(word: str, keywords: Sequence[str], likeness: float = 0.6) -> str:
    """The keyword that looks most like a word, from 0 (not at all) to 1 (equal); nothing when none does."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.upper()[:20], keywords, n=1, cutoff=likeness)), "")
