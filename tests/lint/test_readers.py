"""How files are recognised, and what the readers say of them."""

from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from ptktctl.errors import InputError
from ptktctl.lint.readers import READERS, find_reader, reader_by_name
from ptktctl.lint.result import Result
from ptktctl.lint.site import Component, Setting, SettingKind, Site
from ptktctl.lint.source import read_source

Encode = Callable[[str, str], bytes]
RSE_CONTENT = '# RSE\nexport _RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"\nTZ=EST5EDT\n'
OPTION = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS {}"\n'
MONITOR_CONTENT = "# JMON\nSERV_PORT=6715\nTZ=EST5EDT\n"


class Lint(Protocol):
    def __call__(self, files: Mapping[str, str | bytes], kind: str | None = None) -> Result: ...


def site(name: str, text: str) -> Site:
    source = read_source(name, text.encode())
    return Site((source,), find_reader(source).read(source))


def component(name: str, text: str) -> Component:
    return next(site(name, text).every(Component))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rse.env", "rse-env"),
        ("/etc/zexpl/RSE.ENV", "rse-env"),
        ("/etc/rdz/rsed.envvars", "rse-env"),
        ("FEJJCNFG", "job-monitor"),
        ("parmlib/fejjcnfg", "job-monitor"),
        ("FEK.#CUST.PARMLIB(FEJJCNFG)", "job-monitor"),
        ("//'BLZ.PARMLIB(BLZJCNFG)'", "job-monitor"),
        ("FEK.#CUST.PARMLIB.BUZJCNFG", "job-monitor"),
        ("rse.env.old", None),
        ("rse.env.backup.by.FELSETUP", None),
        ("my-rse.env", None),
        ("FEJJCNFGX", None),
        ("", None),
    ],
)
def test_names(name: str, kind: str | None) -> None:
    reader = reader_by_name(name)
    assert (reader.kind if reader else None) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (RSE_CONTENT, "rse-env"),
        (MONITOR_CONTENT, "job-monitor"),
        ("LIMIT_COMMANDS=NOLIMIT\nCONSOLE_NAME=JMON\n", "job-monitor"),
        ('# Title\n\nPut this into rse.env:\n\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=X"\n\nand restart.\n', None),
        ("APPLID=FEKAPPL\n", None),
        ("", None),
    ],
)
def test_content(content: str, kind: str | None, encode_ebcdic: Encode) -> None:
    for data in (content.encode(), encode_ebcdic(content, "IBM-1047")):
        source = read_source("unnamed", data)
        if kind:
            assert find_reader(source).kind == kind
        else:
            with pytest.raises(InputError, match=r"^unnamed: not a kind of file that lint knows$") as caught:
                find_reader(source)
            assert caught.value.hint
            assert all(each.kind in caught.value.hint for each in READERS)


def test_a_kind_that_is_given_wins_over_name_and_content() -> None:
    source = read_source("rse.env", RSE_CONTENT.encode())
    assert find_reader(source, "job-monitor").kind == "job-monitor"


