"""Words of the administrators' theme for which the theme itself has no Chinese.

They stand here so that the catalogue has them; the theme asks for them by the same words.
"""

from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Go back"),
    gettext_noop("Select all rows"),
    gettext_noop("Select record"),
    gettext_noop("Select value"),
    gettext_noop("Type to search"),
)
