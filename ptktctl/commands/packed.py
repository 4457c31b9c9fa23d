"""A list of JSON values that takes little memory."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Packed(list[Any]):
    """JSON values that are added and then only read in order: they lie in memory compressed.

    A list by name only, because json writes nothing else as an array.
    """

    def __init__(self) -> None:
        """Begin without any."""
        super().__init__()
        self._memory = BytesIO()
        self._writer = gzip.GzipFile(fileobj=self._memory, mode="wb", compresslevel=1)
        self._count = 0

    def append(self, value: object) -> None:
        """Add a value that json can write, before the first is read."""
        self._writer.write(json.dumps(value).encode() + b"\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        self._writer.close()
        with gzip.GzipFile(fileobj=BytesIO(self._memory.getbuffer())) as lines:
            yield from map(json.loads, lines)