@pytest.mark.parametrize(
    ("text", "applid"),
    [
        ("", "FEKAPPL"),
        ("APPLID=BARE\n", "BARE"),
        ('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OPTION"\n', "OPTION"),
        ('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OPTION"\nAPPLID=BARE\n', "OPTION"),
        ('_RSE_JAVAOPTS="-DAPPLID=ONE -Xmx1g -DAPPLID=TWO"\n', "TWO"),
        ('_RSE_JAVAOPTS="-DAPPLID=ONE"\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Xmx1g"\n', "ONE"),
        ('_RSE_JAVAOPTS="-DAPPLID=ONE"\n_RSE_JAVAOPTS="-Xmx1g"\n', "FEKAPPL"),
        ("_RSE_JAVAOPTS='$_RSE_JAVAOPTS -DAPPLID=ONE'\n", "ONE"),
        ('N=MINE\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=$N"\n', "MINE"),
        ("N=MINE\n_RSE_JAVAOPTS='-DAPPLID=$N'\n", "$N"),
        ('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=${N:-MINE}"\n', "MINE"),
        ("export APPLID=${N-MINE} TZ=x\n", "MINE"),
        ("APPLID=MI\\\nNE\n", "MINE"),
        ("APPLID=$N\n", None),
        ("APPLID=`hostname`\n", None),
        ('_RSE_JAVAOPTS="-DAPPLID=ONE $(cat /etc/options)"\n', None),
        ('_RSE_JAVAOPTS="$(cat /etc/options) -DAPPLID=ONE"\n', "ONE"),
        ('_RSE_JAVAOPTS="-DAPPLID=ONE -Dhost=$(hostname)"\n', "ONE"),
        ("APPLID=MINE\nunset APPLID\n", "FEKAPPL"),
        ("APPLID=MINE true\n", "FEKAPPL"),
        ("( APPLID=MINE )\n", "FEKAPPL"),
        ("cat <<EOF\nAPPLID=MINE\nEOF\n", "FEKAPPL"),
        ("# APPLID=MINE\n", "FEKAPPL"),
        ("APPLID=MINE#1 # note\n", "MINE#1"),
        ("TZ='x\nAPPLID=MINE\n", "MINE"),
        ("if [ -r /x ]; then\n  APPLID=MINE\nfi\n", None),
        ("if [ -r /x ]; then APPLID=MINE; fi; APPLID=OURS\n", "OURS"),
        ("if [ -r /x ]; then A=MINE; else A=OURS; fi\n_RSE_JAVAOPTS=-DAPPLID=$A\n", None),
        ("A=MINE\n[ $B ] && A=OURS\nAPPLID=$A\n", None),
        ("if [ $B ]; then\n" + OPTION.format("-Dx=y") + "fi\n", "FEKAPPL"),
        (OPTION.format("-DAPPLID=MINE") + "if [ $B ]; then\n" + OPTION.format("-Dx=y") + "fi\n", "MINE"),
        (OPTION.format("-DAPPLID=MINE") + "[ $B ] && " + OPTION.format("-DAPPLID=OURS"), None),
        (OPTION.format("-DAPPLID=MINE") + "[ $B ] && _RSE_JAVAOPTS=-Xmx1g\n", None),
        ("[ $B ] && " + OPTION.format("-DAPPLID=OURS") + OPTION.format("-DAPPLID=MINE"), "MINE"),
        (
            "case $(sysvar SYSNAME) in\nA) "
            + OPTION.format("-DAPPLID=MINE")
            + ";;\n*) "
            + OPTION.format("-DAPPLID=OURS")
            + ";;\nesac\n",
            None,
        ),
        ("f() { APPLID=MINE; }\n", None),
        (". /etc/zexpl/local.env\n", None),
        ("APPLID=MINE\neval $(cat x)\n", None),
        ("if [ -f x ]; then . x; fi\nAPPLID=MINE\n", None),
        (". x\n" + OPTION.format("-DAPPLID=MINE"), "MINE"),
        ("( . x )\n", "FEKAPPL"),
        ("APPLID=\n", ""),
    ],
)
def test_applid_of_rse(text: str, applid: str | None) -> None:
    assert component("rse.env", text).applid == applid


