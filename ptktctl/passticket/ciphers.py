"""pycryptodome's ciphers, loaded without the detours that its loading takes.

To load its first library through ctypes, pycryptodome asks platform.architecture(), which starts the program `file`
to look at the interpreter: a process for every ticket of a pipeline. Its answer matters on Windows only.

It also imports ctypes.util, to find libraries that it knows by name only. It knows where its own ones lie, so that is
never asked for; but the module brings all that starts processes and unpacks archives, which takes two thirds of the
time that the interpreter itself takes to start.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

UTIL = "ctypes.util"


def prepare() -> None:
    """To be called before a module of Crypto.Cipher is imported."""
    stand_in = None if UTIL in sys.modules or os.name != "posix" else _stand_in()
    if stand_in:
        sys.modules[UTIL] = stand_in
    try:
        from Crypto.Util import _raw_api
    finally:
        if stand_in and sys.modules.get(UTIL) is stand_in:
            del sys.modules[UTIL]
    known = getattr(_raw_api, "cached_architecture", None)
    if known == [] and os.name == "posix":
        known[:] = ("", "")


def _stand_in() -> ModuleType:
    """A module that loads ctypes.util when anything of it is used."""
    import types

    def real(name: str) -> object:
        if name.startswith("__"):  # what the import itself asks for
            raise AttributeError(name)
        from importlib import import_module

        if sys.modules.get(UTIL) is module:
            del sys.modules[UTIL]
        return getattr(import_module(UTIL), name)

    def find_library(name: str) -> str | None:
        found: str | None = real("find_library")(name)  # type: ignore[operator]
        return found

    module = types.ModuleType(UTIL)
    module.__dict__.update(find_library=find_library, __getattr__=real)
    return module
