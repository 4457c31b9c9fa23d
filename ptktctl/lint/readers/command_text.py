"""Where commands stand in a file: in JCL, REXX, shell scripts, CLISTs, Markdown and plain text.

A command may be spread over lines, quoted, joined from strings and variables. It is handed on as one image, in which
every character knows its place in the file. Continuation is TSO's: `+` or `-` ends the line; after `+` the blanks that
begin the next line do not count (z/OS TSO/E Command Reference, "Continuing a command on the next line").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.readers.shell import Kind, Token, commands, lex
from ptktctl.lint.source import RECORD_LENGTH, SEQUENCE_COLUMN, is_numbered, member_name, without_sequence_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptktctl.lint.source import Source

BLANKS = " \t"
DASHES = "-+\u2010\u2011\u2012\u2013\u2014\u2212"  # a typographic dash is taken for the continuation it was meant to be
RACF_PROFILE_COMMANDS = ("RDEFINE", "RDEF", "RALTER", "RALT", "RDELETE", "RDEL")
OTHER_RACF_COMMANDS = (
    *("ADDUSER", "AU", "ALTUSER", "ALU", "DELUSER", "DU", "ADDGROUP", "AG", "ALTGROUP", "ALG", "DELGROUP", "DG"),
    *("ADDSD", "AD", "ALTDSD", "ALD", "DELDSD", "DD", "CONNECT", "CO", "REMOVE", "RE", "RLIST", "RL", "RACDCERT"),
    *("RACMAP", "SEARCH", "SR", "LISTUSER", "LU", "LISTGRP", "LG", "LISTDSD", "LD", "PASSWORD", "PW"),
)
ACF2_RECORD_COMMANDS = ("INSERT", "INS", "CHANGE", "CHA", "DELETE", "DEL")
RULE_SET, RULE = "$KEY", "$RULE"  # RULE is put before a line of a rule set, which has no name of its own
# What may stand before a command on its line: bullets, numbers, quotation, prompts, opening marks.
LEAD = r"[ \t]*(?:(?:[-*+>\u2022|]|\d{1,3}[.)])[ \t]+)*(?:READY[ \t]+|TSO[ \t]+|\$[ \t]+|=+>[ \t]*)?"
MARK = r"(?:tsocmd|tso)[ \t]+[\"']|`{1,2}|[\"']"
OPENED = r"[\"'`](?=[ \t]*(?:RDEF|RALT|RDEL|PE|SETR|TSS[ \t])[A-Za-z \t]*)"
TSOCMD = ("tsocmd", "tso", "tsoexec")
LOOKAHEAD = 400  # characters of a line that are looked at to tell whether it begins a command


class Piece(NamedTuple):
    """A stretch of an image: where it begins there, where in the file, and how long it is in the file."""

    at: int
    source: int
    length: int


class Image(NamedTuple):
    """A command as its product would see it.

    Attributes:
        text: the command without continuation and the quotes around it; a variable is `&name` or `${name}`.
        pieces: where its stretches come from, in their order.
        uncontinued: where a line ends that goes on without a continuation character.
    """

    text: str
    pieces: tuple[Piece, ...]
    uncontinued: tuple[int, ...] = ()

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] is in the file."""
        return self._offset(start), self._offset(max(end - 1, start)) + (end > start)

    def _offset(self, at: int) -> int:
        piece = self.pieces[max(bisect_right(self.pieces, at, key=lambda each: each.at) - 1, 0)]
        return piece.source + min(at - piece.at, max(piece.length - 1, 0))


class Scan(NamedTuple):
    """The commands of a file and its comments, as stretches of its text.

    Attributes:
        beyond: what stands beside commands in columns 73 to 80 and is no sequence number; it was not read.
    """

    images: list[Image]
    comments: list[tuple[int, int]]
    beyond: Sequence[tuple[int, int]] = ()


class _Line(NamedTuple):
    """A line, or a part of one, and where it begins in the file; and where that begins and ends which was cut off."""

    start: int
    text: str
    beyond: tuple[int, int] | None = None


