"""The page that describes the format says what the code does."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from neuralgraph.storage.disk.format import LAYOUTS
from neuralgraph.storage.disk.framing import HEADER_BYTES

ROOT = Path(__file__).resolve().parents[4]


def test_the_tables_are_in_step():
    script = runpy.run_path(str(ROOT / "scripts" / "file_format"))
    text = (ROOT / "docs" / "file-format.md").read_text(encoding="utf-8")
    assert script["rewritten"](text) == text
    for name in script["tables"]():
        assert f"<!-- table: {name} -->" in text


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
def test_layouts_have_no_gaps(layout):
    assert layout.packer().size == sum(field.bytes_count for field in layout.fields)


def test_sizes_that_the_page_names():
    sizes = {layout.title: layout.packer().size for layout in LAYOUTS}
    assert sizes == {"Header slot": 256, "Log segment header": 64, "Log record": HEADER_BYTES}
