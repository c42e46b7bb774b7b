"""Fixtures that tests share; Hypothesis draws the same examples in every run."""

import pytest
from hypothesis import settings

import hessbound as hb

from . import cases

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("repeatable")


@pytest.fixture(params=hb.activations())
def activation(request):
    """Each activation that has kernels."""
    return request.param


@pytest.fixture(params=cases.CASES, ids=lambda case: case.name)
def case(request):
    """Each of the shared shapes."""
    return request.param


@pytest.fixture
def problem(case, activation):
    """A network with samples, for each case and activation."""
    return cases.problem(case, activation)


@pytest.fixture
def reference(case, activation):
    """What the independent oracle says of that problem."""
    return cases.reference(case, activation)


def pytest_terminal_summary(terminalreporter):
    """Print the counts of the mutants, which the last of their tests records."""
    for report in terminalreporter.getreports("passed"):
        for name, counts in report.user_properties:
            if name == "mutants":
                terminalreporter.section("mutants of the claims")
                terminalreporter.write_line(counts)
