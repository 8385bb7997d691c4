"""Where the TCK is: it is not part of this repository."""

from __future__ import annotations

import os
from pathlib import Path

from tests.conformance.tck.scenarios import load_graphs

BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "tck" / "features"


def features_folder() -> Path | None:
    """The folder with feature files: ``$OPENCYPHER_TCK``, else ``../shared/tck/features``; None without."""
    named = os.environ.get("OPENCYPHER_TCK")
    folder = Path(named) if named else BESIDE
    if (folder / "features").is_dir():
        folder = folder / "features"
    return folder if any(folder.rglob("*.feature")) else None


def named_graphs(features: Path) -> dict[str, list[str]]:
    """The queries of the TCK's named graphs, which stand beside its features."""
    return load_graphs(features.parent / "graphs")
