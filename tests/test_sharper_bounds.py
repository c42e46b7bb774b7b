"""The table of bounds before and after, as docs/prover.md shows it and the script computes it."""

import importlib.util
import re

import numpy as np
import pytest

from .link_tree import ROOT

pytest.importorskip("sklearn")
NUMBERS = re.compile(
    r"^\| (?P<name>[^|]+) \| (?P<weights>ω[^|]+) \| (?P<ratios>[0-9,.| ]+) \|$", re.M
)


@pytest.fixture(scope="module")
def script():
    """Return benchmarks/sharper_bounds.py as a module."""
    path = ROOT / "benchmarks" / "sharper_bounds.py"
    spec = importlib.util.spec_from_file_location("sharper_bounds", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(script):
    """Return the rows, computed."""
    return list(script.rows())


def test_table_in_the_guide_is_what_the_script_prints(rows):
    """The same networks and weights; ratios within 5 %, since training rounds as it likes."""
    guide = (ROOT / "docs" / "prover.md").read_text(encoding="utf-8")
    shown = list(NUMBERS.finditer(guide))
    assert [(m["name"], m["weights"]) for m in shown] == [(r.name, r.weights) for r in rows]
    for match, row in zip(shown, rows, strict=True):
        ratios = [float(x.replace(",", "")) for x in match["ratios"].split("|")]
        np.testing.assert_allclose(ratios, row[2:], rtol=5e-2, atol=0, err_msg=row.name)


def test_sharper_bounds_are_sharper_and_hold(rows):
    """Each bound is above its trace, and the sharper form is below the plain one."""
    for row in rows:
        assert 1 <= row.sharp < row.plain, row
        assert 1 <= row.sharp_squared < row.plain_squared, row


def test_quantities_are_those_of_the_network(script):
    """The script's H_AA and tr H² are the runtime's, which the dense Hessian does not compute."""
    import hessbound as hb

    q = script.QUANTITIES
    for example in list(script.examples())[2:]:
        weights = np.linspace(0.5, 2, len(example.y))
        numbers = script.Trained(example, weights)
        s = hb.sharpness(example.net, example.X, example.y, sample_weight=weights)
        hidden = numbers.number(q.part(q.H, "A", "A").trace())
        np.testing.assert_allclose(hidden, s.trace_hidden, rtol=1e-9, atol=1e-9)
        squared = numbers.number((q.H @ q.H).trace())
        np.testing.assert_allclose(squared, s.trace_squared, rtol=1e-12, atol=0)
