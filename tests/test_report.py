"""The report: valid and complete by itself, and as Chromium shows it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hessbound.derive import activations, claims
from hessbound.derive.display import page as report
from hessbound.derive.display import plots, records
from hessbound.derive.proof.prove import prove
from hessbound.derive.proof.verdicts import Result, Verdict

from . import browser

PROVED_HERE = ("theta", "trace", "hessian_cross", "trace_output", "bound_outer", "tanh_d1")
KEYS = {
    "name", "equation", "section", "activation", "statement", "latex", "verdict", "expected",
    "method", "seconds", "witness", "steps", "slack",
}  # fmt: skip
VOID = {"meta", "link", "input", "br"}
SCRIPT = """
  const rows = () => [...doc.querySelectorAll("tr.claim")].filter((r) => r.offsetHeight > 0);
  const entries = () =>
    [...doc.querySelectorAll("details.claim")].filter((r) => r.offsetHeight > 0);
  doc.querySelectorAll("details").forEach((d) => { d.open = true; });
  overflow();
  const sizes = [...doc.querySelectorAll("math")].map((m) => m.getBoundingClientRect());
  out.formulas = sizes.length;
  out.empty = sizes.filter((s) => s.width < 1 || s.height < 1).length;
  const tall = doc.querySelector("[id$=hessian-cross] math").getBoundingClientRect();
  out.tall = tall.height / parseFloat(getComputedStyle(doc.body).fontSize);
  out.plots = [...doc.querySelectorAll("svg")].filter((s) => s.clientHeight > 50).length;
  doc.querySelectorAll("details").forEach((d) => { d.open = false; });
  out.all = rows().length;
  out.shown = {};
  for (const radio of doc.querySelectorAll("input[type=radio]")) {
    radio.click();
    out.shown[radio.id] = [rows().length, entries().length];
    doc.getElementById(radio.id[0] + "-all").click();
  }
  doc.getElementById("v-refuted").click();
  doc.getElementById("s-hessian").click();
  out.both = rows().map((r) => r.className);
  const skip = doc.querySelector(".skip");
  skip.focus();
  out.skip = skip.getBoundingClientRect().left >= 0;
"""


class Balance(HTMLParser):
    """Checks that tags nest, and collects what the tests ask about."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.headings, self.targets, self.tags = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.targets += [found["href"]] if "href" in found else []
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())


def wrong():
    """Return a claim that is false: the cross block, twice."""
    claim = claims.find("hessian_cross")

    def twice(q, i):
        lhs, rhs = claim.function(q, i)
        return lhs, 2 * rhs

    return replace(claim, name="cross_block_twice", function=twice)


@pytest.fixture(scope="module")
def shown(sampled):
    """The activations whose claims are on the page: of one some are proved; and another."""
    others = [name for name in activations.names() if name != "tanh"]
    return {"tanh", *sampled(others, 1, "page")}


@pytest.fixture(scope="module")
def results(shown):
    """Prove a few claims and a false one; take the verdicts of the others as given."""
    proved = [prove(claims.find(name)) for name in PROVED_HERE]
    assert {r.verdict for r in proved} == {Verdict.PROVED, Verdict.DEFINITION}
    shapes = replace(wrong(), name="no_statement", function=lambda q, i: (q.H, q.at(i).e))
    given = [
        Result(c, Verdict.PROVED, "", 0.1)
        for c in claims.every()
        if c.name not in PROVED_HERE and (records.activation_of(c) or "tanh") in shown
    ]
    return [*proved, prove(wrong()), prove(shapes), *given]


@pytest.fixture(scope="module")
def text(results):
    """Return the page."""
    return report.render(results)


@pytest.fixture(scope="module")
def page(text):
    """Return the page's tags, all closed."""
    found = Balance()
    found.feed(text)
    assert found.open == []
    return found


def test_page_stands_alone(text, page):
    """No address but its own parts, no script, no style sheet but its own."""
    assert all(target.startswith("#") or target == "data:," for target in page.targets)
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "img", "object"}
    assert not re.search(r"https?:|@import|url\(", text)


def test_ids_are_unique_and_links_lead_somewhere(page):
    """Every link within the page has its target."""
    assert len(set(page.ids)) == len(page.ids)
    assert {t[1:] for t in page.targets if t.startswith("#")} <= set(page.ids)


def test_headings_are_in_order(page):
    """One h1, and no level is left out on the way down."""
    assert page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))


def test_every_claim_is_there(results, page, shown):
    """A row and an entry for each claim, and a plot for each function of each activation."""
    classes = [found.get("class", "").split() for _, found in page.tags]
    assert sum("claim" in found for found in classes) == 2 * len(results)
    assert sum(tag == "svg" for tag, _ in page.tags) == 3 * len(shown)
    assert sum(tag == "summary" for tag, _ in page.tags) == len(results)


def test_screen_readers_have_what_they_need(results, page):
    """A language, landmarks, table headers with scope, names for plots and formulas."""
    tags = {tag for tag, _ in page.tags}
    assert {"header", "main", "footer", "caption"} <= tags
    assert ("html", {"lang": "en"}) in page.tags
    assert all("scope" in found for tag, found in page.tags if tag == "th")
    assert all(f["role"] == "img" and f["aria-label"] for tag, f in page.tags if tag == "svg")
    labels = {found.get("for") for tag, found in page.tags if tag == "label"}
    assert {found["id"] for tag, found in page.tags if tag == "input"} == labels
    statements = [f for tag, f in page.tags if tag == "math" and f.get("alttext")]
    assert len(statements) >= 2 * (len(results) - 2)  # without the wrong ones


