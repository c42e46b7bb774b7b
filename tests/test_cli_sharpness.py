"""`hessbound sharpness` computes what the library does, and refuses bad files in one line."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose
from typer.testing import CliRunner

import hessbound as hb
from hessbound import demo as demonstration
from hessbound.cli import app

ANY = hb.activations()[0]
HEADER = "age,size,y,weight\n"
ROWS = "1.5,-2,0,1\n0.5,3e-1,1,2\n\n-1,.25,0.5,0.5\n"
X = np.array([[1.5, -2.0], [0.5, 0.3], [-1.0, 0.25]])
Y = np.array([0.0, 1.0, 0.5])
WEIGHT = np.array([1.0, 2.0, 0.5])


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Save a network and a table in the working directory; return the network."""
    monkeypatch.chdir(tmp_path)
    net = hb.Network([[0.1, 1.0, -0.5], [0.3, 0.2, 2.0]], [0.1, 1.0, -2.0], activation=ANY)
    net.save("net.npz")
    (tmp_path / "table.csv").write_text(HEADER + ROWS)
    return net


def run(*options):
    """Run the sub-command in this process."""
    return CliRunner().invoke(app, ["sharpness", *options], env={"COLUMNS": "100"})


def on_files(*options):
    """Run it on the fixture's files."""
    return run("--model", "net.npz", "--data", "table.csv", "--label", "y", *options)


