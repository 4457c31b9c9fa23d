"""An unlock key as one line of text, as an unlock key file and the OS keyring hold it."""

from ptktctl.store import sealing
from ptktctl.store.tables import base64_of, checksum_of

CHECK_DIGITS = 8
KEY_FILE_START = "PTKTCTL-UNLOCK-KEY-1:"


def key_file_line(key: bytes) -> bytes:
    """What an unlock key file holds: a known start, base64 of the key, a checksum of the key."""
    return f"{KEY_FILE_START}{base64_of(key)}:{checksum_of(key)[:CHECK_DIGITS]}\n".encode()


def key_of_line(line: bytes) -> bytes | None:
    """The key in what `key_file_line` made, None when it is anything else; blanks at its end are no matter."""
    import binascii

    try:
        key = binascii.a2b_base64(line[len(KEY_FILE_START) :].partition(b":")[0])
    except ValueError:
        return None
    # Whether the line is right is seen by writing it again.
    return key if len(key) == sealing.DATA_KEY_LENGTH and key_file_line(key).rstrip() == line.rstrip() else None
