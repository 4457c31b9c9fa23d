"""The harness of the fuzzer, without the fuzzer."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def harness() -> ModuleType:
    spec = spec_from_file_location("ptktctl_fuzz_harness", Path(__file__).with_name("harness.py"))
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
