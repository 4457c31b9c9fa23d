"""The parity bits of DES keys: the last bit of each byte, which the cipher leaves aside (NIST SP 800-67)."""


def with_odd_parity(secret: bytes) -> bytes:
    """The bytes with their parity bits set so that each has an odd number of ones."""
    return bytes(byte if byte.bit_count() % 2 else byte ^ 1 for byte in secret)


def without_parity(secret: bytes) -> bytes:
    """The bytes with their parity bits cleared: what tells two keys apart."""
    return bytes(byte & 0xFE for byte in secret)
