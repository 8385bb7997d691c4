"""Options of the whole test suite."""

from __future__ import annotations

import pytest

from tests.support.golden import GOLDEN_FOLDER, Golden


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="accept what golden tests give as what is expected"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares text with files below tests/golden, or with --rewrite writes them."""
    return Golden(GOLDEN_FOLDER, rewrite=bool(request.config.getoption("--rewrite")))
