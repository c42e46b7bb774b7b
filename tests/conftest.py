"""Fixtures that tests share; Hypothesis draws the same examples in every run."""

import inspect
import random
import secrets

import pytest
from hypothesis import settings

import hessbound as hb
from hessbound.engine import _kernels

from . import cases, schedule

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=25)
settings.load_profile("repeatable")


def pytest_addoption(parser):
    """Let a run be repeated, and let it look at everything."""
    group = parser.getgroup("hessbound")
    group.addoption("--seed", type=int, help="of what is sampled; another one for each run")
    group.addoption(
        "--everything", action="store_true", help="look at all of what is otherwise sampled"
    )


def pytest_configure(config):
    """Draw the seed of this run, or take it over from the process that shares the tests out."""
    vars(config.option).update(getattr(config, "workerinput", {}).get("sampling", {}))
    if config.option.seed is None:
        config.option.seed = secrets.randbelow(10**6)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a process of xdist, which parses no options of ours, what is sampled."""
    option = node.config.option
    node.workerinput["sampling"] = {"seed": option.seed, "everything": option.everything}


def pytest_report_header(config):
    """Say how to repeat this run."""
    return f"what is sampled: --seed {config.option.seed}"


class Each(str):
    """The name of an activation, where a test runs for each of them."""

    __slots__ = ()


def shortest_code():
    """Name one activation of each set of kernels: what holds for all, need not be seen in all."""
    modules = {name: _kernels.module(f"activations.{name}") for name in hb.activations()}
    length = {name: len(inspect.getsource(x)) for name, x in modules.items()}
    kinds = {x.KERNELS for x in modules.values()}
    return {
        min((n for n, x in modules.items() if kind == x.KERNELS), key=length.get) for kind in kinds
    }


def pytest_collection_modifyitems(config, items):
    """Run all cases of a test for one activation of each set of kernels, one for every other."""
    whole, seen, left = shortest_code(), set(), []
    for item in items:
        name = item.callspec.params.get("activation") if hasattr(item, "callspec") else None
        key = item.location[0], item.originalname, name
        if isinstance(name, Each) and str(name) not in whole and key in seen:
            left.append(item)
        seen.add(key)
    if left:
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left)
    items[:] = schedule.in_order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let processes begin at either end, unless another way to share is asked for."""
    if config.option.dist != "load":
        return None
    config.option.loadscopereorder = False
    return schedule.two_ends()(config, log)


@pytest.fixture(scope="session")
def sampled(request):
    """Return a function that chooses what this run looks at: so many by its seed, or everything."""
    seed, everything = (request.config.getoption(name) for name in ("seed", "everything"))

    def choose(found, most, name):
        found = list(found)
        few = not everything and len(found) > most
        return random.Random(f"{name} {seed}").sample(found, most) if few else found

    return choose


@pytest.fixture(params=[Each(name) for name in hb.activations()])
def activation(request):
    """Each activation that has kernels."""
    return str(request.param)


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
    """Print the counts of what was made wrong, which the last tests of a module record."""
    for report in terminalreporter.getreports("passed"):
        for name, counts in report.user_properties:
            terminalreporter.section(name)
            terminalreporter.write_line(counts)
