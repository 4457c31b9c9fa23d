"""POSIX shell as configuration files use it: text to tokens that cover every character of it.

Nothing is evaluated. Lexing goes on after an error: a quote that is never closed would swallow the rest of the
file, so the text is then lexed a second time, and what is open ends before the next line that begins as a comment
or an assignment does.

Source of the grammar: POSIX.1-2017, Shell Command Language, sections 2.2 to 2.7 and 2.10.
"""

from __future__ import annotations

import enum
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.site import SlipKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEEPEST = 40  # levels of "…" and ${…:-…} that are looked into; what lies deeper is opaque
BLANKS = " \t"
HERE_OPERATORS = ("<<", "<<-")
REDIRECTIONS = ("<", ">", ">>", "<&", ">&", "<>", ">|", *HERE_OPERATORS)
OPERATORS = ("<<-", "&&", "||", ";;", "<<", ">>", "<&", ">&", "<>", ">|", ";", "&", "|", "(", ")", "<", ">")
FRESH_LINE = r"\n(?=[ \t]*(?:#|(?:export[ \t]+)?[A-Za-z_][A-Za-z_0-9]*=))"
PARAMETER = r"\$([A-Za-z_][A-Za-z_0-9]*)"
BRACED_PARAMETER = r"\$\{([A-Za-z_][A-Za-z_0-9]*)(:?[-=?+]|(?=\}))"
SPECIAL_PARAMETER = r"\$[0-9@*#?$!-]"
# The reserved words (POSIX.1-2017, Shell Command Language, 2.4); after some of those that open, a command follows.
CONDITIONS = ("if", "while", "until")
OPENING = (*CONDITIONS, "for", "case", "select")
CLOSING = ("fi", "done", "esac", "}")
CONTINUING = ("then", "elif", "else", "do", "!")
OPEN_KINDS = {
    "`": SlipKind.OPEN_QUOTE,
    "${": SlipKind.OPEN_EXPANSION,
    "$(": SlipKind.OPEN_PARENTHESIS,
}


class Kind(enum.Enum):
    """Kinds of tokens, and of the parts that words are made of."""

    BLANK = enum.auto()
    NEWLINE = enum.auto()
    COMMENT = enum.auto()
    OPERATOR = enum.auto()
    WORD = enum.auto()
    HERE_DOCUMENT = enum.auto()
    CONTINUATION = enum.auto()
    LITERAL = enum.auto()
    ESCAPE = enum.auto()
    SINGLE_QUOTED = enum.auto()
    DOUBLE_QUOTED = enum.auto()
    PARAMETER = enum.auto()
    OPAQUE = enum.auto()


class Token(NamedTuple):
    """A stretch of the text: text[start:end].

    `value` is what a literal, an escape or single quotes stand for, the name of a parameter, the sign of an
    operator; `operator` is that of `${NAME:-word}`, whose word is in the parts; words and double quotes have parts too.
    """

    kind: Kind
    start: int
    end: int
    value: str = ""
    operator: str = ""
    parts: tuple[Token, ...] = ()


class Opening(NamedTuple):
    """Something that is never closed: its kind, and where it opens."""

    kind: SlipKind
    start: int
    end: int


class Command(NamedTuple):
    """A simple command.

    Attributes:
        words: its words, without the reserved words before it.
        lasting: whether its assignments last: not in a subshell, a pipe, the background.
        certain: whether it is run in any case, and just once: not in a branch, a loop, a function, after && or ||.
    """

    words: list[Token]
    lasting: bool
    certain: bool


class _Context(enum.Enum):
    """Where parts stand: the characters of a run of literals there, and what ends them."""

    WORD = (r"""[^ \t\n;&|()<>\\'"$`]+""", " \t\n;&|()<>")
    DOUBLE_QUOTES = (r"""[^"\\$`]+""", '"')
    BRACES = (r"""[^}\\'"$`]+""", "}")
    QUOTED_BRACES = (r"""[^}\\"$`]+""", "}")


# What a backslash escapes; everything where nothing is given (POSIX.1-2017, 2.2.1 and 2.2.3).
ESCAPABLE = {_Context.DOUBLE_QUOTES: '$`"\\', _Context.QUOTED_BRACES: '$`"\\}'}


