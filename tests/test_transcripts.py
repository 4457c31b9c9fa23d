"""Terminal sessions as they are written down, run by the shell."""

from collections.abc import Callable
from pathlib import Path

import pytest

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))
Transcript = Callable[..., None]


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_transcript(path: Path, tmp_path: Path, transcript: Transcript) -> None:
    transcript(path.read_text(encoding="utf-8"), home=tmp_path, strict=True)


def test_files_are_there_when_the_session_starts(tmp_path: Path, transcript: Transcript) -> None:
    files, home = tmp_path / "files", tmp_path / "home"
    files.mkdir()
    (files / "rse.env").write_text("#\n")
    transcript("$ ls; cd /; echo ~\nrse.env\n…/home\n$ pwd\n/\n", home=home, files=files)


@pytest.mark.parametrize(
    "text",
    [
        "$ echo one\ntwo\n",
        "$ echo one\n",
        "$ true\none\n",
        "$ false\n",
        "$ false\n[status 2]\n",
        "$ printf 'a\\nb\\n'\na…\n",
        "$ echo a-b\n…c\n",
    ],
)
def test_a_session_that_goes_otherwise_fails(text: str, tmp_path: Path, transcript: Transcript) -> None:
    with pytest.raises(AssertionError, match="the transcript says"):
        transcript(text, home=tmp_path, strict=True)


def test_what_the_dots_stand_for(tmp_path: Path, transcript: Transcript) -> None:
    transcript(
        "A remark.\n\n$ printf 'a\\nb\\nc\\n'\n…\n$ echo a-b-c\na…c\n\n$ false\n[status 1]\n$ true\n…\n", home=tmp_path
    )
    transcript("$ printf '%s\\n' 1 2 3 4\n1\n…\n4\n", home=tmp_path)
    transcript("$ false\n$ echo one; exit_with() { return $1; }; exit_with 3\none\n", home=tmp_path)