@pytest.mark.parametrize("name", activations.names())
def test_plots_take_the_colours_of_the_page(name):
    """Every colour is one of the style sheet, light or dark."""
    for svg in (plot.svg for plot in plots.plots(name)):
        colours = set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg))
        assert {"var(--curve)", "var(--soft)", "var(--line)"} <= colours
        assert all(re.fullmatch(r"var\(--\w+\)|none", colour) for colour in colours)
        assert len(svg) < 8_000


def test_plots_are_always_the_same():
    """Byte for byte, drawn again."""
    name = activations.names()[0]
    assert plots.plots.__wrapped__(name) == plots.plots(name)


def test_verdicts_have_a_word_and_a_sign(results, text):
    """Colour is never the only sign."""
    for verdict in {r.verdict for r in results}:
        sign, _ = report.SIGNS[verdict]
        assert f'aria-hidden="true">{sign}</span>{verdict.value}' in text


def test_page_explains_a_refutation(results, text):
    """The counterexample, and code that shows it."""
    (refuted,) = (r for r in results if r.claim.name == "cross_block_twice")
    assert f"Counterexample: {refuted.witness.where}" in text
    assert "from hessbound.derive import claims" in text
    assert re.search(r"not a statement: hessian\.py:\d+: the sides are", text)


def test_page_explains_a_proof(text):
    """What was differentiated, the normal form, and exact values."""
    entry = text[text.index('id="claim-4-trace-output"') :].partition("</details>")[0]
    assert "SymPy differentiates ℓ(v)" in entry
    assert "Left side, in normal form (2 terms):" in entry
    assert re.search(r"Confirmed by Taylor series .* N = 2, d = 1, m = 2", entry)


def test_page_shows_certificates(results, text):
    """A bound's slacks, each not negative, and how much of the bound is used."""
    entry = text[text.index('id="claim-5-bound-outer"') :].partition("</details>")[0]
    assert re.search(r"Lagrange: .* \(3 terms\):", entry)
    assert "<mo>≥</mo><mn>0</mn>" in entry
    assert f"In numbers: {results[4].slack}" in entry


def test_page_of_a_users_claim_that_cannot_be_written_down():
    """The statement is shown as text."""
    claim = replace(wrong(), statement="arrays", function=lambda q, i: (q.X.array[0], 0))
    assert "Not decided: no." in report.render([Result(claim, Verdict.UNCHECKED, "no")])


def test_page_of_a_statement_that_is_no_mathematics():
    """What reads like LaTeX and is none is shown as it stands, and not as markup."""
    claim = replace(wrong(), statement=r"a \ b = { & <b>", function=lambda q, i: (q.X.array[0], 0))
    text = report.render([Result(claim, Verdict.UNCHECKED, "no")])
    assert r"a \ b = { &amp; &lt;b&gt;</div>" in text


def test_json_has_the_same_keys_for_every_claim(results):
    """Names, verdicts and statements come back as they were; a witness has its code."""
    found = json.loads(records.to_json(results))
    assert all(entry.keys() == KEYS for entry in found)
    assert [entry["name"] for entry in found] == [r.claim.name for r in results]
    assert [entry["verdict"] for entry in found] == [r.verdict.value for r in results]
    (refuted,) = (entry for entry in found if entry["witness"])
    assert refuted["witness"].keys() == {"where", "lhs", "rhs", "snippet"}
    assert found[4]["steps"][0].keys() == {"reason", "formula"}
    assert {entry["section"] for entry in found} >= {"model", "hessian", "traces", "powers"}


@pytest.fixture(scope="module")
def seen(text, tmp_path_factory):
    """Load the page in Chromium, try its filters at several widths, and return what was seen."""
    return browser.look(tmp_path_factory.mktemp("browser"), text, SCRIPT)


@pytest.mark.browser
def test_page_loads_without_errors_or_requests(seen):
    """The console stays empty and the network unasked."""
    assert seen["console"] == []
    assert seen["requests"] == 0


@pytest.mark.browser
def test_formulas_and_plots_are_drawn(seen, page, shown):
    """Every formula has a size, matrices are higher than a line, and plots are there."""
    assert seen["formulas"] == sum(tag == "math" for tag, _ in page.tags)
    assert seen["empty"] == 0
    assert seen["tall"] > 1.2
    assert seen["plots"] == 3 * len(shown)


@pytest.mark.browser
def test_filters_hide_rows_and_entries(seen, results):
    """Each choice shows the rows and entries that it counts; two filters narrow together."""
    assert seen["all"] == len(results)
    shown = seen["shown"]
    assert shown.pop("v-all") == shown.pop("s-all") == [len(results)] * 2
    for verdict in {r.verdict for r in results}:
        count = sum(r.verdict is verdict for r in results)
        assert shown[f"v-{verdict.name.lower()}"] == [count, count]
    assert all(0 < rows == entries for rows, entries in shown.values())
    assert all("refuted" in row and "in-hessian" in row for row in seen["both"])


@pytest.mark.browser
def test_page_never_scrolls_sideways(seen):
    """Wide formulas scroll in their own box, from a phone to a laptop."""
    assert seen["overflow"] == {"360": 0, "768": 0, "1280": 0}


@pytest.mark.browser
def test_skip_link_shows_when_focused(seen):
    """The first stop of the keyboard is visible."""
    assert seen["skip"]
