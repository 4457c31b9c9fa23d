"""PassTickets for z/OS in Python: generate, decode, evaluate.

The functions are pure: no clock unless `at` is left out, no files, no environment. Names may be given
as text; times are epoch seconds.

    >>> from ptktctl import LegacyKey, evaluate, generate
    >>> key = LegacyKey.from_hex("E001193519561977")
    >>> generate("MIKEM", "TSOSYS1", key, at=1111111)
    'AEPRRZ3S'
    >>> evaluate("AEPRRZ3S", "MIKEM", "TSOSYS1", key, at=1111200).outcome
    <Outcome.VALID: 'valid'>
"""

__version__ = "0.1.0"
__all__ = [
    "ApplId",
    "EnhancedKey",
    "Evaluation",
    "InputError",
    "LegacyKey",
    "Outcome",
    "PtktctlError",
    "TicketType",
    "UserId",
    "Weakness",
    "decode",
    "evaluate",
    "generate",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ptktctl.errors import InputError, PtktctlError
    from ptktctl.passticket.api import (
        ApplId,
        EnhancedKey,
        Evaluation,
        LegacyKey,
        Outcome,
        TicketType,
        UserId,
        Weakness,
        decode,
        evaluate,
        generate,
    )


def __getattr__(name: str) -> object:
    # The command line imports this package at every start and needs only __version__; the API comes when asked for.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ptktctl import errors
    from ptktctl.passticket import api

    return getattr(errors if hasattr(errors, name) else api, name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
