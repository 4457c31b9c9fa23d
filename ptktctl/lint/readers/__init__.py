"""The kinds of file that lint reads: how each is recognised, and its reader.

A reader takes a Source and states what the file says and where. It judges nothing, never fails on strange
input, and needs time in proportion to the size of the file. A new kind of file is a module here and a row in READERS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ptktctl.lint.directives import DIRECTIVES
from ptktctl.lint.source import UnknownKindError, member_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptktctl.lint.site import Statement
    from ptktctl.lint.source import Source

# What a file with commands of interest has in it: the classes, and the keywords of ACF2 and Top Secret.
COMMAND_SIGNS = ("PTKTDATA", "APPL", "IDTDATA", "CRYPTOZ", "FACILITY", "IRRPTAUTH", "SSIGNON", "(PTK)", "(APL)")
# The share of a file's lines that have to be comments or settings for its content to give its kind away.
LEAST_SHARE = 0.8
UNLOAD = "irrdbu00"
MOST_SNIFFED = 1 << 16  # characters by which an unload is told
# RLIST prints the first two over each profile, SETROPTS LIST the last one (z/OS Security Server RACF Command Language
# Reference).
LISTING_HEADINGS = ("UNIVERSAL ACCESS  YOUR ACCESS", "SSIGNON INFORMATION", "GENERIC PROFILE CLASSES")


YAML_SUFFIXES = (".yaml", ".yml", "<stdin>")
PASSTICKET_SCHEME = "httpBasicPassTicket"


class Reader(NamedTuple):
    """A kind of file.

    Attributes:
        kind: its name, as --as takes it.
        names: the names such a file has, in upper case: its base name, member name or last qualifier.
        recognises: tells by the content.
        read: states what the file says.
        continues: whether such files in one folder are read one after the other, by the environment's `read_folders`.
    """

    kind: str
    names: tuple[str, ...]
    recognises: Callable[[Source], bool]
    read: Callable[[Source], Iterable[Statement]]
    continues: bool = False


def find_reader(source: Source, kind: str | None = None) -> Reader:
    """The reader for a file: that of a kind if one is given, else by the file's name, else by its content.

    Raises:
        UnknownKindError: it is of no kind that lint reads.
    """
    if kind:
        return next(reader for reader in READERS if reader.kind == kind)
    reader = reader_by_name(source.name) or next((each for each in READERS if each.recognises(source)), None)
    if not reader:
        known = ", ".join(each.kind for each in READERS)
        raise UnknownKindError(
            f"{source.name}: not a kind of file that lint knows", f"name it with --as KIND ({known})"
        )
    return reader


def reader_by_name(name: str) -> Reader | None:
    """The reader for files of a name, in any case and folder, also as a data set: FEK.#CUST.PARMLIB(FEJJCNFG)."""
    member = member_name(name)
    return next(
        (each for each in READERS if member in each.names or member.rpartition(".")[2] in each.names),
        None,
    )


def is_unload(head: bytes) -> bool:
    """Whether a file is an unload of a RACF database, which is read piece by piece, told by its first bytes."""
    if head[4:5] not in (b" ", b"\x40") and head[2:4] != b"\0\0":  # no blank after a record type, no descriptor word
        return False
    from ptktctl.lint.readers.records import find_layout

    return find_layout(head) is not None


