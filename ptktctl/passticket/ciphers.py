"""pycryptodome's ciphers, loaded without the detour that its loading takes.

To load its first library through ctypes, pycryptodome asks platform.architecture(), which starts the program `file`
to look at the interpreter: a process for every ticket of a pipeline. Its answer matters on Windows only.
"""

import os


def prepare() -> None:
    """To be called before a module of Crypto.Cipher is imported."""
    from Crypto.Util import _raw_api

    known = getattr(_raw_api, "cached_architecture", None)
    if known == [] and os.name == "posix":
        known[:] = ("", "")
