"""How many frequent pairs of characters the planner knows by name, and the search with it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("disclosure", "0001_catalogue")]

    operations = [
        # With the usual hundred it would be hardly more than single characters.
        migrations.RunSQL(
            "ALTER INDEX search_words ALTER COLUMN 1 SET STATISTICS 500;"
            "ALTER INDEX search_title ALTER COLUMN 1 SET STATISTICS 500",
            migrations.RunSQL.noop,
        ),
    ]
