"""The shape of the house: who may import whom, proved from the source alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("disclosure", "approvals", "hotline", "pledges")

# From the ground: a module may import those of lower floors, and of its own floor where named below.
FLOORS = [
    {"portal.workdays", "portal.organisation", "portal.numbering", "portal.ledger"},
    {"portal.cases"},
    {"portal.documents", "portal.notices"},
    {"portal.oversight"},
    {"portal.site"},
]
# The ground's own order: actors are values that all may name; the ledger records what the others do.
GROUND = [
    "portal.organisation.actors",
    "portal.ledger",
    "portal.organisation",
    "portal.workdays",
    "portal.numbering",
]
# Domain modules know no page, no form and no broker.
EDGES = {
    *("views", "forms", "admin", "tasks", "filters", "urls"),
    *("api", "api_desk", "api_urls", "serializers", "serializers_desk"),
}
EDGE_LIBRARIES = ("celery", "rest_framework", "django_filters", "django.forms", "unfold")
DOMAIN = {
    *("workflow", "models", "actions", "deadlines", "terms", "calendar", "kinds", "effects", "replanning"),
    *("complaints", "measures", "measuring", "enclosed"),
    *(
        "guide",
        "permit",
        "incoming",
        "rating",
        "papers",
        "permits",
        "guides",
        "surveys",
        "following",
    ),
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources() -> dict[str, Path]:
    """Every module of the house, without its tests, migrations and commands of Django's own making."""
    found = {}
    for top in ("portal", *APPS):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts:
                found[module_name(path)] = path
    return found


SOURCES = sources()


def imports(path: Path, *, at_load: bool = False) -> set[str]:
    """What a file imports; `at_load` leaves out what stands inside functions, and what is for types alone."""
    tree = ast.parse(path.read_text())
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if at_load and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        if at_load and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in SOURCES else node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def package(module: str) -> str:
    """portal.cases.models → portal.cases; hotline.views.public → hotline"""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "portal" else parts[0]


def is_domain(module: str) -> bool:
    """Pages of surveys are called after what they show; they are pages all the same."""
    return module.rpartition(".")[2] in DOMAIN and ".views." not in module


def floor(module: str) -> int | None:
    return next((number for number, names in enumerate(FLOORS) if package(module) in names), None)


def test_no_app_imports_another():
    wrong = [
        f"{module} imports {name}"
        for module, path in SOURCES.items()
        if package(module) in APPS
        for name in imports(path)
        if name.split(".")[0] in APPS and name.split(".")[0] != package(module)
    ]
    assert wrong == []


def test_portal_imports_no_app():
    wrong = [
        f"{module} imports {name}"
        for module, path in SOURCES.items()
        if module.startswith("portal") and module != "portal.urls"
        for name in imports(path)
        if name.split(".")[0] in APPS
    ]
    assert wrong == []


def test_nobody_imports_a_higher_floor():
    wrong = []
    for module, path in SOURCES.items():
        own = floor(module)
        if own is None:
            continue
        for name in imports(path):
            other = floor(name)
            if other is not None and other > own:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_the_ground_has_an_order_of_its_own():
    def rank(module: str) -> int | None:
        fits = [index for index, name in enumerate(GROUND) if module == name or module.startswith(name + ".")]
        return max(fits, key=lambda index: len(GROUND[index]), default=None)

    wrong = []
    for module, path in SOURCES.items():
        own = rank(module)
        for name in imports(path) if own is not None else ():
            other = rank(name)
            if other is not None and own is not None and other > own:
                wrong.append(f"{module} imports {name}")
    # Pages and demonstration data may look sideways; rules may not.
    wrong = [each for each in wrong if each.split()[0].rpartition(".")[2] not in EDGES]
    assert wrong == []


def test_no_import_loop_anywhere():
    graph = {module: imports(path, at_load=True) & SOURCES.keys() for module, path in SOURCES.items()}
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> None:
        if module in trail:
            raise AssertionError(" → ".join([*trail[trail.index(module) :], module]))
        if module in done:
            return
        for name in sorted(graph[module]):
            walk(name, [*trail, module])
        done.add(module)

    for module in sorted(graph):
        walk(module, [])


def test_domain_modules_import_no_view_no_form_no_broker():
    wrong = [
        f"{module} imports {name}"
        for module, path in SOURCES.items()
        if is_domain(module)
        for name in imports(path)
        if (name.startswith(EDGE_LIBRARIES) and name != "rest_framework.authtoken.models")
        or (name in SOURCES and name.rpartition(".")[2] in EDGES)
    ]
    assert wrong == []


def test_nobody_imports_the_settings():
    wrong = [module for module, path in SOURCES.items() if "portal.settings" in imports(path)]
    assert wrong == []


def state_is_set(path: Path) -> list[int]:
    """Lines that assign to an attribute called `state`."""
    targets = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    targets.append(node.lineno)
    return targets


def test_only_the_verbs_of_a_case_set_its_state():
    wrong = {module: lines for module, path in SOURCES.items() if (lines := state_is_set(path))}
    # An outbox row, a card, a version of a pledge or of a guide, and a permit have states of their own, each
    # written by its own verbs.
    allowed = {
        "portal.cases.actions",
        "portal.notices.delivery",
        "portal.oversight.cards",
        "pledges.actions",
        "approvals.guides",
        "approvals.permits",
    }
    assert set(wrong) - allowed == set()


def test_only_the_engine_writes_deadlines():
    writers = []
    for module, path in SOURCES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            verb = node.func.attr in ("create", "bulk_create", "update", "bulk_update", "get_or_create")
            root: ast.AST = node.func.value
            while isinstance(root, ast.Attribute | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if verb and isinstance(root, ast.Name) and root.id in ("Deadline", "Pause", "Extension"):
                writers.append(module)
    assert set(writers) <= {"portal.cases.deadlines"}


def test_nobody_else_writes_deadlines_in_sql():
    tables = "|".join(("cases_deadline", "cases_pause", "cases_extension"))
    statement = re.compile(rf"(UPDATE|INTO|DELETE FROM|COPY)\s+\"?({tables})\b")
    writers = {module for module, path in SOURCES.items() if statement.search(path.read_text())}
    # A new case is written with its first clocks in one statement.
    assert writers <= {"portal.cases.deadlines", "portal.cases.replanning", "portal.cases.opening"}
    copies = {module for module, path in SOURCES.items() if "copy_in(Deadline" in path.read_text()}
    assert copies == set()


def reads_the_clock(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if (owner, node.func.attr) in {
                ("timezone", "now"),
                ("timezone", "localdate"),
                ("datetime", "now"),
                ("date", "today"),
            } and not node.args:
                return True
    return False


def test_the_clock_is_read_at_the_edge_alone():
    """Below views, tasks and commands, `at` and `now` come in as arguments."""
    # A view may be called by the name of what it shows.
    below = [module for module in SOURCES if module.rpartition(".")[2] in DOMAIN and ".views." not in module]
    assert [module for module in below if reads_the_clock(SOURCES[module])] == []


@pytest.mark.parametrize("name", sorted({package(module) for module in SOURCES if package(module) in APPS}))
def test_every_app_has_the_same_shape(name):
    shape = {"workflow", "models", "actions", "forms", "filters", "urls", "admin", "apps"}
    modules = {path.stem for path in (ROOT / name).glob("*.py")}
    # What would be too long for one file is a package of that name.
    packages = {path.parent.name for path in (ROOT / name).glob("*/__init__.py")}
    missing = shape - modules - packages
    assert missing == set()