class _Builder:
    """Puts an image together."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.pieces: list[Piece] = []
        self.uncontinued: list[int] = []
        self.length = 0
        self.spaced = False  # whether the last piece is one blank

    def add(self, text: str, source: int, length: int | None = None) -> None:
        if text:
            self.spaced = text == " "
            self.pieces.append(Piece(self.length, source, len(text) if length is None else length))
            self.parts.append(text)
            self.length += len(text)

    def image(self) -> Image:
        return Image("".join(self.parts), tuple(self.pieces), tuple(self.uncontinued))


def scan(source: Source) -> Scan:
    """Find the commands of a file, whatever it is; needs time in proportion to its size."""
    if _is_rexx(source):
        return _scan_rexx(source.text)
    if _is_shell(source):
        return _scan_shell(source.text)
    if _is_jcl(source.text):
        return _scan_lines(_jcl_lines(source.text), jcl=True)
    return _scan_lines(_lines(without_sequence_numbers(source), 0))


def begins_command(text: str, *, acf2: bool = False) -> bool:
    """Whether a text begins with a command that is read, or that is passed over by its name; prose does not.

    Args:
        acf2: whether ACF2 was told to work on profile records, so that INSERT and its kin are its.
    """
    name, rest = _first_word(text[:LOOKAHEAD])
    upper = name.upper()
    following, more = _first_word(rest)
    if upper in RACF_PROFILE_COMMANDS:
        return following.isupper() or (following.upper() in ("PTKTDATA", "APPL") and "(" in more)
    if upper in ("PERMIT", "PE"):
        return bool(re.search(r"(?i)\b(?:C[LAS]*|ID?|AC[CES]*)[ \t]*\(|IRRPTAUTH\.", rest))
    if upper in ("SETROPTS", "SETR"):
        return following.isupper() or "(" in rest
    if upper == "TSS":
        return following.isupper()
    if upper in OTHER_RACF_COMMANDS:
        return name.isupper() and "(" in rest
    return _begins_acf2_command(upper, rest, acf2)


def _begins_acf2_command(name: str, rest: str, acf2: bool) -> bool:
    if name in ("F", "MODIFY"):
        return rest.upper().startswith("ACF2,")
    if name in ("SET", "T"):
        return bool(re.match(r"(?i)(?:P|PR|PROFILE|R|RES|RESOURCE|C|CONTROL)[ \t]*\(", rest)) or acf2
    if name == "RECKEY":
        return "(" in rest
    return acf2 and name in ACF2_RECORD_COMMANDS


def _first_word(text: str) -> tuple[str, str]:
    """The word a text begins with, up to a blank or parenthesis, and what follows it."""
    match = re.match(r"[ \t]*([A-Za-z][A-Za-z0-9]*)(?=[ \t(]|$)[ \t]*", text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _is_rexx(source: Source) -> bool:
    head = source.text[:2000].lstrip().upper()
    first_comment = head[: head.find("*/")] if head.startswith("/*") else ""
    return "REXX" in first_comment or member_name(source.name).endswith((".REXX", ".REX"))


def _is_shell(source: Source) -> bool:
    first = source.text[:200].partition("\n")[0]
    return (first.startswith("#!") and "sh" in first) or member_name(source.name).endswith((".SH", ".KSH", ".BASH"))


def _is_jcl(text: str) -> bool:
    return bool(re.match(r"(?:[ \t]*\n)*//[A-Z@#$*]", text)) and bool(
        re.search(r"^//[^ \n]*[ ]+(?:JOB|EXEC|DD|PROC)\b", text, re.MULTILINE)
    )


def _lines(text: str, start: int) -> Iterator[_Line]:
    for line in text.split("\n"):
        yield _Line(start, line)
        start += len(line) + 1


def _jcl_lines(text: str) -> Iterator[_Line]:
    """The lines of a job, each up to column 72, after which sequence numbers stand, or marks.

    A line longer than a record is left whole, and so is one with a word that goes on beyond column 72.
    """
    for line in _lines(text, 0):
        end = len(line.text.rstrip())
        numbered = is_numbered(line.text)
        if SEQUENCE_COLUMN < end <= RECORD_LENGTH and (numbered or line.text[SEQUENCE_COLUMN - 1] in " +-"):
            beyond = None if numbered else (line.start + SEQUENCE_COLUMN, line.start + end)
            yield _Line(line.start, line.text[:SEQUENCE_COLUMN], beyond)
        else:
            yield line


def _scan_lines(lines: Iterator[_Line], *, jcl: bool = False) -> Scan:
    scanner = _LineScanner(list(lines), jcl)
    scanner.run()
    return Scan(scanner.images, scanner.comments, scanner.beyond)


class _LineScanner:
    """Finds commands in lines: in-stream data, CLISTs, Markdown, plain text."""

    def __init__(self, lines: Sequence[_Line], jcl: bool) -> None:
        self.lines = lines
        self.jcl = jcl
        self.images: list[Image] = []
        self.comments: list[tuple[int, int]] = []
        self.beyond: list[tuple[int, int]] = []
        self.acf2 = False
        self.next = 0
        self.lead = re.compile(LEAD)
        self.mark = re.compile(MARK)
        self.opened = re.compile(OPENED)

    def run(self) -> None:
        while self.next < len(self.lines):
            line = self.lines[self.next]
            self.next += 1
            bare = line.text.lstrip(BLANKS)
            if bare.startswith(("//", "#", "<!--")):
                if bare.startswith(("//*", "#", "<!--")):
                    self._comment(line, line)
                self._find_job_command(line)
            elif bare.startswith("/*"):
                self._block_comment(line)
            elif not self._command(line):
                self._find_quoted(line)

    def _command(self, line: _Line) -> bool:
        """Take the command that a line begins with, if it does."""
        lead = self.lead.match(line.text)
        at = lead.end() if lead else 0
        mark = self.mark.match(line.text, at)
        for start, closer in ((at, ""), *(((mark.end(), mark[0][-1]),) if mark else ())):
            if begins_command(line.text[start : start + LOOKAHEAD], acf2=self.acf2):
                self._take(line, start, closer)
                return True
        if line.text[at : at + len(RULE_SET)].upper() == RULE_SET:
            self._take_rules(line, at)
            return True
        return False

    def _find_quoted(self, line: _Line) -> None:
        """Take the commands that stand in quotes or code marks amid a line."""
        at = 0
        while opened := self.opened.search(line.text, at):
            close = line.text.find(opened[0], opened.end())
            at = close + 1 if close >= 0 else len(line.text)
            if begins_command(line.text[opened.end() : min(at, opened.end() + LOOKAHEAD)]):
                builder = _Builder()
                end = close if close >= 0 else len(line.text)
                builder.add(line.text[opened.end() : end], line.start + opened.end())
                self._keep(builder.image())

    def _find_job_command(self, line: _Line) -> None:
        """Take the operator command of `// COMMAND '...'`, or of `//  F ACF2,...`; the command a step is given."""
        step = re.match(r"//[^ ]*[ ]+EXEC[ ]+[^ ']*PGM=IKJEFT[^ ']*PARM='((?:[^']|'')*)'", line.text)
        if step and begins_command(step[1]):
            builder = _Builder()
            builder.add(step[1], line.start + step.start(1))
            self._keep(builder.image())
        found = re.match(r"//[^ ]*[ ]+(?:COMMAND[ ]+')?(?=(?:F|MODIFY)[ ]+ACF2,)", line.text)
        if found:
            builder = _Builder()
            builder.add(line.text[found.end() :].rstrip("' \t"), line.start + found.end())
            self._keep(builder.image())

    def _take(self, line: _Line, start: int, closer: str) -> None:
        close = line.text.find(closer, start) if closer else -1
        builder = _Builder()
        if close >= 0 and closer != "'":
            builder.add(line.text[start:close], line.start + start)
        else:
            self._join(builder, line, start)
        self._keep(builder.image())

    def _take_rules(self, line: _Line, start: int) -> None:
        """Take a rule set of ACF2: the line with its key, other lines with `$`, then its rules, which are indented."""
        builder = _Builder()
        builder.add(line.text[start:].rstrip(), line.start + start)
        indentation = len(line.text) - len(line.text.lstrip(BLANKS))
        rules: list[_Builder] = []
        continued = False
        while self.next < len(self.lines):
            following = self.lines[self.next]
            bare = following.text.strip()
            first = len(following.text) - len(following.text.lstrip(BLANKS))
            if bare[: len(RULE_SET)].upper() == RULE_SET or not bare or (bare[0] not in "$%*" and first <= indentation):
                break
            self.next += 1
            goes_on = bare.endswith(" -")
            if bare[0] == "$":
                builder.add(" ", line.start + len(line.text), 0)
                builder.add(bare, following.start + first)
            elif bare[0] not in "%*":
                rules += [] if continued and rules else [_Builder()]
                rules[-1].add(" " if rules[-1].length else f"{RULE} ", following.start + first, 0)
                rules[-1].add(bare.removesuffix("-"), following.start + first)
                continued = goes_on
        for each in (builder, *rules):
            self._keep(each.image())

    def _join(self, builder: _Builder, line: _Line, start: int) -> None:
        """Add a line from a place on, and the lines that continue it."""
        indentation = len(line.text) - len(line.text.lstrip(BLANKS))
        while True:
            content = line.text.rstrip()
            sign = content[-1:]
            continued = len(content) > start and sign in DASHES
            self.beyond += [line.beyond] if line.beyond else []
            # A typographic dash stays, to be told.
            builder.add(content[start:-1] if continued and sign.isascii() else content[start:], line.start + start)
            following = self.lines[self.next] if self.next < len(self.lines) else None
            if following is None or not (continued or _goes_on(following.text, indentation)):
                return
            if not continued:
                builder.uncontinued.append(builder.length)
                builder.add(" ", line.start + len(content), 0)
            line = following
            start = 0 if continued and sign != "+" else len(line.text) - len(line.text.lstrip(BLANKS))
            self.next += 1

    def _block_comment(self, line: _Line) -> None:
        """Pass over a comment, if it is closed; `/*` alone ends the in-stream data of a job."""
        last = self.next - 1
        if "*/" not in line.text:
            if self.jcl and not line.text.strip()[2:].strip():
                return
            closing = next((i for i in range(self.next, len(self.lines)) if _closes(self.lines[i].text)), None)
            if closing is None or "*/" not in self.lines[closing].text:
                return
            last = closing
        self._comment(line, self.lines[last])
        self.next = last + 1

    def _comment(self, first: _Line, last: _Line) -> None:
        start = first.start + len(first.text) - len(first.text.lstrip(BLANKS))
        self.comments.append((start, last.start + len(last.text.rstrip())))

    def _keep(self, image: Image) -> None:
        self.images.append(image)
        name, rest = _first_word(image.text[:LOOKAHEAD])
        if name.upper() in ("SET", "T"):
            self.acf2 = "PTK" in rest.upper()


def _closes(text: str) -> bool:
    """Whether a line ends the search for the end of a comment: it holds the end, or another begins."""
    return "*/" in text or "/*" in text


def _goes_on(text: str, indentation: int) -> bool:
    """Whether a line looks like operands of the command before it, although that is not continued."""
    match = re.match(r"[ \t]*(?:[A-Z][A-Z0-9-]*\(|\))", text)
    return bool(match) and len(text) - len(text.lstrip(BLANKS)) > indentation and not begins_command(text)


def _scan_shell(text: str) -> Scan:
    tokens, _ = lex(text)
    comments = [(token.start, token.end) for token in tokens if token.kind is Kind.COMMENT]
    images = [image for command in commands(tokens) if (image := _shell_image(command.words))]
    for token in tokens:
        if token.kind is Kind.HERE_DOCUMENT:
            images += _scan_lines(_lines(text[token.start : token.end], token.start)).images
    return Scan(sorted(images, key=lambda image: image.pieces[0].source), comments)


def _shell_image(words: Sequence[Token]) -> Image | None:
    """The command that a simple command of the shell hands to TSO; None when it hands none."""
    names = ["".join(part.value for part in word.parts) for word in words[:1]]
    if not names or names[0].rpartition("/")[2] not in TSOCMD:
        return None
    builder = _Builder()
    for word in words[1:]:
        if builder.length:
            builder.add(" ", word.start, 0)
        elif word.parts[0].value.startswith("-"):
            continue
        _add_parts(builder, word.parts)
    image = builder.image()
    return image if begins_command(image.text) else None


def _add_parts(builder: _Builder, parts: Sequence[Token]) -> None:
    for part in parts:
        if part.kind is Kind.DOUBLE_QUOTED:
            _add_parts(builder, part.parts)
        elif part.kind is Kind.PARAMETER:
            builder.add(f"${{{part.value}}}", part.start, part.end - part.start)
        elif part.kind is Kind.OPAQUE:
            builder.add("${}", part.start, part.end - part.start)
        elif part.kind is Kind.SINGLE_QUOTED:
            builder.add(part.value, part.start + 1)
        elif part.kind is not Kind.CONTINUATION:
            builder.add(part.value, part.end - len(part.value))


REXX_WORD = r"/\*|\"(?:[^\"\n]|\"\")*(?:\"|$)|'(?:[^'\n]|'')*(?:'|$)|[ \t]+|\n|;|,[ \t]*(?=\n)|\|\||[^\s\"';,/|]+|."


def _scan_rexx(text: str) -> Scan:
    """Find the clauses that hold a string with a command in it, and join what is concatenated to that."""
    found = Scan([], [])
    clause: list[_Line] = []
    pattern = re.compile(REXX_WORD, re.MULTILINE)
    at = 0
    continued = False
    nested = True  # until a comment is not closed: from there on comments end with their lines
    while match := pattern.match(text, at):
        word, end = match[0], match.end()
        if word == "/*":
            end = _rexx_comment_end(text, at, nested=nested)
            nested = nested and text.startswith("*/", end - 2)
            found.comments.append((at, end))
        elif word == ";" or (word == "\n" and not continued):
            _end_clause(clause, found.images)
            clause = []
        else:
            clause.append(_Line(at, " " if word[0] in ",\n" else word))
        if word != "/*" and word.strip(BLANKS):
            continued = word[0] == "," and text[end : end + 1] == "\n"
        at = end
    _end_clause(clause, found.images)
    return found


def _rexx_comment_end(text: str, start: int, *, nested: bool) -> int:
    """Where a comment ends; comments may stand within comments. One that is never closed ends with its line."""
    line_end = text.find("\n", start)
    line_end = line_end if line_end >= 0 else len(text)
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, start, len(text) if nested else line_end):
        depth += 1 if match[0] == "/*" else -1
        if not depth:
            return match.end()
    return line_end


def _end_clause(clause: Sequence[_Line], images: list[Image]) -> None:
    strings = (i for i, each in enumerate(clause) if each.text[0] in "\"'")
    names = ("TSS", "PERMIT", "PE", "SETROPTS", "SETR", *RACF_PROFILE_COMMANDS)
    first = next((i for i in strings if _first_word(clause[i].text.strip("\"'"))[0].upper() in names), None)
    if first is None or any(each.text.upper() == "SAY" for each in clause[:first]):
        return
    builder = _Builder()
    for word in clause[first:]:
        _add_rexx(builder, word)
    image = builder.image()
    if begins_command(image.text):
        images.append(image)


def _add_rexx(builder: _Builder, token: _Line) -> None:
    quote = token.text[0]
    if quote in "\"'":
        closed = len(token.text) > 1 and token.text[-1] == quote
        content = token.text[1:-1] if closed else token.text[1:]
        at = token.start + 1
        for index, part in enumerate(content.split(quote * 2)):
            builder.add(quote if index else "", at - 2)
            builder.add(part, at)
            at += len(part) + 2
    elif not token.text.strip(BLANKS):
        builder.add("" if builder.spaced else " ", token.start, 1)  # however many blanks, one joins
    elif token.text != "||":
        builder.add(f"&{token.text}", token.start, len(token.text))
