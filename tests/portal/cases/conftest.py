from __future__ import annotations

import pytest

from tests.bureau import Bureau, make_bureau


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make_bureau()