def refusal(result):
    """Return the one line on standard error with which a run ended."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


def test_json(files):
    """--json prints exactly Sharpness.to_dict()."""
    result = on_files("--weight", "weight", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    s = hb.sharpness(files, X, Y, sample_weight=WEIGHT)
    assert json.loads(result.stdout) == s.to_dict()


def test_table(files):
    """Without --json the same numbers come as a table."""
    result = on_files("--weight", "weight", "--reduction", "mean")
    assert result.exit_code == 0
    s = hb.sharpness(files, X, Y, sample_weight=WEIGHT, reduction="mean")
    assert result.stdout == f"{s}\n"


def test_eigenvalues(files):
    """--eigenvalues adds a second table, or a key of the JSON, with what the library computes."""
    found = hb.extreme_eigenvalues(files, X, Y, sample_weight=WEIGHT)
    s = hb.sharpness(files, X, Y, sample_weight=WEIGHT)
    options = ("--weight", "weight", "--eigenvalues")
    assert on_files(*options).stdout == f"{s}\n\n{found}\n"
    values = json.loads(on_files(*options, "--json").stdout)
    assert values == s.to_dict() | {"eigenvalues": found.to_dict()}


def test_eigenvalues_that_do_not_converge(files, monkeypatch):
    """A run of Lanczos that fails ends with one line, as bad input does."""

    def fails(*_, **__):
        message = "Lanczos has not converged"
        raise RuntimeError(message)

    monkeypatch.setattr("hessbound.cli.sharpness.extreme_eigenvalues", fails)
    line = refusal(on_files("--weight", "weight", "--eigenvalues"))
    assert line == "error: Lanczos has not converged"


def test_batch(files):
    """A file with a batch of networks gives ranges, or lists in JSON."""
    A, w = np.stack([files.A, 2 * files.A]), np.stack([files.w, files.w])
    hb.Network(A, w, activation=ANY).save("net.npz")
    values = json.loads(on_files("--weight", "weight", "--json").stdout)
    expected = hb.sharpness(files, X, Y, sample_weight=WEIGHT)
    assert values["largest_upper"][0] == expected.largest_upper
    assert "batch of shape (2,)" in on_files("--weight", "weight").stdout


def test_spreadsheet_export(files):
    """A byte-order mark, Windows line ends, quotes and spaces are read as meant."""
    text = '"age", size ,y,weight\r\n"1.5", -2,0,1\r\n0.5,0.3,1,2\r\n-1,0.25,0.5,0.5\r\n\r\n'
    with open("table.csv", "w", encoding="utf-8-sig", newline="") as file:
        file.write(text)
    result = on_files("--weight", "weight", "--json")
    s = hb.sharpness(files, X, Y, sample_weight=WEIGHT)
    assert json.loads(result.stdout) == s.to_dict()


BAD_TABLES = {
    "text": (
        HEADER + ROWS + "1,abc,0,1\n",
        "table.csv, line 6, column 'size': must be a finite number, got 'abc'",
    ),
    "an empty cell": (
        HEADER + "1,,0,1\n",
        "table.csv, line 2, column 'size': must be a finite number, got ''",
    ),
    "NaN": (
        HEADER + "nan,1,0,1\n",
        "table.csv, line 2, column 'age': must be a finite number, got 'nan'",
    ),
    "infinity": (
        HEADER + "1,-inf,0,1\n",
        "table.csv, line 2, column 'size': must be a finite number, got '-inf'",
    ),
    "a Python number": (
        HEADER + "1,1_000,0,1\n",
        "table.csv, line 2, column 'size': must be a finite number, got '1_000'",
    ),
    "a label out of range": (
        HEADER + "1,1,2,1\n",
        "table.csv, line 2, column 'y': a label must be a number in [0, 1], got '2'",
    ),
    "labels 1 and 2": (
        HEADER + "1,1,1,1\n\n1,1,2,1\n1,1,1,1\n",
        "table.csv, line 4, column 'y': a label must be a number in [0, 1], got '2'; "
        "write 0 for 1 and 1 for 2",
    ),
    "labels -1 and 1": (
        HEADER + "1,1,1,1\n1,1,-1,1\n",
        "table.csv, line 3, column 'y': a label must be a number in [0, 1], got '-1'; "
        "write 0 for -1 and 1 for 1",
    ),
    "semicolons": (
        (HEADER + ROWS).replace(",", ";"),
        "table.csv must have commas between its cells, but line 1 has ';'; convert it, for "
        "example by pandas.read_csv(path, sep=';') and to_csv(path, index=False)",
    ),
    "tabs": (
        (HEADER + ROWS).replace(",", "\t"),
        "table.csv must have commas between its cells, but line 1 has '\\t'; convert it, for "
        "example by pandas.read_csv(path, sep='\\t') and to_csv(path, index=False)",
    ),
    "a word for a label": (
        HEADER + "1,1,yes,1\n",
        "table.csv, line 2, column 'y': a label must be a number in [0, 1], got 'yes'",
    ),
    "a negative weight": (
        HEADER + "1,1,1,-1\n",
        "table.csv, line 2, column 'weight': "
        "a weight must be a finite number, not negative, got '-1'",
    ),
    "a short row": (
        HEADER + ROWS + "1,2,1\n",
        "table.csv, line 6 has 3 cells, but the header has 4",
    ),
    "a long row": (HEADER + "1,2,1,1,1\n", "table.csv, line 2 has 5 cells, but the header has 4"),
    "no label column": (
        "age,size,label,weight\n" + ROWS,
        "table.csv has no column 'y'; it has age, size, label, weight",
    ),
    "no weight column": (
        "age,size,y,mass\n" + ROWS,
        "table.csv has no column 'weight'; it has age, size, y, mass",
    ),
    "a misspelt column": (
        "age,size,Y,weight\n" + ROWS,
        "table.csv has no column 'y'; it has age, size, Y, weight; did you mean 'Y'?",
    ),
    "a column twice": ("age,age,y,weight\n" + ROWS, "table.csv has two columns 'age'"),
    "no header": (ROWS, "table.csv has no header row: line 1 holds only numbers"),
    "no rows": (HEADER, "table.csv holds no samples, only a header row"),
    "nothing": ("", "table.csv is empty: it needs a header row with the columns' names"),
    "an open quote": (HEADER + '"1,2,1,1\n', "table.csv, line 2: unexpected end of data"),
    "another number of columns": (
        "age,y,weight\n1,0,1\n",
        "net.npz has 2 inputs, but table.csv has 1 besides label and weight: age",
    ),
    "weights of zero": (
        HEADER + "1,1,1,0\n",
        "sample_weight must have a positive and finite sum, got 0.0",
    ),
}


@pytest.mark.parametrize("bad", BAD_TABLES)
def test_bad_tables(files, bad):
    """Each fault of a table ends with exit code 2 and one line: file, line and column."""
    text, expected = BAD_TABLES[bad]
    with open("table.csv", "w") as file:
        file.write(text)
    assert refusal(on_files("--weight", "weight")) == f"error: {expected}"


def test_features_in_another_order(files):
    """A model that knows its features' names refuses a table with others, or another order."""
    names = ["age", "size"]
    net = hb.Network(files.A, files.w, activation=ANY, feature_names=names)
    net.save("net.npz")
    options = ("--weight", "weight", "--json")
    assert json.loads(on_files(*options).stdout)["trace"] == hb.trace(
        net, X, Y, sample_weight=WEIGHT
    )
    with open("table.csv", "w") as file:
        file.write("size,age,y,weight\n" + ROWS)
    assert refusal(on_files("--weight", "weight")) == (
        "error: table.csv must have the features of net.npz in the same order: "
        "column 1 must be 'age', got 'size'"
    )
    with open("table.csv", "w") as file:
        file.write("age,size,y,mass\n" + ROWS)
    assert refusal(on_files()) == (
        "error: table.csv must have the features of net.npz: unknown 'mass'"
    )


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "cp437"])
def test_letters_that_a_terminal_does_not_have(files, encoding):
    """They are written as code points; what a terminal has is written as it is."""
    code = "from hessbound.cli import main; main()"
    options = ("--model", "net.npz", "--data", "table.csv", "--label", "y", "--weight", "weight")
    done = subprocess.run(
        [sys.executable, "-c", code, "sharpness", *options],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )
    text = done.stdout.decode(encoding)
    assert "tr H²" in text
    assert "\\u2016H\\u2016_F" in text


