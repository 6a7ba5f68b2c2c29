"""Desks to converse with."""

import pytest

from fakes.desk import Desk


@pytest.fixture
def desk() -> Desk:
    """Return a desk with four connected, quoted accounts and no limits."""
    return Desk()
