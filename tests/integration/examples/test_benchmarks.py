"""The benchmarks run and every answer of ours is right; nothing is timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_every_question_is_answered_rightly():
    pytest.importorskip("pyarrow")
    command = [sys.executable, "-m", "benchmarks", "--quick", "--peers", "neuralgraph,sqlite"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
    assert done.stdout.count("| right | right |") == 11