def lex(text: str) -> tuple[list[Token], list[Opening]]:
    """Take a text apart; never fails.

    Returns:
        The tokens, which cover the whole text, and what is never closed.
    """
    lexer = _Lexer(text, [])
    tokens = list(lexer.tokens())
    if lexer.swallowing:
        lexer = _Lexer(text, [match.start() for match in re.finditer(FRESH_LINE, text)])
        tokens = list(lexer.tokens())
    _, unmatched = _match_parentheses(tokens)
    # Of those in one line the first only: the others are open because it is.
    first = [
        token
        for before, token in zip((None, *unmatched), unmatched, strict=False)
        if not before or "\n" in text[before.end : token.start]
    ]
    openings = [Opening(SlipKind.OPEN_PARENTHESIS, token.start, token.end) for token in first]
    return tokens, [*lexer.swallowing, *lexer.harmless, *openings]


def commands(tokens: Sequence[Token]) -> Iterator[Command]:
    """The simple commands among the tokens, without their redirections."""
    matched, _ = _match_parentheses(tokens)
    words: list[Token] = []
    blocks = _Blocks()
    before, depth, redirected = "", 0, False
    for token in (*tokens, Token(Kind.NEWLINE, -1, -1)):
        if token.kind is Kind.WORD:
            words += [] if redirected else [token]
            redirected = False
        elif token.value in REDIRECTIONS:
            redirected = True
        elif token.kind in (Kind.OPERATOR, Kind.NEWLINE):
            own = blocks.enter(words, conditional=before in ("&&", "||"))
            if own:
                lasting = not depth and before != "|" and token.value not in ("|", "&")
                yield Command(own, lasting, certain=blocks.certain and before not in ("&&", "||"))
            depth += (token.start in matched) * (1 if token.value == "(" else -1)
            if words or token.kind is Kind.OPERATOR:
                blocks.function = token.value == ")" and before == "(" and not words
                before = token.value
            words, redirected = [], False


class _Blocks:
    """The branches, loops and functions that a command stands in, by the words that open and close them.

    Attributes:
        function: whether `()` stands before, so that what follows is the body of a function.
    """

    def __init__(self) -> None:
        self.open: list[bool] = []  # of each, whether what it holds is run in any case
        self.function = False

    @property
    def certain(self) -> bool:
        return all(self.open)

    def enter(self, words: Sequence[Token], *, conditional: bool) -> list[Token]:
        """Take the reserved words before a command, and give the command."""
        for index, word in enumerate(words):
            name = plain(word)
            if name in OPENING:
                self.open.append(False)
                if name not in CONDITIONS:
                    return [*words[index:]]
            elif name == "{":
                self.open.append(not (self.function or conditional))
            elif name == "function":
                self.function = True
                return self.enter(words[index + 2 :], conditional=conditional)
            elif name in CLOSING:
                self.open[-1:] = []
            elif name not in CONTINUING:
                return [*words[index:]]
        return []


def plain(word: Token) -> str:
    """The text of a word without quotes and expansions; nothing when it has some."""
    if any(part.kind not in (Kind.LITERAL, Kind.CONTINUATION) for part in word.parts):
        return ""
    return "".join(part.value for part in word.parts)


def _match_parentheses(tokens: Sequence[Token]) -> tuple[set[int], list[Token]]:
    """The places of the parentheses that belong together, and those that open and are never closed."""
    matched: set[int] = set()
    open_ones: list[Token] = []
    for token in tokens:
        if token.kind is Kind.OPERATOR and token.value == "(":
            open_ones.append(token)
        elif token.kind is Kind.OPERATOR and token.value == ")" and open_ones:
            matched |= {open_ones.pop().start, token.start}
    return matched, open_ones


