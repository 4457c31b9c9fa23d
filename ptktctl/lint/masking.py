"""Key material stays in the files: what reports take from them, lines and words, is masked here and nowhere else.

A reader tells where keys stand. That is not relied on: a key may also stand where no command has one, in a remark, a
variable or a name, so what has the form of a key is taken for one in every file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.finding import Finding, Related, Span
    from ptktctl.lint.site import Site
    from ptktctl.lint.source import Source

# What follows an operand that takes a key, unless it stands for something else; as many hexadecimal digits in a row as
# a key has, or more.
OPERAND = r"(?i)\b(?:KEYM[A-Z]*|KEYE[A-Z]*|SSKEY|SESSK[A-Z]*)[ \t]*\([ \t]*([^()\s&<{\[][^()\s]*)"
DIGITS = r"[0-9A-Fa-f]{16,}"
WORD = r"[0-9A-Za-z]{6,}"
SHORTEST_WORD = 6  # characters; less of a key is no more than any word shows
LONGEST_WORD = 80  # characters; messages repeat less of a file


class Mask(NamedTuple):
    """What hides key material.

    Attributes:
        words: the keys of all files in upper case, and what they begin with, as a message may cut a text short.
    """

    words: frozenset[str] = frozenset()

    def text(self, text: str) -> str:
        """A text with `*` for each character of a key in it."""
        if self.words:
            text = re.sub(WORD, self._word, text)
        return re.sub(DIGITS, lambda digits: "*" * len(digits[0]), text)

    def finding(self, finding: Finding) -> Finding:
        """A finding whose texts show no key."""
        return finding._replace(
            message=self.text(finding.message),
            advice=self.text(finding.advice),
            related=tuple(self._related(each) for each in finding.related),
        )

    def error(self, error: InputError) -> InputError:
        """An error whose texts show no key."""
        return InputError(self.text(error.message), error.hint and self.text(error.hint))

    def _related(self, related: Related) -> Related:
        return related._replace(message=self.text(related.message))

    def _word(self, word: re.Match[str]) -> str:
        return "*" * len(word[0]) if word[0].upper() in self.words else word[0]


def mask_keys(site: Site) -> tuple[dict[str, Source], Mask]:
    """The sources as they may be shown, by name, and the mask for all other texts."""
    places: dict[str, list[Span]] = {source.name: [] for source in site.sources}
    if site.has_security_definitions():
        from ptktctl.lint.security import KeyMaterial

        for material in site.every(KeyMaterial):
            places[material.span.file].append(material.span)
    words: set[str] = set()
    masked: dict[str, Source] = {}
    for source in site.sources:
        spans = [*places[source.name], *_likely_places(source)]
        for span in spans:
            words.update(_words(source.cut(span)))
        masked[source.name] = source.masked(spans) if spans else source
    return masked, Mask(frozenset(words))


def _likely_places(source: Source) -> Iterator[Span]:
    yield from (source.span(*match.span(1)) for match in re.finditer(OPERAND, source.text))
    yield from (source.span(*match.span()) for match in re.finditer(DIGITS, source.text))


def _words(key: str) -> Iterator[str]:
    """The words of a key that a message may not show: those that a name or a remark would hardly have."""
    for word in re.findall(WORD, key):
        upper = word[:LONGEST_WORD].upper()
        if any(character.isdigit() for character in upper) or not upper.strip("ABCDEF"):
            yield from (upper[:length] for length in range(SHORTEST_WORD, len(upper) + 1))
