"""Options of the whole test suite."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.support.golden import GOLDEN_FOLDER, Golden

# A machine that does other work at the same time is slow; that says nothing of the tests.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite", action="store_true", help="accept what golden tests give as what is expected"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares text with files below tests/golden, or with --rewrite writes them."""
    return Golden(GOLDEN_FOLDER, rewrite=bool(request.config.getoption("--rewrite")))
