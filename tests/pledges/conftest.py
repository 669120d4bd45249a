from __future__ import annotations

import pytest

from tests.bureau import Bureau
from tests.pledges.office import make_office


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make_office()
