from __future__ import annotations

import pytest

from tests.portal.notices.bureau import Bureau, found


@pytest.fixture
def bureau(db: None) -> Bureau:
    return found()
