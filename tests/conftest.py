"""What all tests share: vectors made by other people's implementations, and a quiet hypothesis."""

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ptktctl import EnhancedKey, LegacyKey, TicketType

VECTORS = Path(__file__).parent / "vectors"

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

Vector = tuple[str, str, LegacyKey | EnhancedKey, int, str]


def _rows(name: str) -> list[dict[str, str]]:
    with (VECTORS / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="session")
def legacy_vectors() -> list[Vector]:
    """300 tickets made by chrrel/racf-passticket-generator (Java)."""
    return [
        (row["userid"], row["applid"], LegacyKey.from_hex(row["key"]), int(row["epoch"]), row["passticket"])
        for row in _rows("legacy.csv")
    ]


@pytest.fixture(scope="session")
def enhanced_vectors() -> list[Vector]:
    """300 tickets made by IBM's sample EnhancedPassTicketGenerator (Java)."""
    return [
        (
            row["userid"],
            row["applid"],
            EnhancedKey.from_hex(row["key"], TicketType(row["type"])),
            int(row["epoch"]),
            row["passticket"],
        )
        for row in _rows("enhanced.csv")
    ]
