"""The one app that benchmarks/wagtail_side.py adds to a project as `wagtail start` makes it."""
