import pytest
from tests.disclosure import office as of
founded, office, plain_papers = of.founded, of.office, of.plain_papers
pytestmark = pytest.mark.usefixtures("plain_papers")
@pytest.mark.parametrize("s", [*of.REQUEST_WAYS, *of.BY_THE_CLOCK])
def test_r(office, s):
    of.request_in(s, office)
@pytest.mark.parametrize("s", of.PUBLICATION_WAYS)
def test_p(office, s):
    of.publication_in(s, office)