def _read_environment(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import environment

    return environment.read(source)


def _read_environment_extension(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import environment

    return environment.read_extension(source)


def _read_api_environment(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import environment

    return environment.read_api(source)


def _read_eqahcc(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import eqahcc

    return eqahcc.read(source)


def _read_hficonfg(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import hficonfg

    return hficonfg.read(source)


def _read_zowe(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import zowe

    return zowe.read(source)


def _read_job_monitor(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import job_monitor

    return job_monitor.read(source)


def _read_unload(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import irrdbu00

    return irrdbu00.read(source.name, (source.text.encode(),))[1]


def _read_listing(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import rlist

    return rlist.read(source)


def _read_racf_commands(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import commands

    return commands.read(source)


def _read_acf2_commands(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import commands
    from ptktctl.lint.security import Esm

    return commands.read(source, Esm.ACF2)


def _read_top_secret_commands(source: Source) -> Iterable[Statement]:
    from ptktctl.lint.readers import commands
    from ptktctl.lint.security import Esm

    return commands.read(source, Esm.TOP_SECRET)


def _is_environment(source: Source) -> bool:
    lines = _content(source)
    settings = [line.removeprefix("export ").lstrip() for line in lines]
    own = any(line.startswith(("_RSE_JAVAOPTS=", "_RSE_JMON_PORT=", "_RSE_RSED_PORT=")) for line in settings)
    return own and _share(settings) >= LEAST_SHARE


def _is_job_monitor(source: Source) -> bool:
    lines = _content(source)
    names = {line.partition("=")[0].rstrip() for line in lines if "=" in line}
    return ("SERV_PORT" in names or len(names & DIRECTIVES.keys()) > 1) and _share(lines) >= LEAST_SHARE


def _is_zowe(source: Source) -> bool:
    """Whether a line gives a service its scheme. A page that only tells of it is no definition of a service."""
    if not source.name.lower().endswith(YAML_SUFFIXES) or PASSTICKET_SCHEME not in source.text:
        return False
    lines = (line.partition("#")[0].partition(PASSTICKET_SCHEME) for line in source.text.split("\n"))
    return any(scheme and before.rstrip("\"' :").endswith("scheme") for before, scheme, _ in lines)


def _is_listing(source: Source) -> bool:
    """Whether a listing's heading stands in it. Commands may have comments that speak of one."""
    if not any(heading in source.text for heading in LISTING_HEADINGS):
        return False
    lines = (line for line in source.text.split("\n") if not line.lstrip().startswith(("/*", "*", "#", "//*")))
    return any(heading in line for line in lines for heading in LISTING_HEADINGS)


def _has_commands(source: Source) -> bool:
    text = source.text.upper()
    if not any(name in text for name in COMMAND_SIGNS):
        return False
    from ptktctl.lint.readers import commands

    return commands.holds_commands(source)


def _is_never(source: Source) -> bool:
    """Its content is like that of others: only its name, or --as, tells."""
    return False


def _content(source: Source) -> list[str]:
    """The lines that hold something, without the blanks around them."""
    return [line for each in source.text.split("\n") if (line := each.strip())]


def _share(lines: list[str]) -> float:
    """How many of some lines are comments, or begin with a name and an equals sign."""
    likely = sum(line.startswith("#") or ("=" in line and line.partition("=")[0].isidentifier()) for line in lines)
    return likely / max(len(lines), 1)


READERS = (
    Reader("rse-env", ("RSE.ENV", "RSED.ENVVARS"), _is_environment, _read_environment, continues=True),
    Reader("zee-env", ("ZEE.ENV", "ZEE.PRIME.ENV", "RDZ.ENV"), _is_never, _read_environment_extension, continues=True),
    Reader("rseapi-env", ("RSEAPI.ENV",), _is_never, _read_api_environment, continues=True),
    Reader("job-monitor", ("FEJJCNFG", "BLZJCNFG", "BUZJCNFG"), _is_job_monitor, _read_job_monitor),
    Reader("eqahcc", ("EQAHCC.PROPERTIES",), _is_never, _read_eqahcc),
    Reader("hficonfg", ("HFICONFG",), _is_never, _read_hficonfg),
    Reader("zowe", ("ZOWE.YAML", "ZOWE.YML"), _is_zowe, _read_zowe),
    Reader(UNLOAD, ("IRRDBU00",), lambda source: is_unload(source.text[:MOST_SNIFFED].encode()), _read_unload),
    Reader("rlist", ("RLIST", "SETROPTS"), _is_listing, _read_listing),
    Reader("racf-commands", ("FEKRACF", "FEKPKCS1"), _has_commands, _read_racf_commands),
    # By their content, those of all three products are told alike.
    Reader("acf2-commands", (), _is_never, _read_acf2_commands),
    Reader("top-secret-commands", (), _is_never, _read_top_secret_commands),
)
