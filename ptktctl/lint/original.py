"""The lines of a file as they are in it, so that it can be written again with some of them changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.source import CODE_PAGES, FROM_037_TO_1047, NEL, RECORD_LENGTH, UTF8_BOM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptktctl.lint.source import Source

CODECS = {"UTF-8": ("utf-8",), "windows-1252": ("cp1252", "latin-1"), "ISO-8859-1": ("latin-1",)}
LINE_END = "(\r\n|\r" + NEL + "|\n|" + NEL + ")"


class Original(NamedTuple):
    """A file's lines, each with what ends it, and how they were encoded; in records, blanks fill them up."""

    lines: list[str]
    ends: list[str]
    encoding: str
    codec: str
    marked: bool
    records: bool = False

    def with_lines(self, changed: Mapping[int, tuple[str, ...]]) -> Original:
        """The same with other lines for some, by their numbers, from 1; more of them end as the line did.

        The line after the last one, where a file does not end in the middle of a line, stands for more at its end.
        """
        lines: list[str] = []
        ends: list[str] = []
        usual = self.ends[0] or "\n"
        for number, (line, end) in enumerate(zip(self.lines, self.ends, strict=True), start=1):
            new = changed.get(number, (line,))
            lines += new
            ends += [*[end or usual] * (len(new) - 1), end][: len(new)]
        return self._replace(lines=lines, ends=ends)

    def encode(self) -> bytes | None:
        """The bytes of the file; None if a character has no place in its code page, or a line none in its record."""
        if self.records and any(len(line) > RECORD_LENGTH for line in self.lines):
            return None
        filled = [line.ljust(RECORD_LENGTH) for line in self.lines] if self.records else []
        text = "".join(filled) or "".join(line + end for line, end in zip(self.lines, self.ends, strict=True))
        if self.encoding == "IBM-1047":
            # Each of these characters has another's place, so that the same table leads back.
            text = text.translate(str.maketrans(FROM_037_TO_1047))
        try:
            return UTF8_BOM * self.marked + text.encode(self.codec)
        except UnicodeEncodeError:
            return None


def read_original(source: Source, data: bytes) -> Original | None:
    """Take a file apart again.

    Returns:
        None if it can't be put together again just as it was: text in two encodings, NULs.
    """
    marked = data.startswith(UTF8_BOM)
    content = data[len(UTF8_BOM) :] if marked else data
    for codec in CODECS.get(source.encoding, (CODE_PAGES.get(source.encoding, ""),)):
        original = _take_apart(content, source.encoding, codec, marked)
        if original and original.lines == source.text.split("\n") and original.encode() == data:
            return original
    return None


def _take_apart(content: bytes, encoding: str, codec: str, marked: bool) -> Original | None:
    try:
        text = content.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None
    if encoding == "IBM-1047":
        text = text.translate(str.maketrans(FROM_037_TO_1047))
    if encoding in CODE_PAGES and len(re.split(LINE_END, text)) == 1 and not len(text) % RECORD_LENGTH:
        lines = [text[at : at + RECORD_LENGTH].rstrip(" ") for at in range(0, len(text), RECORD_LENGTH)]
        return Original(lines, [""] * len(lines), encoding, codec, marked, records=True)
    only_returns = "\r" in text and "\n" not in text and NEL not in text
    pieces = re.split("(\r)" if only_returns else LINE_END, text)
    return Original(pieces[::2], [*pieces[1::2], ""], encoding, codec, marked)
