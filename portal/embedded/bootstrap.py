"""`python3 -m portal.embedded.bootstrap <command>`: make .venv, install what it lacks, then do the command.

Standard library only, and readable by older Pythons, so that those get a sentence instead of a traceback.
Packages are taken by hash. A stamp in .venv says which files it was made from: in step, nothing is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from portal.embedded import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent
OLDEST = (3, 11)
INSTALLER = "requirements-uv.txt"
SERVERS = "requirements-embedded.txt"
RUN, TEST = "requirements.txt", "requirements-dev.txt"
WANTED = {"run": RUN, "services": RUN}


def say(sentence):
    print(sentence, flush=True)


def venv_folder():
    return Path(os.environ.get("PORTAL_VENV") or ROOT / ".venv")


def suitable_python():
    """This Python when it is new enough, else the newest found in PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True).returncode == 0:
            return found
    raise Trouble("Python 3.11 or newer is needed; {}.{} is too old.".format(*sys.version_info[:2]))


def digest(name):
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def stamp(python, names):
    return {"python": python, **{name: digest(name) for name in names}}


def in_step(found, python, base):
    """True when the venv has at least what `base` asks for; one made for the tests serves `run` as well."""
    if found.get("python") != python or found.get(SERVERS) != digest(SERVERS):
        return False
    return any(found.get(name) == digest(name) for name in {base, TEST})


def run(argv, what, **options):
    """A command whose output is shown only when it fails."""
    answer = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if answer.returncode:
        sys.stderr.write(answer.stdout)
        raise Trouble(what)
    return answer.stdout


def make_venv(python, venv):
    if subprocess.run([python, "-c", "import venv, ensurepip"], capture_output=True).returncode:
        install_venv_module(python)
    say(f"Making {venv} …")
    shutil.rmtree(venv, ignore_errors=True)
    run([python, "-m", "venv", str(venv)], f"{venv} could not be made.")


def install_venv_module(python):
    """Debian and Ubuntu keep venv in a package of its own."""
    version = run([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], "").strip()
    package = f"python{version}-venv"
    missing = f"Python's modules venv and ensurepip are missing: install the package {package}."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble(missing)
    say(f"Installing {package} with apt-get …")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-qq"], missing, env=environment)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], missing, env=environment)


def mirror(python):
    """uv does not read pip's configuration: hand a named mirror on to it."""
    environment = dict(os.environ)
    if "UV_DEFAULT_INDEX" not in environment and "UV_INDEX_URL" not in environment:
        answer = subprocess.run(
            [python, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
        )
        index = environment.get("PIP_INDEX_URL") or answer.stdout.strip()
        if index:
            environment["UV_DEFAULT_INDEX"] = index
    return environment


def install(base):
    """Bring the venv in step with `base` and the private servers' wheels; returns the venv's Python."""
    python = suitable_python()
    venv = venv_folder()
    inside = venv / "bin" / "python"
    works = inside.exists() and subprocess.run([str(inside), "-c", ""], capture_output=True).returncode == 0
    note = venv / "portal-stamp.json"
    if works:
        try:
            found = json.loads(note.read_text())
        except (OSError, ValueError):
            found = {}
        if in_step(found, python, base):
            return str(inside)
    else:
        make_venv(python, venv)
    uv = venv / "bin" / "uv"
    network = "Packages could not be installed: is the package index reachable?"
    if not uv.exists():
        say("Installing uv …")
        argv = [str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run([*argv, "--require-hashes", "-r", str(ROOT / INSTALLER)], network)
    say(f"Installing the packages of {base} …")
    environment = mirror(str(inside))
    environment["VIRTUAL_ENV"] = str(venv)
    sync = [str(uv), "pip", "sync", "--require-hashes", "--compile-bytecode", str(ROOT / base)]
    if ssl.create_default_context().cert_store_stats()["x509_ca"]:
        # The machine's own certificates, as a proxy's may be among them; uv brings others along.
        sync.append("--system-certs")
    if subprocess.run([*sync, str(ROOT / SERVERS)], env=environment).returncode:
        say("No private servers for this machine, or no package index; trying without them …")
        if subprocess.run(sync, env=environment).returncode:
            raise Trouble(network)
    note.write_text(json.dumps(stamp(python, (base, SERVERS))))
    return str(inside)


def main(arguments):
    try:
        inside = install(WANTED.get(arguments[0], TEST) if arguments else RUN)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        print(f"{error.filename or 'The machine'}: {error.strerror}.", file=sys.stderr)
        return 1
    os.chdir(ROOT)
    if not arguments or arguments == ["install"]:
        return 0
    sys.stdout.flush()
    os.execv(inside, [inside, "-m", "portal.embedded", *arguments])  # noqa: S606 - the same process goes on


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
