"""Which security definitions are judged together, and with which components."""

import pytest

from ptktctl.lint.readers import find_reader
from ptktctl.lint.scopes import scopes
from ptktctl.lint.security import Definitions, Esm
from ptktctl.lint.site import Component, Site
from ptktctl.lint.source import read_source

RSE = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"\n'
MONITOR = "APPLID=RSEPROD\n"
KEY = "RDEFINE PTKTDATA RSEPROD UACC(NONE) SSIGNON(KEYLABEL(RSE.KEY))\n"
AUTHORITY = "RDEFINE PTKTDATA IRRPTAUTH.RSEPROD.* UACC(NONE)\n"
OTHER_ESM = "TSS ADDTO(NDT) PSTKAPPL(RSEPROD) SESSKEY(&KEY)\n"


def site_of(files: dict[str, str]) -> Site:
    sources = [read_source(name, text.encode()) for name, text in files.items()]
    return Site(sources, [each for source in sources for each in find_reader(source).read(source)])


def told_apart(files: dict[str, str]) -> list[set[str]]:
    """The files of each scope."""
    return [{source.name for source in scope.sources} for scope in scopes(site_of(files))]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"rse.env": RSE}, []),
        ({"rse.env": RSE, "a.txt": KEY, "b.txt": KEY}, [{"rse.env", "a.txt", "b.txt"}]),
        # Two systems, each with its own.
        (
            {f"{place}/{name}": text for place in ("n", "s") for name, text in {"rse.env": RSE, "r.txt": KEY}.items()},
            [{"n/rse.env", "n/r.txt"}, {"s/rse.env", "s/r.txt"}],
        ),
        # One system over several folders.
        (
            {"etc/rse.env": RSE, "parmlib/FEJJCNFG": MONITOR, "racf/a.txt": KEY, "racf/b/c.txt": AUTHORITY},
            [{"etc/rse.env", "parmlib/FEJJCNFG", "racf/a.txt", "racf/b/c.txt"}],
        ),
        (
            {"n/etc/rse.env": RSE, "n/etc/r.txt": KEY, "n/parmlib/FEJJCNFG": MONITOR},
            [{"n/etc/rse.env", "n/etc/r.txt", "n/parmlib/FEJJCNFG"}],
        ),
        # A folder without definitions takes those above it, and if there are none, the only ones there are.
        (
            {"r.txt": KEY, "n/rse.env": RSE, "n/r.txt": KEY, "s/rse.env": RSE},
            [{"n/rse.env", "n/r.txt"}, {"r.txt", "s/rse.env"}],
        ),
        ({"n/rse.env": RSE, "n/r.txt": KEY, "s/rse.env": RSE}, [{"n/rse.env", "n/r.txt", "s/rse.env"}]),
        # Of several that lie equally near, none is known to be meant.
        (
            {"n/rse.env": RSE, "n/r.txt": KEY, "s/rse.env": RSE, "s/r.txt": KEY, "t/rse.env": RSE},
            [{"n/rse.env", "n/r.txt"}, {"s/rse.env", "s/r.txt"}],
        ),
        # What defines the same profile belongs to another system.
        (
            {"rse.env": RSE, "n/r.txt": KEY, "s/r.txt": KEY, "both/r.txt": AUTHORITY},
            [{"rse.env", "n/r.txt", "both/r.txt"}, {"rse.env", "s/r.txt", "both/r.txt"}],
        ),
        ({"n/r.txt": KEY, "s/r.txt": KEY}, [{"n/r.txt"}, {"s/r.txt"}]),
        ({"n/r.txt": KEY, "s/r.txt": AUTHORITY}, [{"n/r.txt", "s/r.txt"}]),
        ({"/x/n/rse.env": RSE, "/x/r.txt": KEY}, [{"/x/n/rse.env", "/x/r.txt"}]),
    ],
)
def test_what_is_judged_together(files: dict[str, str], expected: list[set[str]]) -> None:
    assert told_apart(files) == expected


def test_each_product_is_judged_for_itself() -> None:
    site = site_of({"rse.env": RSE, "all.md": f"`{KEY.strip()}`\n\n{OTHER_ESM}", "racf/r.txt": AUTHORITY})
    found = list(scopes(site))
    assert [{each.esm for each in scope.every(Definitions)} for scope in found] == [{Esm.RACF}, {Esm.TOP_SECRET}]
    assert [len(list(scope.every(Component))) for scope in found] == [1, 1]
