"""Key parts: a key divided among custodians, none of whom has it alone.

All parts but the last are random; the last is the key XOR all others. So any parts short of all tell nothing whatever
of the key (each is equally likely beside any key), and all of them XORed are the key.

Parity of DES parts: parity bits are not part of a legacy key, and parts of any parity make it, but hardware that takes
DES keys in may insist on odd parity. So the first part has odd parity in every byte and the others even: then their
XOR has odd parity by itself. A key stored with other parity comes back with odd parity, which is the same key. A
part's parity bits follow from its own other bits and tell nothing more.
"""

import os
from collections.abc import Callable, Sequence

from ptktctl.errors import InputError
from ptktctl.passticket.keys import EnhancedKey, LegacyKey, SecuredSignonKey
from ptktctl.passticket.parity import with_odd_parity

FEWEST_PARTS, MOST_PARTS = 2, 9


def split(
    key: SecuredSignonKey, count: int, random_bytes: Callable[[int], bytes] = os.urandom
) -> tuple[SecuredSignonKey, ...]:
    """Divide a key into parts of its own kind and length.

    Args:
        count: 2 to 9.

    Raises:
        InputError: another count.
    """
    if not FEWEST_PARTS <= count <= MOST_PARTS:
        raise InputError(f"{count} key parts", f"a key is divided into {FEWEST_PARTS} to {MOST_PARTS} parts")
    drawn = [random_bytes(len(key.secret)) for _ in range(count - 1)]
    if not isinstance(key, LegacyKey):
        return tuple(EnhancedKey(part, key.ticket_type) for part in (*drawn, _xor((key.secret, *drawn))))
    first, *others = [with_odd_parity(part) for part in drawn]
    others = [bytes(byte ^ 1 for byte in part) for part in others]
    last = _xor((with_odd_parity(key.secret), first, *others))
    return tuple(LegacyKey(part) for part in (first, *others, last))


def combine(parts: Sequence[SecuredSignonKey]) -> SecuredSignonKey:
    """Put a key together of all its parts, in any order; a legacy one gets odd parity.

    Raises:
        InputError: there are less than two parts, or they are not of one kind and length.
    """
    if len(parts) < FEWEST_PARTS:
        raise InputError("a key has at least two parts", "all parts are needed")
    first = parts[0]
    if len({(type(part), len(part.secret)) for part in parts}) > 1:
        raise InputError("the key parts are not of one kind and length", "all must be parts of one key")
    whole = _xor([part.secret for part in parts])
    return LegacyKey(with_odd_parity(whole)) if isinstance(first, LegacyKey) else EnhancedKey(whole, first.ticket_type)


def _xor(strings: Sequence[bytes]) -> bytes:
    number = 0
    for each in strings:
        number ^= int.from_bytes(each)
    return number.to_bytes(len(strings[0]))