@pytest.mark.parametrize(
    ("text", "applid", "port"),
    [
        ("", "FEKAPPL", "6715"),
        ("APPLID=MINE\nSERV_PORT=6716\n", "MINE", "6716"),
        ("  APPLID = MINE\t\nSERV_PORT=6716   # the port\n", "MINE", "6716"),
        ("#APPLID=MINE\n # SERV_PORT=1\n", "FEKAPPL", "6715"),
        ("APPLID=ONE\nAPPLID=TWO\n", "TWO", "6715"),
        ("applid=MINE\n", "MINE", "6715"),
        ("APPL_ID=MINE\nSERV_PORT 6716\n", "FEKAPPL", "6715"),
        ("APPLID=\n", "", "6715"),
        ("APPLID=MINE".ljust(72) + "00010000\n" + "SERV_PORT=6716".ljust(72) + "00020000\n", "MINE", "6716"),
    ],
)
def test_what_job_monitor_is_set_to(text: str, applid: str, port: str) -> None:
    found = component("FEJJCNFG", text)
    assert (found.applid, found.port) == (applid, port)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('A=1\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=MINE -Dx"\n', (2, 31, 2, 44)),
        ('_RSE_JAVAOPTS="-DAPPLID=MINE"\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dx"\n', (1, 16, 1, 29)),
        ('N=MINE\n_RSE_JAVAOPTS="-DAPPLID=$N"\n', (2, 16, 2, 25)),
        ('_RSE_JAVAOPTS="-Dx \\\n-DAPPLID=MINE"\n', (2, 1, 2, 14)),
        ("\n  APPLID='MINE' # x\n", (2, 3, 2, 16)),
    ],
)
def test_settings_are_where_they_stand(text: str, place: tuple[int, int, int, int]) -> None:
    span = component("rse.env", text).applid_span
    assert (span.line, span.column, span.end_line, span.end_column) == place


def test_java_options_are_told_one_by_one() -> None:
    text = 'O="-Da=1"\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS $O  -Xmx1g\t-Db=\'c\'"\n'
    options = [each for each in site("rse.env", text).every(Setting) if each.kind is SettingKind.JAVA_OPTION]
    assert [(each.name, each.value) for each in options] == [("-Da", "1"), ("-Xmx1g", ""), ("-Db", "'c'")]


def test_the_trailing_text_of_a_directive_is_no_part_of_its_place() -> None:
    settings = list(site("FEJJCNFG", "  SERV_PORT =\t6715  x y \n").every(Setting))
    assert [(each.span.column, each.span.end_column) for each in settings] == [(3, 19)]


FOLDERS = [
    (["a/rse.env", "a/FEJJCNFG"], [("a/rse.env", "a/FEJJCNFG")]),
    (["/etc/zexpl/rse.env", "FEK.PARMLIB(FEJJCNFG)"], [("/etc/zexpl/rse.env", "FEK.PARMLIB(FEJJCNFG)")]),
    (
        ["a/rse.env", "b/rse.env", "a/FEJJCNFG", "b/FEJJCNFG"],
        [("a/rse.env", "a/FEJJCNFG"), ("b/rse.env", "b/FEJJCNFG")],
    ),
    (
        ["a/etc/rse.env", "a/parm/FEJJCNFG", "b/etc/rse.env", "b/parm/FEJJCNFG"],
        [("a/etc/rse.env", "a/parm/FEJJCNFG"), ("b/etc/rse.env", "b/parm/FEJJCNFG")],
    ),
    (["a/rse.env", "b/rse.env", "c/FEJJCNFG"], []),
    (["a/rse.env", "a/rsed.envvars", "a/FEJJCNFG"], []),
    (["a/rse.env", "a/FEJJCNFG", "a/BLZJCNFG"], [("a/rse.env", "a/FEJJCNFG")]),
    (["a/rse.env", "a/BLZJCNFG"], [("a/rse.env", "a/BLZJCNFG")]),
    (["a/rse.env", "a/FEJJCNFG", "rse.env", "FEJJCNFG"], [("a/rse.env", "a/FEJJCNFG"), ("rse.env", "FEJJCNFG")]),
    (["rse.env"], []),
]


@pytest.mark.parametrize(("names", "pairs"), FOLDERS)
def test_files_that_lie_nearest_are_pairs(names: list[str], pairs: list[tuple[str, str]]) -> None:
    whole = Site((), [component(name, "") for name in names])
    assert sorted((rse.file, monitor.file) for rse, monitor in whole.pairs()) == sorted(pairs)
