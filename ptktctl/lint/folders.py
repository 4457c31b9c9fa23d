"""Folders: what lies in them, from the deepest one up, and which lie above a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Thing = TypeVar("Thing")


class Waiting(Generic[Thing]):
    """Things that wait, each in a folder, until something is found that they belong to, there or further up."""

    def __init__(self) -> None:
        self._levels: list[dict[str, list[Thing]]] = []

    def put(self, folder: str, things: Iterable[Thing]) -> None:
        """Let things wait in a folder; while the deepest are taken, in one above the folder that was given last."""
        folder = folder.rstrip("/")
        depth = folder.count("/") + 1 if folder else 0
        while len(self._levels) <= depth:
            self._levels.append({})
        self._levels[depth].setdefault(folder, []).extend(things)

    def deepest_first(self) -> Iterator[tuple[str, list[Thing]]]:
        """Each folder with what waits there, the deepest folders first."""
        while self._levels:
            yield from self._levels.pop().items()


def folders_above(file: str) -> Iterator[str]:
    """The folder of a file and those above it, up to the root or the working folder, which is named by nothing."""
    folder = os.path.dirname(file).rstrip("/")
    yield folder
    while folder and folder != (folder := os.path.dirname(folder).rstrip("/")):
        yield folder
