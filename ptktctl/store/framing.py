"""One byte string of several parts, so that no two lists of parts make the same one.

What is sealed, hashed or authenticated is framed this way: ("AB", "C") and ("A", "BC") must differ.
"""


def framed(*parts: bytes) -> bytes:
    """Join the parts, each after its length in 4 bytes, most significant first."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)