def test_other_encoding(files):
    """A table that is not UTF-8 is refused as such."""
    with open("table.csv", "wb") as file:
        file.write(b"gr\xf6sse,y\n1,0\n")
    line = refusal(on_files())
    assert line.startswith("error: table.csv is not UTF-8 text: ")


def test_bad_model(files):
    """What Network.load refuses, the command refuses in the same words."""
    np.savez("net.npz", A=np.ones((1, 3)), w=np.ones(2))
    assert refusal(on_files()) == (
        "error: net.npz must hold the arrays A, w, activation and at most loss, feature_names; "
        "it holds A, w"
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "give --model, --data and --label, or --demo; see hessbound sharpness --help"),
        (
            ("--model", "net.npz", "--data", "table.csv"),
            "give --model, --data and --label, or --demo; see hessbound sharpness --help",
        ),
        (("--demo", "--model", "net.npz"), "--demo brings its own model and data"),
        (
            ("--demo", "--eigenvalues"),
            "--demo computes eigenvalues anyway; leave out --eigenvalues",
        ),
        (
            ("--model", "no.npz", "--data", "table.csv", "--label", "y"),
            "no.npz: No such file or directory",
        ),
        (
            ("--model", "net.npz", "--data", "no.csv", "--label", "y"),
            "no.csv: No such file or directory",
        ),
        (
            ("--model", "net.npz", "--data", ".", "--label", "y"),
            ".: Is a directory",
        ),
        (
            ("--model", "net.npz", "--data", "table.csv", "--label", "y", "--weight", "y"),
            "label and weight must be different columns, got 'y' for both",
        ),
    ],
)
def test_bad_usage(files, options, expected):
    """Missing or contradictory options, and files that cannot be read, end with exit code 2."""
    assert refusal(run(*options)) == f"error: {expected}"


def test_unknown_reduction(files):
    """The option's choices are checked before any file is read."""
    result = on_files("--reduction", "avg")
    assert result.exit_code == 2
    assert "'sum'" in result.stderr
    assert "'mean'" in result.stderr


def test_help_teaches():
    """--help names every option and shows a command to copy."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", run("--help").stdout)
    options = (
        "--model",
        "--data",
        "--label",
        "--weight",
        "--reduction",
        "--json",
        "--demo",
        "--eigenvalues",
    )
    assert all(option in text for option in options)
    assert "hessbound sharpness --model net.npz --data train.csv --label y" in text


def test_exit_code_of_the_process(files):
    """The installed entry point hands the code to the shell, without a traceback."""
    code = "from hessbound.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "sharpness"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: give --model")
    assert "Traceback" not in done.stderr


needs_tanh = pytest.mark.skipif("tanh" not in hb.activations(), reason="no kernels for tanh")


@needs_tanh
def test_demo():
    """The demonstration brackets the exact eigenvalues of a network trained on a real table."""
    pytest.importorskip("sklearn")
    demo = demonstration.run()
    s, exact = demo.sharpness, demo.eigenvalues
    assert len(exact) == s.n_parameters == demo.net.n_parameters
    assert s.largest_lower <= exact[-1] <= s.largest_upper
    assert s.smallest_lower <= exact[0] <= s.smallest_upper
    assert_allclose(s.trace, exact.sum(), rtol=1e-11, atol=0)
    assert_allclose(s.trace_squared, (exact**2).sum(), rtol=1e-11, atol=0)
    assert demo.accuracy > 0.95
    assert all(seconds > 0 for seconds in demo.seconds.values())


@needs_tanh
def test_demo_output():
    """It prints bounds beside exact values, the norm of θ, where the time went, and the proofs."""
    pytest.importorskip("sklearn")
    result = run("--demo")
    assert result.exit_code == 0
    expected = ("lower bound", "exact", "upper bound", "‖θ‖", "Where the time went", "train")
    assert all(text in result.stdout for text in (*expected, "hessbound check"))
    assert json.loads(run("--demo", "--json").stdout)["n_parameters"] == 513


def test_demo_without_scikit_learn(monkeypatch):
    """Where scikit-learn is missing, the demonstration says how to install it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refusal(run("--demo")) == (
        'error: this needs scikit-learn: pip install "hessbound[sklearn]"'
    )
