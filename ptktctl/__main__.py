"""`python -m ptktctl`, and what the installed command runs."""

import gc
import sys
from typing import NoReturn

INTERRUPTED = 130
# Loading modules makes tens of thousands of objects that stay: not to look through them for garbage time and again
# saves a good part of the start.
GARBAGE_THRESHOLD = 100_000


def entry_point() -> NoReturn:
    """Run the command line and end the process with its status; quiet on Ctrl-C even while modules load."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    # Where another package has brought cffi, pycryptodome would load it, for as long as all the rest takes together,
    # and do no better than with ctypes. Nothing else in this process asks for it.
    sys.modules.setdefault("cffi", None)  # type: ignore[arg-type]  # None: not to be imported
    try:
        from ptktctl.commands.root import main

        status = main(sys.argv[1:])
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


if __name__ == "__main__":
    entry_point()
