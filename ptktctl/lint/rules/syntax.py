"""Whether a file is what its reader takes it for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.lint.directives import DIRECTIVES, PORT
from ptktctl.lint.finding import Certainty, Finding, Related, Rule, Severity, Span
from ptktctl.lint.rules.wording import FEJJCNFG, RSE_ENV, USING_PASSTICKETS, monitor, pair, rse
from ptktctl.lint.site import (
    Comment,
    Component,
    ComponentKind,
    Discard,
    PassTicketScheme,
    Setting,
    SettingKind,
    SlipKind,
)
from ptktctl.lint.source import OddityKind
from ptktctl.lint.typography import PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptktctl.lint.site import Site

APPLID = "APPLID"
APPLID_OPTION = "-DAPPLID"
APPLID_LINE = '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"'

BLANKS_AROUND_EQUALS = Rule(
    id="PTK301",
    slug="blanks-around-equals",
    severity=Severity.ERROR,
    what="A line of rse.env has blanks around its equals sign.",
    why="The shell takes it for a command, not an assignment: the setting has no effect, and the default is in force.",
    bad=(rse(APPLID_LINE, "_RSE_RSED_PORT = 4035"),),
    good=(rse(APPLID_LINE, "_RSE_RSED_PORT=4035"),),
    remedy="Write NAME=value without blanks.",
    source=RSE_ENV,
)


def blanks_around_equals(site: Site) -> Iterator[Finding]:
    """Find assignments that the shell takes for commands."""
    for slip in site.slips(SlipKind.BLANKS_AROUND_EQUALS):
        message = f"blanks around the equals sign: the shell does not set {slip.text}"
        yield BLANKS_AROUND_EQUALS.finding(slip.span, message, f"write {slip.text}=value without blanks")


OPTIONS_DISCARDED = Rule(
    id="PTK302",
    slug="options-discarded",
    severity=Severity.WARNING,
    what="An assignment to _RSE_JAVAOPTS does not begin with $_RSE_JAVAOPTS and so drops the options that were set "
    "before. An error when an APPLID is among them and the new value sets none, else a warning.",
    why="The shell keeps the last value only. When the APPLID is lost, RSE makes PassTickets for another one than its "
    "profiles and JES Job Monitor have, and they are refused.",
    bad=(
        rse(
            '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Xms128m -Xmx512m"',
            '_RSE_JAVAOPTS="-DAPPLID=FEKAPPL"',
        ),
    ),
    good=(
        rse(
            '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Xms128m -Xmx512m"',
            APPLID_LINE,
        ),
    ),
    remedy='Append: _RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dname=value"',
    source='IBM Explorer for z/OS Host Configuration, "Defining extra Java startup parameters with _RSE_JAVAOPTS"',
    certainty=Certainty.INFERRED,
)


def options_discarded(site: Site) -> Iterator[Finding]:
    """Find assignments that lose Java options."""
    for discard in site.every(Discard):
        applids = [option for option in discard.lost if option.name == APPLID_OPTION]
        shown = (applids or discard.lost)[-1]
        more = f" and {len(discard.lost) - 1} more" if len(discard.lost) > 1 else ""
        yield OPTIONS_DISCARDED.finding(
            discard.span,
            f"this drops {shown}{more}, set before",
            'begin the value with what is there: _RSE_JAVAOPTS="$_RSE_JAVAOPTS ..."',
            severity=Severity.ERROR if applids and not discard.sets_applid else Severity.WARNING,
            related=(Related(shown.span, f"{shown} is set here"),),
        )


TYPOGRAPHIC_CHARACTER = Rule(
    id="PTK303",
    slug="typographic-character",
    severity=Severity.ERROR,
    what="A dash, quote, blank or sign of typography stands where the product needs a plain character. An error in a "
    "directive or a command, a warning in a comment or in a command's DATA.",
    why="Text copied from a web page or a word processor holds them, IBM's own pages too. An option after an en dash "
    "is not recognised, a curly quote quotes nothing, and IBM-1047 has no place for most of them.",
    bad=(rse(APPLID_LINE, '_RSE_JAVAOPTS="$_RSE_JAVAOPTS –Ddisplay.users=true"'),),
    good=(rse(APPLID_LINE, '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Ddisplay.users=true"'),),
    remedy="Type the plain character: - ' \" or a blank.",
    source='IBM Explorer for z/OS 3.2, "User exit activation", whose sample line has an en dash',
)
TYPOGRAPHIC_PLACES = {
    SlipKind.TYPOGRAPHIC: "directive",
    SlipKind.TYPOGRAPHIC_IN_COMMENT: "comment",
    SlipKind.TYPOGRAPHIC_IN_STRING: "string",
}


def typographic_character(site: Site) -> Iterator[Finding]:
    """Find typographic characters, at most one a line for its directive and one for its comment."""
    for slip in site.slips(*TYPOGRAPHIC_PLACES):
        import unicodedata

        plain = PLAIN[slip.text]
        name = unicodedata.name(slip.text).lower()
        yield TYPOGRAPHIC_CHARACTER.finding(
            slip.span,
            f"{name} (U+{ord(slip.text):04X}) in a {TYPOGRAPHIC_PLACES[slip.kind]}",
            {"": "delete it", " ": "type a plain blank"}.get(plain, f"type {plain} instead"),
            severity=Severity.ERROR if slip.kind is SlipKind.TYPOGRAPHIC else Severity.WARNING,
        )


APPLID_SPELLING = Rule(
    id="PTK304",
    slug="applid-spelling",
    severity=Severity.WARNING,
    what="Something is spelt nearly like the APPLID directive, such as -Dapplid, -D APPLID, APPL_ID or APPID.",
    why="Names of Java properties, shell variables and directives are taken literally: the setting has no effect, and "
    "another APPLID, or the default, is in force.",
    bad=(rse(APPLID_LINE, '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dapplid=FEKAPPL"'),),
    good=(rse(APPLID_LINE),),
    remedy="Write -DAPPLID=name in _RSE_JAVAOPTS of rse.env, APPLID=name in FEJJCNFG.",
    source=USING_PASSTICKETS + "; names of Java properties are case-sensitive",
    certainty=Certainty.INFERRED,
)
NEARLY_APPLID = ("applid", "appid", "dapplid", "dappid", "rseapplid")


def applid_spelling(site: Site) -> Iterator[Finding]:
    """Find near misses of the APPLID directive."""
    before = None
    for setting in site.every(Setting):
        if is_nearly_applid(setting):
            split = before and (before.name, before.span.file) == ("-D", setting.span.file)
            name = APPLID if setting.kind is SettingKind.DIRECTIVE else APPLID_OPTION
            right = f"{name}={setting.value or 'name'}"
            if setting.kind is SettingKind.VARIABLE:
                right = f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS {right}"'
            message = f"{'-D ' if split else ''}{setting.name.rstrip()} {_is_not(setting, name)}"
            yield APPLID_SPELLING.finding(setting.span, message, f"write {right}")
        before = setting


def _is_not(setting: Setting, name: str) -> str:
    return "has a blank before its value" if setting.name.startswith(name) else f"is not the directive {name}"


def is_nearly_applid(setting: Setting) -> bool:
    """Whether a setting's name is a near miss of the APPLID directive; a property is a name of another product's."""
    directive = APPLID_OPTION if setting.kind is SettingKind.JAVA_OPTION else APPLID
    if setting.kind is SettingKind.PROPERTY or setting.name == directive:
        return False
    return setting.name.isascii() and "".join(filter(str.isalnum, setting.name[:16].lower())) in NEARLY_APPLID


TWO_APPLID_SETTINGS = Rule(
    id="PTK305",
    slug="two-applid-settings",
    severity=Severity.WARNING,
    what="A file sets the APPLID more than once, with different values.",
    why="One of them is in force and the reader of the file sees another: in rse.env an option -DAPPLID wins over a "
    "variable APPLID, and the last of its kind over those before.",
    bad=(
        rse('_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSETEST"', '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=RSEPROD"'),
        monitor("APPLID=RSEPROD"),
    ),
    good=pair("RSEPROD"),
    remedy="Keep one.",
    source="The java command takes the last of two equal -D options; the shell the last assignment",
    certainty=Certainty.INFERRED,
)


def two_applid_settings(site: Site) -> Iterator[Finding]:
    """Find components whose application ID is set to different values."""
    for component in site.every(Component):
        if not component.applids:
            continue
        last = component.applids[-1]
        others = {each.value: each for each in component.applids if each.value not in (last.value, None)}
        if others and last.value is not None:
            unsure = " (not confirmed by IBM's documentation)" if component.kind is not ComponentKind.RSE else ""
            yield TWO_APPLID_SETTINGS.finding(
                last.span,
                f"{last} is in force{unsure}, but the file also has {', '.join(map(str, others.values()))}",
                "keep the one the security profiles are named for",
                related=tuple(Related(each.span, f"{each} has no effect") for each in others.values()),
            )


UNTERMINATED = Rule(
    id="PTK306",
    slug="unterminated",
    severity=Severity.ERROR,
    what="A quote, an expansion, a parenthesis, a here-document or a continued line is never closed.",
    why="The shell refuses the file, or takes the following lines for a part of this one.",
    bad=(rse(APPLID_LINE, '_RSE_ISPF_OPTS="$_RSE_ISPF_OPTS&ISPPROF=&SYSUID..ISPPROF'),),
    good=(rse(APPLID_LINE, '_RSE_ISPF_OPTS="$_RSE_ISPF_OPTS&ISPPROF=&SYSUID..ISPPROF"'),),
    remedy="Close it.",
    source="POSIX.1-2017, Shell Command Language, 2.2 and 2.7.4",
)
OPEN_SLIPS = {
    SlipKind.OPEN_QUOTE: ("this quote is never closed", "close it, or delete it"),
    SlipKind.OPEN_EXPANSION: ("this expansion is never closed", "close it with }"),
    SlipKind.OPEN_PARENTHESIS: ("this parenthesis is never closed", "close it with )"),
    SlipKind.OPEN_HERE_DOCUMENT: (
        "no line ends this here-document",
        "write a line that holds its delimiter only, without blanks",
    ),
    SlipKind.OPEN_CONTINUATION: ("the last line is continued, and none follows", "delete the backslash"),
}


def unterminated(site: Site) -> Iterator[Finding]:
    """Find what is never closed."""
    for slip in site.slips(*OPEN_SLIPS):
        yield UNTERMINATED.finding(slip.span, *OPEN_SLIPS[slip.kind])


COMMENTED_SAMPLE = Rule(
    id="PTK307",
    slug="commented-sample-omvsappl",
    severity=Severity.INFO,
    what="A sample line with OMVSAPPL is still in the file, as a comment.",
    why="Nothing fails. Uncommenting the line unedited, though, selects OMVSAPPL, whose key would serve most z/OS UNIX "
    "applications.",
    bad=(rse('#_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=OMVSAPPL"', APPLID_LINE),),
    good=(rse('#_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID=FEKAPPL"', APPLID_LINE),),
    remedy="Delete the line, or put the APPLID in it that is meant to be used.",
    source=USING_PASSTICKETS + "; the sample line itself is known from practice",
    certainty=Certainty.UNVERIFIED,
)
SAMPLE_BEGINNINGS = ("_RSE_JAVAOPTS=", "export _RSE_JAVAOPTS=", "APPLID=", "export APPLID=")


def commented_sample(site: Site) -> Iterator[Finding]:
    """Find settings of OMVSAPPL that are commented out."""
    for comment in site.every(Comment):
        line = comment.text.lstrip("# \t")
        if "APPLID=OMVSAPPL" in line and line.startswith(SAMPLE_BEGINNINGS):
            message = "a commented sample with OMVSAPPL: uncommenting it unedited would select OMVSAPPL"
            yield COMMENTED_SAMPLE.finding(comment.span, message, "delete it, or put the APPLID in it that you use")


UNKNOWN_DIRECTIVE = Rule(
    id="PTK308",
    slug="unknown-directive",
    severity=Severity.WARNING,
    what="A line of FEJJCNFG holds no directive that JES Job Monitor is known to have.",
    why="The line has no effect, and the default is in force. (The list of directives is not confirmed in full by "
    "IBM's documentation; a newer release may have more.)",
    bad=(monitor("APPLID=FEKAPPL", "LIMIT_COMMAND=NOLIMIT"),),
    good=(monitor("APPLID=FEKAPPL", "LIMIT_COMMANDS=NOLIMIT"),),
    remedy="Spell it as the documentation does, in upper case, with an equals sign.",
    source=FEJJCNFG,
    certainty=Certainty.UNVERIFIED,
)
MOST_PROPOSALS = 25  # each takes a millisecond; a file with more unknown lines is not one of these


def unknown_directive(site: Site) -> Iterator[Finding]:
    """Find directives that are not known; names that begin with an underscore are variables of z/OS UNIX."""
    proposals = 0
    for setting in site.every(Setting):
        if setting.kind is SettingKind.DIRECTIVE and not _is_known(setting):
            proposals += 1
            nearest = _nearest_directive(setting.name) if proposals <= MOST_PROPOSALS else ""
            advice = (
                f"did you mean {nearest}=?" if nearest else "a line is KEYWORD=value, or a comment that begins with #"
            )
            shown = setting.name[:40] or "this line"
            message = f"{shown} is not a directive that JES Job Monitor is known to have"
            yield UNKNOWN_DIRECTIVE.finding(setting.span, message, advice)


def _is_known(setting: Setting) -> bool:
    if setting.value is None:
        return False
    return setting.name in DIRECTIVES or setting.name.startswith("_") or is_nearly_applid(setting)


def _nearest_directive(name: str) -> str:
    from difflib import get_close_matches

    words = name[:40].upper().split()
    return next(iter(get_close_matches(words[0], DIRECTIVES, n=1)), "") if words else ""


BAD_DIRECTIVE_VALUE = Rule(
    id="PTK309",
    slug="bad-directive-value",
    severity=Severity.WARNING,
    what="A directive of FEJJCNFG has a value that it does not take. An error for a port, which is 1 to 65535, else a "
    "warning.",
    why="JES Job Monitor does not start, or uses the default. (Except for the ports, the values are known from "
    "practice and not confirmed in full by IBM's documentation.)",
    bad=(monitor("APPLID=FEKAPPL", "LIMIT_COMMANDS=NONE"),),
    good=(monitor("APPLID=FEKAPPL", "LIMIT_COMMANDS=USERID"),),
    remedy="Use one of the values the message lists.",
    source=FEJJCNFG,
    certainty=Certainty.UNVERIFIED,
)


def bad_directive_value(site: Site) -> Iterator[Finding]:
    """Find values that their directive does not take."""
    for setting in site.every(Setting):
        values = DIRECTIVES.get(setting.name) if setting.kind is SettingKind.DIRECTIVE else None
        if values and setting.value is not None and not values.take(setting.value):
            yield BAD_DIRECTIVE_VALUE.finding(
                setting.span,
                f"{setting.value[:40] or 'nothing'} is no value of {setting.name}",
                f"{setting.name} takes {values}",
                severity=Severity.ERROR if values is PORT else Severity.WARNING,
            )


SEQUENCE_NUMBERS = Rule(
    id="PTK310",
    slug="sequence-numbers",
    severity=Severity.WARNING,
    what="Columns 73 to 80 hold sequence numbers in a file whose reader takes the whole line.",
    why="The number becomes a part of the value, or the shell takes it for a command. (Not confirmed by IBM's "
    "documentation.) Lint reads the file as if the numbers were not there.",
    bad=(
        monitor(
            "APPLID=FEKAPPL".ljust(72) + "00020000",
            "TZ=EST5EDT".ljust(72) + "00030000",
        ),
    ),
    good=(monitor("APPLID=FEKAPPL", "TZ=EST5EDT"),),
    remedy="In ISPF edit: UNNUM, then NUMBER OFF.",
    source="z/OS ISPF Edit and Edit Macros, on sequence numbers",
    certainty=Certainty.INFERRED,
)


def sequence_numbers(site: Site) -> Iterator[Finding]:
    """Find files with sequence numbers, at the first of them."""
    for slip in site.slips(SlipKind.SEQUENCE_NUMBERS):
        message = "sequence numbers in columns 73 to 80: they are taken for a part of the line"
        yield SEQUENCE_NUMBERS.finding(slip.span, message, "in ISPF edit: UNNUM, then NUMBER OFF")


LINE_ENDS_OR_ENCODING = Rule(
    id="PTK311",
    slug="line-ends-or-encoding",
    severity=Severity.WARNING,
    what="A file has CRLF line ends, a byte order mark, NUL characters, or EBCDIC and ASCII mixed. A file all in "
    "EBCDIC (IBM-1047, IBM-037, IBM-273, IBM-500) is right.",
    why="The carriage return, the mark or the NUL becomes a part of a name or a value, so that the line is not "
    "recognised or its value is not what it looks like.",
    bad=(rse(APPLID_LINE + "\r"),),
    good=(rse(APPLID_LINE),),
    remedy="Transfer the file as text and have it converted as a whole: iconv -f IBM-1047 -t UTF-8, dos2unix.",
    source="POSIX.1-2017, Shell Command Language, 2.3: none of these is a blank to the shell",
    certainty=Certainty.INFERRED,
)
ODDITY_ADVICE = {
    OddityKind.BYTE_ORDER_MARK: "save the file as UTF-8 without a byte order mark",
    OddityKind.UTF16: "save the file as UTF-8 without a byte order mark",
    OddityKind.CRLF: "convert the line ends: dos2unix, or transfer the file as text",
    OddityKind.CARRIAGE_RETURN: "convert the line ends, or delete the carriage returns",
    OddityKind.NEXT_LINE: "convert the line ends too: iconv -f IBM-1047 -t UTF-8 leaves them as NEL; tr them to LF",
    OddityKind.ASCII_LINE_ENDS: "convert text and line ends alike: the line end of z/OS UNIX is X'15'",
    OddityKind.MIXED_LINE_ENDS: "make all of them X'15', the line end of z/OS UNIX",
    OddityKind.NUL: "delete them, or make them blanks",
    OddityKind.MIXED_CODE_PAGES: "convert the file as a whole; a part of it was added in another code page",
}


LINE_ENDS = (OddityKind.CRLF, OddityKind.CARRIAGE_RETURN)
INDIFFERENT_SUFFIXES = (".yaml", ".yml", ".properties")
INDIFFERENT_KINDS = (ComponentKind.ZOWE_SERVICE, ComponentKind.ZOSMF, ComponentKind.CODE_COVERAGE)


def line_ends_or_encoding(site: Site) -> Iterator[Finding]:
    """Find files whose line ends or encoding their reader stumbles over, at the first place of each kind."""
    indifferent = _indifferent_to_line_ends(site)
    for source in site.sources:
        for oddity in source.oddities:
            if oddity.kind in LINE_ENDS and source.name in indifferent:
                continue
            span = Span(source.name, oddity.line, oddity.column, oddity.line, oddity.column)
            message = f"the file has {oddity.kind.value}, first here"
            yield LINE_ENDS_OR_ENCODING.finding(span, message, ODDITY_ADVICE[oddity.kind])


def _indifferent_to_line_ends(site: Site) -> set[str]:
    """The files whose reader takes CR and CRLF for line ends.

    YAML does (YAML 1.2.2, 5.4), and so do properties files (java.util.Properties, load); nothing reads a listing.
    """
    files = {source.name for source in site.sources if source.name.lower().endswith(INDIFFERENT_SUFFIXES)}
    files |= {component.file for component in site.every(Component) if component.kind in INDIFFERENT_KINDS}
    files |= {scheme.span.file for scheme in site.every(PassTicketScheme)}
    if site.has_security_definitions():
        from ptktctl.lint.security import Definitions, Origin

        files |= {each.file for each in site.every(Definitions) if each.origin is Origin.LISTING}
    return files


TRAILING_COMMENT = Rule(
    id="PTK312",
    slug="trailing-comment",
    severity=Severity.WARNING,
    what="A line of FEJJCNFG has text after the value of its directive.",
    why="A data line holds one directive and its value; a comment there becomes a part of the value, or spoils it. "
    "(Not confirmed by IBM's documentation.)",
    bad=(monitor("APPLID=FEKAPPL   # as in rse.env"),),
    good=(monitor("# as in rse.env", "APPLID=FEKAPPL"),),
    remedy="Put the comment on a line of its own.",
    source=FEJJCNFG,
    certainty=Certainty.UNVERIFIED,
)


def trailing_comment(site: Site) -> Iterator[Finding]:
    """Find text after values."""
    for slip in site.slips(SlipKind.TRAILING_TEXT):
        comment = slip.text.startswith("#")
        message = f"{'a comment' if comment else 'text'} after the value, which may be taken for a part of it"
        advice = "put it on a line of its own" if comment else "one directive a line; delete what follows the value"
        yield TRAILING_COMMENT.finding(slip.span, message, advice)


UNQUOTED_VALUE = Rule(
    id="PTK314",
    slug="unquoted-value",
    severity=Severity.WARNING,
    what="A line of rse.env gives a variable a value with a blank in it, without quotes.",
    why="To the shell the value ends at the blank, and what follows is a command to run: the option after the blank is "
    "lost, the variable keeps the value it had, and an APPLID set so is not in force.",
    bad=(rse(APPLID_LINE, "_RSE_JAVAOPTS=$_RSE_JAVAOPTS -Ddisplay.users=true"),),
    good=(rse(APPLID_LINE, '_RSE_JAVAOPTS="$_RSE_JAVAOPTS -Ddisplay.users=true"'),),
    remedy='Put quotes around the value: _RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dname=value"',
    source=f"A rule of ptktctl's own: {RSE_ENV}, says that the file is in the syntax of the shell, and POSIX.1-2017, "
    "Shell Command Language, 2.9.1, what that makes of such a line",
    certainty=Certainty.INFERRED,
)


def unquoted_value(site: Site) -> Iterator[Finding]:
    """Find values that end before their line does."""
    for slip in site.slips(SlipKind.UNQUOTED_VALUE):
        message = f"the value ends at the blank: the shell does not set {slip.text} to what this line says"
        advice = f'put quotes around the value: {slip.text}="... -Dname=value"'
        yield UNQUOTED_VALUE.finding(slip.span, message, advice)


UNEXPANDED_VARIABLE = Rule(
    id="PTK315",
    slug="unexpanded-variable",
    severity=Severity.WARNING,
    what="A line of rse.env appends to a variable within single quotes, where the shell does not expand $.",
    why="The variable then holds its own name instead of what it held before: the options that were set before are "
    "lost, an APPLID among them.",
    bad=(rse("_RSE_JAVAOPTS='$_RSE_JAVAOPTS -DAPPLID=FEKAPPL'"),),
    good=(rse(APPLID_LINE),),
    remedy='Use double quotes: _RSE_JAVAOPTS="$_RSE_JAVAOPTS -Dname=value"',
    source=f"A rule of ptktctl's own: {RSE_ENV}, says that the file is in the syntax of the shell, and POSIX.1-2017, "
    "Shell Command Language, 2.2.2, that single quotes keep every character as it is",
    certainty=Certainty.INFERRED,
)


def unexpanded_variable(site: Site) -> Iterator[Finding]:
    """Find variables that are meant to be carried on and are not."""
    for slip in site.slips(SlipKind.UNEXPANDED):
        message = f"single quotes: ${slip.text} is not expanded, and what it held is lost"
        yield UNEXPANDED_VARIABLE.finding(slip.span, message, "use double quotes")


RULES = (
    (BLANKS_AROUND_EQUALS, blanks_around_equals),
    (OPTIONS_DISCARDED, options_discarded),
    (TYPOGRAPHIC_CHARACTER, typographic_character),
    (APPLID_SPELLING, applid_spelling),
    (TWO_APPLID_SETTINGS, two_applid_settings),
    (UNTERMINATED, unterminated),
    (COMMENTED_SAMPLE, commented_sample),
    (UNKNOWN_DIRECTIVE, unknown_directive),
    (BAD_DIRECTIVE_VALUE, bad_directive_value),
    (SEQUENCE_NUMBERS, sequence_numbers),
    (LINE_ENDS_OR_ENCODING, line_ends_or_encoding),
    (TRAILING_COMMENT, trailing_comment),
    (UNQUOTED_VALUE, unquoted_value),
    (UNEXPANDED_VARIABLE, unexpanded_variable),
)
