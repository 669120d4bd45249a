"""The two commands: a private Postgres and Valkey under var/, and the processes of `make run`.

Nothing here imports Django, so that a server can be started before the portal can be configured.
`bootstrap` runs before the virtual environment exists and uses the standard library alone.
"""


class Trouble(Exception):
    """What stopped us, as one sentence for the person at the terminal; never shown with a traceback."""
