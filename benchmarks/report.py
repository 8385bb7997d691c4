"""The table."""

from __future__ import annotations

from typing import Any

from benchmarks.questions import QUESTIONS

Facts = dict[str, dict[str, Any]]
"""What each peer said: peer name -> question key (or ``version``) -> facts."""


def table(results: Facts) -> str:
    """Markdown: a row a question, a column a peer, the best in bold."""
    names = list(results)
    lines = [
        "| question | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    notes = []
    for question in QUESTIONS:
        facts = {name: results[name].get(question.key) for name in names}
        if not any(facts.values()) and question.key not in {
            key for peer in results.values() for key in peer
        }:
            continue
        best = _best(facts)
        cells = []
        for name in names:
            cell = _cell(facts[name])
            cells.append(f"**{cell}**" if name == best else cell)
            error = (facts[name] or {}).get("error")
            if error:
                notes.append(f"- {name}, {question.key}: {error}")
        lines.append(f"| {question.key} {question.title} | " + " | ".join(cells) + " |")
    lines.append("")
    lines.append(
        "Milliseconds, median [99th centile], unless said. Versions: "
        + ", ".join(f"{name} {results[name].get('version', '?')}" for name in names)
        + "."
    )
    return "\n".join([*lines, *notes]) + "\n"


def _cell(facts: dict[str, Any] | None) -> str:
    if facts is None:
        return ""
    if "error" in facts:
        return "failed"
    if "seconds" in facts:
        return f"{facts['seconds']:.2f} s ({facts['rows'] / facts['seconds']:,.0f} rows/s)"
    if "per_second" in facts:
        return f"{facts['per_second']:,.0f} /s"
    if "median_ms" in facts:
        return f"{facts['median_ms']:.3f} [{facts['p99_ms']:.3f}]"
    return "right"


def _best(facts: dict[str, dict[str, Any] | None]) -> str | None:
    scores = {}
    for name, found in facts.items():
        if found and "error" not in found:
            if "per_second" in found:
                scores[name] = -found["per_second"]
            elif "median_ms" in found or "seconds" in found:
                scores[name] = found.get("median_ms", found.get("seconds", 0.0))
    return min(scores, key=scores.__getitem__) if scores else None
