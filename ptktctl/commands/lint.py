"""`ptktctl lint`: fetches the files, and tells what is wrong with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from ptktctl.commands.answer import Answer
from ptktctl.commands.parameter_types import APPLID, FILE
from ptktctl.commands.parameters import command
from ptktctl.commands.rewriting import read_whole
from ptktctl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptktctl.commands.context import Context
    from ptktctl.lint.configuration import Configuration
    from ptktctl.lint.fixes import Plan
    from ptktctl.lint.result import File, Result
    from ptktctl.passticket.names import ApplId

FORMATS = ("auto", "text", "concise", "json", "jsonl", "sarif", "github")
# As ptktctl.lint.readers has them, which is not imported for --help; a test holds them equal.
KINDS = (
    *("rse-env", "zee-env", "rseapi-env", "job-monitor", "eqahcc", "hficonfg", "zowe"),
    *("irrdbu00", "rlist", "racf-commands", "acf2-commands", "top-secret-commands"),
)


class Request:
    """What was asked for: the options. Not a NamedTuple, whose making would take as long as that of all the options."""

    paths: tuple[str, ...]
    kind: str | None
    stdin_filename: str | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    no_ignore: bool
    baseline: str | None
    write_baseline: bool
    with_store: bool
    fail_on: str
    exit_zero: bool
    output_file: str | None
    verbose: bool
    fix: bool
    set_applid: ApplId | None
    diff: bool
    map: bool

    def __init__(self, options: dict[str, Any]) -> None:
        vars(self).update(options)


@command(
    "lint",
    formats=FORMATS,
    examples="""
        ptktctl lint rse.env FEJJCNFG
        ptktctl lint --as job-monitor --fail-on error - < jmon.txt
        ptktctl lint --format sarif --output-file lint.sarif .
    """,
)
@click.argument("paths", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--as", "kind", type=click.Choice(KINDS), help="What the files are, instead of detecting it.")
@click.option("--stdin-filename", type=FILE, help="What to call standard input, and to tell its kind by.")
@click.option("--select", multiple=True, metavar="RULES", help="Ask only these: PTK201,PTK3,omvsappl.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Ask all but these.")
@click.option("--no-ignore", is_flag=True, help="Tell also what comments, .ptktctl.toml and --baseline keep quiet.")
@click.option("--baseline", type=FILE, help="Tell only what is not in this file.")
@click.option("--write-baseline", is_flag=True, help="Put all there is now into that file.")
@click.option("--with-store", is_flag=True, help="Compare with the APPLIDs defined here.")
@click.option(
    "--fail-on",
    type=click.Choice(("error", "warning", "info")),
    default="warning",
    show_default=True,
    help="End with status 1 if a finding is as bad as this.",
)
@click.option("--exit-zero", is_flag=True, help="End with status 0 whatever is found.")
@click.option("--output-file", type=FILE, help="Write the report there instead.")
@click.option("--fix", is_flag=True, help="Mend in the files what needs no decision.")
@click.option(
    "--set-applid",
    type=APPLID,
    help="Give RSE and what has to agree with it this APPLID, in all configuration files given.",
)
@click.option("--diff", is_flag=True, help="Show what --fix or --set-applid would change, and change nothing.")
@click.option("--map", is_flag=True, help="Draw who uses which APPLID, and its profiles, instead of the findings.")
@click.option("-v", "--verbose", is_flag=True, help="Say with each finding how it shows at run time.")
def lint(context: Context, **options: Any) -> Answer:
    """Find what will make PassTickets fail, or serve more than they should.

    FILE is a configuration file (rse.env, FEJJCNFG and their relatives, eqahcc.properties, HFICONFG, zowe.yaml), text
    with commands for RACF, ACF2 or Top Secret, a listing, or an IRRDBU00 unload; recognised by its name, else by its
    content, in ASCII or EBCDIC. - is standard input. Of a folder, all such files are taken, whatever --as says.

    A comment "ptktctl: ignore[PTK403] reason" on a line or above it keeps a rule quiet there. The file .ptktctl.toml,
    here or in a folder above, holds what the site has decided. The format is text, or github in a GitHub workflow.
    """
    request = Request(options)
    _check(request)
    configuration = None if request.no_ignore else _configuration()
    result = _lint(context, request, configuration)
    if request.diff:
        return _show_changes(context, request, result)
    done = True
    if request.fix or request.set_applid:
        done = _change_files(context, request, result)
        result = _lint(context, request, configuration)
    _tell_problems(context, result)
    if request.write_baseline and request.baseline:
        result = _write_baseline(context, request.baseline, result)
    return _answer(context, request, result, done=done)


def _check(request: Request) -> None:
    if request.write_baseline and not request.baseline:
        raise InputError("--write-baseline needs to know where", "add --baseline FILE")
    if not (request.fix or request.set_applid):
        if request.diff:
            raise InputError("--diff shows a change, and none is asked for", "it needs --fix or --set-applid")
        return
    if request.fix and request.set_applid:
        raise InputError("--fix and --set-applid change the same files", "give one after the other")
    if "-" in request.paths:
        raise InputError("what is to be changed has to be a file, not standard input")


def _lint(context: Context, request: Request, configuration: Configuration | None) -> Result:
    """All there is to tell, but for what the configuration and the baseline keep quiet."""
    from ptktctl.lint import engine

    result = engine.lint(
        _files(context, request),
        request.kind,
        _rules(request, configuration),
        heed_comments=not request.no_ignore,
        stored=_stored(context) if request.with_store else None,
    )
    if not result.sources and not result.problems:
        result = result._replace(problems=result.passed_over, passed_over=())
    if not result.sources and not result.problems:
        raise InputError(f"{', '.join(request.paths)}: no file there that lint knows", "name a file, and --as KIND")
    if not result.sources:
        first = result.problems[0]
        raise InputError("; ".join(problem.message for problem in result.problems), first.hint)
    if configuration:
        from ptktctl.lint.configuration import apply

        result = apply(result, configuration)
    if request.baseline and not request.write_baseline and not request.no_ignore:
        from ptktctl.lint import baseline

        known = baseline.parse(request.baseline, read_whole(request.baseline))
        result = baseline.without_known(result, known, _folder(request.baseline))
    return result


def _files(context: Context, request: Request) -> Iterable[File | InputError]:
    from ptktctl.commands.lint_files import STDIN_NAME, fetch

    return fetch(context, request.paths, request.stdin_filename or STDIN_NAME)


def _configuration() -> Configuration | None:
    """What .ptktctl.toml says, of the working folder or of the nearest folder above it that has one."""
    folder = os.getcwd()
    while not os.path.isfile(path := os.path.join(folder, ".ptktctl.toml")):
        if folder == (folder := os.path.dirname(folder)):
            return None
    from ptktctl.lint.configuration import parse

    return parse(path, read_whole(path))


def _rules(request: Request, configuration: Configuration | None) -> frozenset[str] | None:
    """The rules to ask: --select stands in for that of the configuration, --ignore adds to it."""
    select, ignore = _names(request.select), _names(request.ignore)
    if configuration:
        select, ignore = select or [*configuration.select], [*ignore, *configuration.ignore]
    if not select and not ignore:
        return None
    from ptktctl.lint.rules import choose_rules

    return choose_rules(select, ignore)


def _names(given: Iterable[str]) -> list[str]:
    """The rules named by an option that may be repeated and takes several, separated by commas."""
    return [name for each in given for name in each.split(",") if name.strip()]


def _stored(context: Context) -> frozenset[str]:
    """The APPLIDs defined in the store."""
    from ptktctl.store.definitions import Definitions

    return frozenset(application.applid.value for application in Definitions.load(context.places().definitions))


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))


def _write_baseline(context: Context, path: str, result: Result) -> Result:
    """Put all findings into a baseline; none is left to tell."""
    from ptktctl.commands.rewriting import write_whole
    from ptktctl.lint import baseline

    write_whole(path, baseline.render(result, _folder(path)).encode())
    number = len(result.findings)
    context.note(f"{path}: {number} finding{'' if number == 1 else 's'} will not be told again")
    return result._replace(findings=(), known=number)


def _plan(request: Request, result: Result) -> Plan:
    from ptktctl.lint.fixes import plan_applid, plan_fixes

    return plan_applid(result, request.set_applid) if request.set_applid else plan_fixes(result)


def _change_files(context: Context, request: Request, result: Result) -> bool:
    """Change the files; whether none is left that would have to have another APPLID."""
    from ptktctl.commands.lint_fixes import rewrites, write

    plan = _plan(request, result)
    # All of them are worked out before the first is written.
    changed = list(rewrites(context, result, plan))
    for rewrite in changed:
        write(context, rewrite)
    return not request.set_applid or (len(changed) == len(plan.changes) and not plan.left)


def _show_changes(context: Context, request: Request, result: Result) -> Answer:
    """What would change, as diffs; the answer is no when something would."""
    from ptktctl.commands.lint_fixes import diff, rewrites

    _tell_problems(context, result)
    diffs = {rewrite.file: diff(rewrite) for rewrite in rewrites(context, result, _plan(request, result))}
    members = {"files": [{"file": file, "diff": text} for file, text in diffs.items()]}
    text = "\n".join(diffs.values())
    status = InputError.exit_status if result.problems else int(bool(diffs) and not request.exit_zero)
    forms = dict.fromkeys(FORMATS, lambda: text)
    return Answer("lint-diff/1", members, exit_status=status, forms=forms, file=request.output_file)


def _tell_problems(context: Context, result: Result) -> None:
    if not result.problems and not result.passed_over:
        return
    from ptktctl.lint.reports.text import printable

    # A file's name may hold what a terminal would obey.
    for error in result.passed_over:
        context.note(f"ptktctl: passed over: {printable(error.message)}")
    for problem in result.problems:
        context.note(f"ptktctl: {printable(problem.message)}")
        if problem.hint:
            context.note(f"hint: {printable(problem.hint)}")


def _answer(context: Context, request: Request, result: Result, *, done: bool) -> Answer:
    from ptktctl.lint.finding import Severity
    from ptktctl.lint.reports import json

    members = json.members(result)
    if request.map:
        from ptktctl.lint.reports import map as site_map

        members["map"] = site_map.members(result)
    failed = not request.exit_zero and (not done or result.reaches(Severity[request.fail_on.upper()]))
    status = InputError.exit_status if result.problems else int(failed)
    forms = _forms(context, request, result)
    return Answer(json.SCHEMA, members, exit_status=status, forms=forms, file=request.output_file)


def _forms(context: Context, request: Request, result: Result) -> dict[str, Callable[[], str]]:
    """The report in each format but JSON, made when it is asked for."""
    from ptktctl.lint.reports import json, text

    color = not request.output_file and context.colored(context.stdout)

    def sarif() -> str:
        from ptktctl.lint.reports import sarif

        return sarif.render(result, os.getcwd())

    def github() -> str:
        from ptktctl.lint.reports import github

        return github.render(result)

    def drawn() -> str:
        from ptktctl.lint.reports import map as site_map

        return f"{site_map.render(result)}\n\n{text.summary(result)}"

    def people() -> str:
        return text.render(result, color=color, verbose=request.verbose)

    def concise() -> str:
        return text.render_concise(result, color=color)

    forms = {"jsonl": lambda: json.render_lines(result), "sarif": sarif, "github": github}
    if result.sources:
        forms |= {"text": drawn, "concise": drawn} if request.map else {"text": people, "concise": concise}
    return forms