class _Lexer:
    """One pass over a text.

    Attributes:
        limits: ends of lines that nothing may stay open beyond.
        end: that of them that holds now, or the end of the text.
        swallowing: what is never closed and so takes all that follows.
        harmless: what is never closed and takes nothing with it.
    """

    def __init__(self, text: str, limits: Sequence[int]) -> None:
        self.text = text
        self.limits = limits
        self.end = len(text)
        self.swallowing: list[Opening] = []
        self.harmless: list[Opening] = []
        self.lines: dict[str, list[int]] = {}

    def tokens(self) -> Iterator[Token]:
        at = 0
        waiting: Token | None = None
        pending: list[tuple[Token, Token]] = []
        while at < len(self.text):
            token = self._token(at)
            yield token
            at = token.end
            if token.value in HERE_OPERATORS:
                waiting = token
            elif waiting and token.kind is Kind.WORD:
                pending.append((waiting, token))
                waiting = None
            elif token.kind in (Kind.NEWLINE, Kind.OPERATOR):
                waiting = None
            if token.kind is Kind.NEWLINE or at == len(self.text):
                for body in self._here_documents(at, pending):
                    yield body
                    at = body.end
                pending = []

    def _token(self, at: int) -> Token:
        character = self.text[at]
        if character in BLANKS:
            end = at + 1
            while self.text[end : end + 1] and self.text[end] in BLANKS:
                end += 1
            return Token(Kind.BLANK, at, end)
        if character == "\n":
            return Token(Kind.NEWLINE, at, at + 1)
        if character == "#":
            end = self.text.find("\n", at)
            return Token(Kind.COMMENT, at, end if end >= 0 else len(self.text))
        if self.text.startswith("\\\n", at):
            return self._backslash(at, _Context.WORD)
        if character in ";&|()<>":
            sign = next(sign for sign in OPERATORS if self.text.startswith(sign, at))
            return Token(Kind.OPERATOR, at, at + len(sign), sign)
        return self._word(at)

    def _here_documents(self, at: int, pending: Sequence[tuple[Token, Token]]) -> Iterator[Token]:
        """The bodies of the here-documents that a line announced, each with its last line, the delimiter."""
        for operator, word in pending:
            delimiter = "".join(part.value or self.text[part.start + 1 : part.end - 1] for part in word.parts)
            start = self._find_line(delimiter, at, tabs=operator.value == "<<-")
            if start is None:
                self.harmless.append(Opening(SlipKind.OPEN_HERE_DOCUMENT, operator.start, word.end))
                continue
            end = self.text.find("\n", start) + 1 or len(self.text)
            yield Token(Kind.HERE_DOCUMENT, at, end)
            at = end

    def _find_line(self, line: str, at: int, *, tabs: bool) -> int | None:
        """Where the first line at or after a place begins that is just this one; tabs: leading ones don't count."""
        if not self.lines:
            start = 0
            for each in self.text.split("\n"):
                bare = each.lstrip("\t")
                self.lines.setdefault(each, []).append(start)
                if bare != each:
                    self.lines.setdefault("\t" + bare, []).append(start)
                start += len(each) + 1
        candidates = [self.lines.get(key, []) for key in ((line, "\t" + line) if tabs else (line,))]
        found = [starts[index] for starts in candidates if (index := bisect_left(starts, at)) < len(starts)]
        return min(found, default=None)

    def _word(self, at: int) -> Token:
        self.end = self._limit(at)
        before = len(self.swallowing)
        parts = self._parts(at, _Context.WORD, 0)
        self._keep_one_opening(before)
        return Token(Kind.WORD, at, parts[-1].end, parts=parts)

    def _limit(self, at: int) -> int:
        index = bisect_left(self.limits, at)
        return self.limits[index] if index < len(self.limits) else len(self.text)

    def _keep_one_opening(self, before: int) -> None:
        """Of what one word leaves open, keep the likely culprit: the innermost that is no quote, else the outermost."""
        openings = self.swallowing[before:]
        if openings:
            culprit = next((each for each in openings if each.kind is not SlipKind.OPEN_QUOTE), openings[-1])
            self.swallowing[before:] = [culprit]

    def _parts(self, at: int, context: _Context, depth: int) -> tuple[Token, ...]:
        literal, stops = context.value
        pattern = re.compile(literal)
        parts: list[Token] = []
        while at < self.end and self.text[at] not in stops:
            run = pattern.match(self.text, at, self.end)
            part = Token(Kind.LITERAL, at, run.end(), run[0]) if run else self._part(at, context, depth)
            parts.append(part)
            at = part.end
        return tuple(parts)

    def _part(self, at: int, context: _Context, depth: int) -> Token:
        character = self.text[at]
        if character == "\\":
            return self._backslash(at, context)
        if character == "'":
            return self._single_quoted(at)
        if character == "`":
            return self._skip(at, at + 1, "`")
        if character == '"':
            return self._double_quoted(at, depth)
        return self._dollar(at, context, depth)

    def _backslash(self, at: int, context: _Context) -> Token:
        following = self.text[at + 1 : at + 2]
        if following == "\n":
            self.end = max(self.end, self._limit(at + 2))
        if following in ("\n", "") and at + 2 >= len(self.text):
            self.harmless.append(Opening(SlipKind.OPEN_CONTINUATION, at, at + 1))
        if following == "\n":
            return Token(Kind.CONTINUATION, at, at + 2)
        if following and following in ESCAPABLE.get(context, following):
            return Token(Kind.ESCAPE, at, at + 2, following)
        return Token(Kind.LITERAL, at, at + 1, "\\")

    def _single_quoted(self, at: int) -> Token:
        close = self.text.find("'", at + 1, self.end)
        if close < 0:
            self.swallowing.append(Opening(SlipKind.OPEN_QUOTE, at, at + 1))
            return Token(Kind.SINGLE_QUOTED, at, self.end, self.text[at + 1 : self.end])
        return Token(Kind.SINGLE_QUOTED, at, close + 1, self.text[at + 1 : close])

    def _double_quoted(self, at: int, depth: int) -> Token:
        if depth == DEEPEST:
            return self._skip(at, at + 1, '"')
        parts = self._parts(at + 1, _Context.DOUBLE_QUOTES, depth + 1)
        end = self._close(SlipKind.OPEN_QUOTE, at, at + 1, parts)
        return Token(Kind.DOUBLE_QUOTED, at, end, parts=parts)

    def _dollar(self, at: int, context: _Context, depth: int) -> Token:
        if name := re.compile(PARAMETER).match(self.text, at, self.end):
            return Token(Kind.PARAMETER, at, name.end(), name[1])
        braced = re.compile(BRACED_PARAMETER).match(self.text, at, self.end)
        if braced and depth < DEEPEST:
            inside = _Context.BRACES if context in (_Context.WORD, _Context.BRACES) else _Context.QUOTED_BRACES
            parts = self._parts(braced.end(), inside, depth + 1)
            end = self._close(SlipKind.OPEN_EXPANSION, at, braced.end(), parts)
            return Token(Kind.PARAMETER, at, end, braced[1], braced[2], parts)
        if self.text.startswith(("${", "$("), at):
            return self._skip(at, at + 2, "}" if self.text[at + 1] == "{" else ")")
        if special := re.compile(SPECIAL_PARAMETER).match(self.text, at, self.end):
            return Token(Kind.OPAQUE, at, special.end())
        return Token(Kind.LITERAL, at, at + 1, "$")

    def _close(self, kind: SlipKind, start: int, inside: int, parts: Sequence[Token]) -> int:
        """The place after what closes some parts; they end at the closing character, or nothing closes them."""
        end = parts[-1].end if parts else inside
        if end < self.end:
            return end + 1
        self.swallowing.append(Opening(kind, start, inside))
        return end

    def _skip(self, at: int, inside: int, closer: str) -> Token:
        """Pass over what is not looked into, up to the character that closes it."""
        pattern = re.compile(r"""\\|['"`()}]|\$[({]""")
        stack = [closer]
        found = pattern.search(self.text, inside, self.end)
        while found:
            end = self._step(found, stack)
            if not stack:
                return Token(Kind.OPAQUE, at, end)
            found = pattern.search(self.text, end, self.end)
        kind = OPEN_KINDS.get(self.text[at:inside], SlipKind.OPEN_QUOTE)
        self.swallowing.append(Opening(kind, at, inside))
        return Token(Kind.OPAQUE, at, self.end)

    def _step(self, found: re.Match[str], stack: list[str]) -> int:
        """Take one sign within what is skipped: note what closes or opens there, and give the place to go on from."""
        sign, top = found[0], stack[-1]
        if sign == top:
            stack.pop()
        elif sign == "\\":
            return found.end() + 1
        elif sign == "'" and top != '"':
            close = self.text.find("'", found.end(), self.end)
            return close + 1 if close >= 0 else self.end
        elif sign in ('"', "`") or (sign == "(" and top == ")"):
            stack.append(")" if sign == "(" else sign)
        elif sign in ("${", "$("):
            stack.append("}" if sign == "${" else ")")
        return found.end()
