"""Golden files: text in, text out; ``pytest --rewrite`` accepts, and the diff is the review."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

GOLDEN_FOLDER = Path(__file__).resolve().parent.parent / "golden"


@dataclass(frozen=True)
class Golden:
    """A folder of expected texts."""

    folder: Path
    rewrite: bool = False

    def check(self, name: str, actual: str) -> None:
        """Assert that the file `name` holds `actual` (a missing file is a difference)."""
        path = self.folder / name
        actual = actual.rstrip("\n") + "\n"
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        if actual == expected:
            return
        if self.rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8")
            return
        lines = difflib.unified_diff(
            expected.splitlines(), actual.splitlines(), "expected", "actual", lineterm=""
        )
        raise AssertionError(f"{path.name} differs (--rewrite accepts it):\n" + "\n".join(lines))
