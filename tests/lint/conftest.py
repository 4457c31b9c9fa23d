"""Short ways to lint texts, and files as the host would hold them."""

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from ptktctl.lint.engine import lint
from ptktctl.lint.result import File, Result
from ptktctl.lint.source import CODE_PAGES, FROM_037_TO_1047

Encode = Callable[[str, str], bytes]
Fields = Mapping[int, str]
Unload = Callable[..., bytes]

# How long each record is (z/OS Security Server RACF Macros and Interfaces, record formats of the unload).
RECORD_LENGTHS = {"0100": 290, "0200": 680, "0404": 95, "0500": 1017, "0505": 284, "0507": 560, "0530": 419}


class Lint(Protocol):
    """Lints texts or bytes, by file names."""

    def __call__(
        self, files: Mapping[str, str | bytes], kind: str | None = None, stored: frozenset[str] | None = None
    ) -> Result: ...


@pytest.fixture(scope="session")
def lint_texts() -> Lint:
    def run(files: Mapping[str, str | bytes], kind: str | None = None, stored: frozenset[str] | None = None) -> Result:
        given = [File(name, data.encode() if isinstance(data, str) else data) for name, data in files.items()]
        return lint(given, kind, stored=stored)

    return run


@pytest.fixture(scope="session")
def encode_ebcdic() -> Encode:
    """Encodes a text in an EBCDIC code page with the line ends of z/OS UNIX."""
    to_037 = str.maketrans({new: old for old, new in FROM_037_TO_1047.items() if isinstance(new, str)})

    def encode(text: str, code_page: str) -> bytes:
        text = text.replace("\n", "\x85")
        return (text.translate(to_037) if code_page == "IBM-1047" else text).encode(CODE_PAGES[code_page])

    return encode


@pytest.fixture(scope="session")
def unload() -> Unload:
    """Makes a record of an unload: its type, profile and class, and other fields by the columns they begin in."""

    def make(record: str, name: str = "", resource_class: str = "", fields: Fields | None = None) -> bytes:
        line = [" "] * RECORD_LENGTHS[record]
        for column, text in {1: record, 6: name, 253: resource_class, **(fields or {})}.items():
            if text:
                line[column - 1 : column - 1 + len(text)] = text
        return "".join(line).encode()

    return make
