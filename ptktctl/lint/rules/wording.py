"""Words and examples that several rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptktctl.errors import InputError
from ptktctl.lint.finding import Example
from ptktctl.lint.site import ComponentKind, SettingKind
from ptktctl.passticket.names import ApplId
from ptktctl.passticket.reserved import reserved

if TYPE_CHECKING:
    from ptktctl.lint.site import Component, Setting

USING_PASSTICKETS = 'IBM Explorer for z/OS, "Using PassTickets"'
RSE_ENV = 'IBM Explorer for z/OS Host Configuration, "rse.env, RSE configuration file"'
FEJJCNFG = 'IBM Explorer for z/OS Host Configuration, "FEJJCNFG, JES Job Monitor configuration file"'


def pair(rse_applid: str = "FEKAPPL", monitor_applid: str = "") -> tuple[Example, Example]:
    """An rse.env and a FEJJCNFG; they agree unless a second APPLID is given."""
    return (
        rse(f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={rse_applid}"'),
        monitor(f"APPLID={monitor_applid or rse_applid}"),
    )


def rse(*lines: str) -> Example:
    """An rse.env with some lines."""
    return Example("rse.env", "".join(f"{line}\n" for line in ("_RSE_JMON_PORT=6715", *lines)))


def monitor(*lines: str) -> Example:
    """A FEJJCNFG with some lines."""
    return Example("FEJJCNFG", "".join(f"{line}\n" for line in ("SERV_PORT=6715", *lines)))


def applid_line(component: Component, applid: str) -> str:
    """The line that gives a component an application ID."""
    if component.kind is ComponentKind.RSE:
        return f'_RSE_JAVAOPTS="$_RSE_JAVAOPTS -DAPPLID={applid}"'
    if component.kind is not ComponentKind.JES_JOB_MONITOR and component.applids:
        return property_line(component.applids[-1], applid)
    return f"APPLID={applid}"


def property_line(setting: Setting, value: str) -> str:
    """A companion's setting with another value, in the syntax of its file: a colon in YAML."""
    in_yaml = setting.kind is SettingKind.PROPERTY and setting.span.file.lower().endswith((".yaml", ".yml"))
    return f"{setting.name}: {value}" if in_yaml else f"{setting.name}={value}"


def uses_applid(component: Component) -> str:
    """Which application ID a component uses, as a sentence without its period."""
    default = "" if component.applids else " (the default)"
    return f"{component.kind.value} uses APPLID {component.applid}{default}"


def is_applid(text: str) -> bool:
    """Whether a text, in any case, is an application ID."""
    try:
        ApplId.parse(text)
    except InputError:
        return False
    return True


def is_sound(applid: str) -> bool:
    """Whether an application ID is one that can be recommended: well-formed, and not standing for something else."""
    return is_applid(applid) and reserved(ApplId.parse(applid)) is None


def port_line(component: Component, port: str) -> str:
    """The line that tells a component the port of JES Job Monitor."""
    return f"_RSE_JMON_PORT={port}" if component.kind is ComponentKind.RSE else f"SERV_PORT={port}"
