"""The files beside rse.env and FEJJCNFG: what their readers state, and the rules that compare them."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptktctl.errors import InputError
from ptktctl.lint.engine import lint
from ptktctl.lint.finding import Severity
from ptktctl.lint.readers import READERS, find_reader, reader_by_name
from ptktctl.lint.readers.environment import read_folders
from ptktctl.lint.result import File, Result
from ptktctl.lint.site import Component, ComponentKind, PassTicketScheme, Setting, Site
from ptktctl.lint.source import read_source

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
OPTIONS = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS {}"\n'
RSE = OPTIONS.format("-DAPPLID=RSEPROD")
SERVICE = "services:\n- serviceId: {}\n  authentication:\n    scheme: httpBasicPassTicket\n    applid: {}\n"


class Lint(Protocol):
    def __call__(
        self, files: Mapping[str, str | bytes], kind: str | None = None, stored: frozenset[str] | None = None
    ) -> Result: ...


Encode = Callable[[str, str], bytes]


def told(result: Result) -> list[tuple[str, Severity, str]]:
    assert result.problems == ()
    return [(finding.rule.id, finding.severity, finding.span.file) for finding in result.findings]


def site(name: str, text: str) -> Site:
    source = read_source(name, text.encode())
    return Site((source,), find_reader(source).read(source))


def applids(name: str, text: str) -> list[tuple[ComponentKind, str | None]]:
    return [(component.kind, component.applid) for component in site(name, text).every(Component)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("/etc/zexpl/zee.env", "zee-env"),
        ("zee.prime.env", "zee-env"),
        ("rdz.env", "zee-env"),
        ("rseapi.env", "rseapi-env"),
        ("/etc/debug/eqahcc.properties", "eqahcc"),
        ("HFI.PARMLIB(HFICONFG)", "hficonfg"),
        ("zowe.yaml", "zowe"),
    ],
)
def test_names(name: str, kind: str) -> None:
    reader = reader_by_name(name)
    assert reader
    assert reader.kind == kind


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("services.yml", SERVICE.format("jobs", "X"), "zowe"),
        ("application.yaml", 'apiml.service.authentication.scheme: "httpBasicPassTicket"\n', "zowe"),
        ("<stdin>", SERVICE.format("jobs", "X"), "zowe"),
        ("README.md", SERVICE.format("jobs", "X"), None),
        ("doc.yaml", "text: httpBasicPassTicket is a scheme\n", None),
        ("doc.yaml", "# scheme: httpBasicPassTicket\n", None),
    ],
)
def test_content(name: str, text: str, kind: str | None) -> None:
    source = read_source(name, text.encode())
    if kind:
        assert find_reader(source).kind == kind
    else:
        with pytest.raises(InputError):
            find_reader(source)


# The environment files of one folder


def environment(files: Mapping[str, str]) -> list[tuple[ComponentKind, str, str | None]]:
    """The components of some environment files, each with its file and application ID."""
    given = []
    for name, text in files.items():
        source = read_source(name, text.encode())
        given.append((find_reader(source).kind, source))
    statements = list(read_folders(given))
    found = Site([source for _, source in given], statements).every(Component)
    return [(component.kind, component.file, component.applid) for component in found]


RSE_KIND, API_KIND = ComponentKind.RSE, ComponentKind.RSE_API


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"rse.env": RSE, "zee.env": OPTIONS.format("-DX=1")}, [(RSE_KIND, "rse.env", "RSEPROD")]),
        ({"zee.env": OPTIONS.format("-DAPPLID=ZEE"), "rse.env": RSE}, [(RSE_KIND, "rse.env", "ZEE")]),
        (
            {"zee.prime.env": "A=PRIME\n" + OPTIONS.format("-DAPPLID=$A"), "zee.env": "A=ZEE\n", "rse.env": RSE},
            [(RSE_KIND, "rse.env", "PRIME")],
        ),
        ({"rse.env": "N=OTHER\n", "zee.env": OPTIONS.format("-DAPPLID=$N")}, [(RSE_KIND, "rse.env", "OTHER")]),
        ({"rse.env": "APPLID=RSEPROD\n", "zee.env": "unset APPLID\n"}, [(RSE_KIND, "rse.env", "FEKAPPL")]),
        ({"a/rse.env": RSE, "b/zee.env": OPTIONS.format("-DAPPLID=ZEE")}, [(RSE_KIND, "a/rse.env", "RSEPROD"),
                                                                           (RSE_KIND, "b/zee.env", "ZEE")]),
        ({"zee.env": "FEL_HLQ=FEL\n"}, []),
        ({"rse.env": RSE, "rseapi.env": "RSEAPI_PORT_HTTP_1=6800\n"}, [(RSE_KIND, "rse.env", "RSEPROD")]),
        (
            {"rse.env": RSE + "N=MINE\n", "rseapi.env": "APPLID=$N\n"},
            [(RSE_KIND, "rse.env", "RSEPROD"), (API_KIND, "rseapi.env", "MINE")],
        ),
        ({"rseapi.env": "APPLID=$N\n"}, [(API_KIND, "rseapi.env", None)]),
        ({"rse.env": "APPLID=A\n", "rsed.envvars": "APPLID=B\n", "zee.env": ""},
         [(RSE_KIND, "rse.env", "A"), (RSE_KIND, "rsed.envvars", "B")]),
    ],
)  # fmt: skip
def test_files_of_a_folder_continue_each_other(
    files: dict[str, str], expected: list[tuple[ComponentKind, str, str | None]]
) -> None:
    assert environment(files) == expected


def test_places_are_in_the_file_they_come_from(lint_texts: Lint) -> None:
    files: dict[str, str | bytes] = {
        "etc/zee.env": '# Extensions\n_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"\n',
        "etc/rse.env": '_RSE_JAVAOPTS="-DAPPLID=FEKAPPL"\n',
    }
    result = lint_texts(files)
    marked = {
        finding.rule.id: (finding.span.file, result.sources[finding.span.file].line(finding.span.line))
        for finding in result.findings
    }
    assert marked["PTK101"] == ("etc/zee.env", '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"')
    assert marked["PTK305"][0] == "etc/zee.env"
    assert set(marked) == {"PTK101", "PTK203", "PTK305"}


def test_options_lost_in_a_later_file_are_told(lint_texts: Lint) -> None:
    result = lint_texts({"rse.env": RSE, "zee.env": '_RSE_JAVAOPTS="-Xmx1g"\n', "FEJJCNFG": "APPLID=RSEPROD\n"})
    (lost,) = (finding for finding in result.findings if finding.rule.id == "PTK302")
    assert (lost.span.file, lost.severity, lost.related[0].span.file) == ("zee.env", ERROR, "rse.env")


# Companions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("applid=MINE\n", ["MINE"]),
        ("  applid : MINE  \n", ["MINE"]),
        ("applid MINE", ["MINE"]),
        ("#applid=MINE\n! applid=MINE\n", []),
        ("APPLID=MINE\n", []),
        ("applid=A\napplid=MINE\n", ["MINE"]),
        ("output=a\\\napplid=B\napplid=MINE\n", ["MINE"]),
        ("applid=\\u0041\n", [None]),
        ("applid=\n", [""]),
        ("applid\n=\n", []),
        ("", []),
    ],
)
def test_code_coverage(text: str, expected: list[str | None]) -> None:
    assert [applid for _, applid in applids("eqahcc.properties", text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CONFIG=DEFAULT\n  SAFJWT_APPLID = MINE\n", ["MINE"]),
        ("safjwt_applid=MINE   the rest\n", ["MINE"]),
        ("* SAFJWT_APPLID=MINE\n# SAFJWT_APPLID=MINE\n", []),
        ("APPLID=MINE\n", []),
        ("APPLID=MINE\nPASSTK=480\n", ["MINE"]),
        ("CONFIG=DEFAULT\nPASSTK\nCONFIG=TWO\nAPPLID=MINE\n", ["HFIAPPL"]),
        ("CONFIG=TWO\nPASSTK=480\n", []),
        ("SAFJWT_APPLID=A\nCONFIG=TWO\nSAFJWT_APPLID=B\nSAFJWT_APPLID=C\n", ["A", "C"]),
        ("SAFJWT_APPLID=A\\#1\n", ["A#1"]),
        ("SAFJWT_APPLID=MINE".ljust(72) + "00010000\n" + "WORK=X".ljust(72) + "00020000\n", ["MINE"]),
    ],
)
def test_common_components(text: str, expected: list[str | None]) -> None:
    assert [applid for _, applid in applids("HFICONFG", text)] == expected


SCHEME = "scheme: httpBasicPassTicket"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SERVICE.format("jobs", "JOBS"), [("jobs", "JOBS")]),
        (f"authentication: {{{SCHEME}, applid: 'JOBS'}}\n", [("", "JOBS")]),
        (f"a: {{{SCHEME}}}\n---\nb: {{{SCHEME}, applid: B}}\n", [("", None), ("", "B")]),
        (f"a: {{{SCHEME}, applid: ''}}\n", [("", None)]),
        (f"a: {{{SCHEME}, applid: }}\n", [("", None)]),
        ("a: {scheme: HTTPBASICPASSTICKET, applid: A}\n", [("", "A")]),
        ("a: {scheme: zoweJwt}\n", []),
        ("a: {scheme: [httpBasicPassTicket]}\n", []),
        (f"d: &d {{{SCHEME}}}\nserviceId: x\na: {{<<: *d, applid: A}}\n", [("x", None), ("x", "A")]),
        (f"d: &d {{applid: D}}\nl: [{{<<: [*d], {SCHEME}}}]\n", [("", "D")]),
        (f"d: &d {{{SCHEME}, applid: D}}\na: *d\nb: *d\n", [("", "D")]),
        (f"&a a: {{b: *a, {SCHEME}}}\n", [("", None)]),
        (
            "apiml.service.authentication.scheme: httpBasicPassTicket\napiml.service.authentication.applid: A\n",
            [("", "A")],
        ),
        ("? [1, 2]\n: {scheme: httpBasicPassTicket, applid: A}\n", [("", "A")]),
        ("", []),
        ("just text", []),
    ],
)
def test_zowe(text: str, expected: list[tuple[str, str | None]]) -> None:
    schemes = site("zowe.yaml", text).every(PassTicketScheme)
    assert [(each.service, each.applid.value if each.applid else None) for each in schemes] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zOSMF:\n  host: a\n  applId: IZUDFLT\n", ["IZUDFLT"]),
        ("zOSMF: {applId: '${ID}'}\n", [None]),
        ("zOSMF: {applId: }\n", []),
        ("zOSMF: IZUDFLT\n", []),
        ("d: &d {applId: A}\nzOSMF: {<<: *d}\n", ["A"]),
        ("apiml.security.zosmf.applid: MINE\n", ["MINE"]),
        ("environments:\n  APIML_SECURITY_ZOSMF_APPLID: MINE\n", []),
    ],
)
def test_zosmf(text: str, expected: list[str | None]) -> None:
    found = [each for each in site("zowe.yaml", text).every(Component) if each.kind is ComponentKind.ZOSMF]
    assert [each.applid for each in found] == expected


@pytest.mark.parametrize("value", ["${APPLID}", "'{{ applid }}'"])
def test_an_applid_that_is_put_in_later_is_not_judged(value: str, lint_texts: Lint) -> None:
    assert (
        told(lint_texts({"s.yaml": SERVICE.format("rse", value), "rse.env": RSE, "FEJJCNFG": "APPLID=RSEPROD\n"})) == []
    )


def test_places_in_yaml_count_characters(encode_ebcdic: Encode) -> None:
    text = '# äöü €\n"ü": {a: "é𝒳", ' + SCHEME + ', "applid":  "J1" }\n'
    for data in (text.encode(), encode_ebcdic(text.replace("€", "x").replace("𝒳", "x"), "IBM-1047")):
        source = read_source("zowe.yaml", data)
        found = Site((source,), find_reader(source).read(source))
        for each, shown in (
            (next(found.every(Setting)), '"applid":  "J1"'),
            (next(found.every(PassTicketScheme)), SCHEME),
        ):
            span = each.span
            assert source.line(span.line)[span.column - 1 : span.end_column - 1] == shown


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\nb: 2\n", ":2:2: "),
        ("\tx", ":1:1: "),
        ("x" * 50 + "\x01", ":1:51: "),
        ("a: 'b", ":1:6: "),
        ("[" * 201, ":1:201: "),
    ],
)
def test_what_is_no_yaml_is_refused_with_the_place(text: str, place: str) -> None:
    with pytest.raises(InputError, match=f"^zowe.yaml{place}") as caught:
        site("zowe.yaml", text)
    assert re.search("not YAML|nested deeper", caught.value.message)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"eqahcc.properties": "applid=FEKAPPL\n"}, [("PTK204", WARNING, "eqahcc.properties")]),
        ({"eqahcc.properties": "applid=rseprod\n"}, [("PTK103", ERROR, "eqahcc.properties")]),
        ({"eqahcc.properties": "applid=RSEPROD\n"}, []),
        ({"etc/debug/eqahcc.properties": "applid=X\n"}, [("PTK204", WARNING, "etc/debug/eqahcc.properties")]),
        ({"rseapi.env": "APPLID=FEKAPPL\n"}, [("PTK204", WARNING, "rseapi.env")]),
        ({"BLZJCNFG": "APPLID=BLZ\n"}, [("PTK204", WARNING, "BLZJCNFG")]),
        ({"HFICONFG": "SAFJWT_APPLID=FEKAPPL\n"}, [("PTK204", WARNING, "HFICONFG")]),
        ({"HFICONFG": "APPLID=HFIAPPL\nPASSTK=1\n"}, []),
        ({"s.yaml": SERVICE.format("rseapi", "FEKAPPL")}, [("PTK204", WARNING, "s.yaml")]),
        ({"s.yaml": SERVICE.format("zosmf", "IZUDFLT")}, []),
        ({"s.yaml": SERVICE.format("tso", "TSOSYS1")}, []),
        ({"s.yaml": SERVICE.format("unix", "OMVSAPPL")}, [("PTK101", WARNING, "s.yaml")]),
        ({"s.yaml": SERVICE.format("batch", "MVSSYS1")}, [("PTK102", WARNING, "s.yaml")]),
        *(({"s.yaml": SERVICE.format(service, "OTHER")}, []) for service in ("cobolparser", "course", "reverse")),
        *(
            ({"s.yaml": SERVICE.format(service, "OTHER")}, [("PTK204", WARNING, "s.yaml")])
            for service in ("rse", "RSEAPI1", "zos-rse", "rse_api")
        ),
        ({"s.yaml": SERVICE.format("jobs", "")}, [("PTK208", ERROR, "s.yaml")]),
        (
            {"a/rse.env": RSE.replace("RSEPROD", "A"), "a/FEJJCNFG": "APPLID=A\n", "a/eqahcc.properties": "applid=A\n"},
            [],
        ),
    ],
)
def test_companions_follow_rse(
    files: dict[str, str | bytes], expected: list[tuple[str, Severity, str]], lint_texts: Lint
) -> None:
    pair: dict[str, str | bytes] = {"rse.env": RSE, "FEJJCNFG": "APPLID=RSEPROD\n"}
    assert told(lint_texts({**pair, **files})) == expected


def test_without_one_rse_nothing_is_compared(lint_texts: Lint) -> None:
    companion: dict[str, str | bytes] = {"c/eqahcc.properties": "applid=OTHER\n"}
    assert told(lint_texts(companion)) == []
    pairs: dict[str, str | bytes] = {}
    for name in ("A", "B"):
        pairs |= {f"{name}/rse.env": RSE.replace("RSEPROD", name), f"{name}/FEJJCNFG": f"APPLID={name}\n"}
    assert told(lint_texts({**pairs, **companion})) == []


def test_a_disagreement_names_both_places_and_the_line_to_write(lint_texts: Lint) -> None:
    files: dict[str, str | bytes] = {"rse.env": RSE, "FEJJCNFG": "APPLID=RSEPROD\n"}
    for name, text, line in (
        ("eqahcc.properties", "applid=X\n", "applid=RSEPROD"),
        ("HFICONFG", "SAFJWT_APPLID=X\n", "SAFJWT_APPLID=RSEPROD"),
        ("s.yaml", SERVICE.format("rse", "X"), "applid: RSEPROD"),
    ):
        (finding,) = lint_texts({**files, name: text}).findings
        assert finding.advice.endswith(line)
        assert finding.related[0].span.file == "rse.env"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, []),
        (frozenset({"FEKAPPL", "RSEPROD"}), []),
        (frozenset({"FEKAPPL"}), [("PTK209", INFO, "rse.env")]),
        (frozenset[str](), [("PTK209", INFO, "rse.env")]),
    ],
)
def test_the_store(stored: frozenset[str] | None, expected: list[tuple[str, Severity, str]], lint_texts: Lint) -> None:
    files: dict[str, str | bytes] = {"rse.env": RSE, "FEJJCNFG": "APPLID=RSEPROD\n"}
    assert told(lint_texts(files, stored=stored)) == expected


# Strange input

NAMES = ["zee.env", "rseapi.env", "eqahcc.properties", "HFICONFG", "zowe.yaml"]
PIECES = [
    "applid",
    "=",
    ":",
    " ",
    "\n",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: ",
    "'",
    '"',
    "\\",
    "#",
    "|\n",
    "---\n",
]
PIECES += [
    "SAFJWT_APPLID=",
    "CONFIG=",
    "scheme: httpBasicPassTicket",
    "serviceId: rse",
    "\t",
    "$APPLID",
    "\u2028",
    "–",
    "? ",
]


@given(st.sampled_from(NAMES), st.lists(st.sampled_from(PIECES), max_size=15).map("".join) | st.text(max_size=60))
def test_any_text(name: str, text: str) -> None:
    result = lint([File("rse.env", RSE.encode()), File(name, text.encode("utf-8", "replace"))])
    for finding in result.findings:
        for span in (finding.span, *(related.span for related in finding.related)):
            source = result.sources[span.file]
            assert 1 <= span.line <= span.end_line <= len(source.starts)
            assert 1 <= span.column <= len(source.line(span.line)) + 1


@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_any_bytes(name: str, data: bytes) -> None:
    lint([File(name, data)])


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 50_000,
        "applid=" * 100_000,
        "a: &a 1\n" * 20_000,
        "x: &x {<<: *x}\n" * 10_000,
        SERVICE.format("a", "B") * 5_000,
        "a=b\\\n" * 100_000,
        "# ptktctl: " * 50_000,
    ],
    ids=lambda text: text[:12].strip(),
)
@pytest.mark.parametrize("name", NAMES[2:])
def test_time_grows_with_the_size(name: str, text: str) -> None:
    started = time.process_time()
    lint([File(name, text.encode())])
    assert time.process_time() - started < 10


def test_kinds_have_names_of_their_own() -> None:
    names = [name for reader in READERS for name in reader.names]
    assert len(names) == len(set(names))
