"""What the commands that print for a host have in common: its product, how the commands are run, the JOB statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptktctl.provision.jobs import Job
    from ptktctl.provision.wanted import Esm

    Function = TypeVar("Function", bound=Callable[..., object])

RACF = "racf"
PRODUCTS = (RACF, "acf2", "top-secret")
FORMS = ("commands", "jcl", "rexx", "tsocmd")
JOB_OPTIONS = {"jobname": "--jobname", "account": "--account", "job_class": "--class", "msgclass": "--msgclass"}


def esm_option(function: Function) -> Function:
    """--esm: the product that keeps the host's security definitions."""
    return click.option(
        "--esm", type=click.Choice(PRODUCTS), default=RACF, show_default=True, help="The host's product."
    )(function)


def job_options(function: Function) -> Function:
    """The JOB statement of --as jcl."""
    for option in (
        click.option("--msgclass", metavar="CLASS", help="Job: where its output goes."),
        click.option("--class", "job_class", metavar="CLASS", help="Job: its class."),
        click.option("--account", metavar="TEXT", help="Job: accounting information, parts separated by commas."),
        click.option("--jobname", metavar="NAME", help="Job: its name; default PTKTPROV."),
    ):
        function = option(function)
    return function


def esm_of(product: str) -> Esm:
    """The product that --esm names."""
    from ptktctl.provision.wanted import Esm

    return dict(zip(PRODUCTS, (Esm.RACF, Esm.ACF2, Esm.TOP_SECRET), strict=True))[product]


def job_of(form: str | None, settings: dict[str, Any]) -> Job:
    """The JOB statement asked for.

    Args:
        settings: the values of `job_options`, perhaps among others.

    Raises:
        InputError: a part of it is wrong, or it was asked for without --as jcl.
    """
    from ptktctl.errors import InputError
    from ptktctl.provision.jobs import DEFAULT_JOBNAME, parse_job

    given = [option for name, option in JOB_OPTIONS.items() if settings[name] is not None]
    if given and form != "jcl":
        raise InputError(f"{given[0]} goes with --as jcl", "no other form has a JOB statement")
    name = settings["jobname"]
    return parse_job(
        DEFAULT_JOBNAME if name is None else name,
        settings["account"] or "",
        settings["job_class"] or "",
        settings["msgclass"] or "",
    )
