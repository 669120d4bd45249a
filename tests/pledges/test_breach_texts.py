"""What people are told of a complaint: every promised text, and nothing about the complainant."""

from __future__ import annotations

import pytest

from tests.pledges.office import breach_in, version_in
from tests.portal.notices.promised import check_text, promised_of


@pytest.mark.parametrize(("verb", "audience"), promised_of("breach"))
def test_every_promised_text_is_written(bureau, verb, audience):
    version = version_in("published", bureau)
    for state in ("received", "upheld", "put_right"):
        breach = breach_in(state, bureau, version)
        secrets = (breach.complainant_name, breach.complainant_phone, breach.description)
        check_text(breach, verb, audience, secrets=secrets)
