# Sourced by the scripts beside it: finds a Python, keeps a virtual environment in step with pyproject.toml.
#
#   prepare_environment EXTRAS    sets $venv, the folder of an environment with this project and its EXTRAS
#
# $PYTHON chooses the interpreter; its environment is then .venv-<version>, so that several live side by side.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

say() { if [ -t 1 ]; then printf '\033[1m== %s\033[0m\n' "$*"; else echo "== $*"; fi; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && { echo "$PYTHON"; return; }
        echo "PYTHON=$PYTHON is no Python 3.11 or newer." >&2
        return 1
    fi
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        is_new_enough "$candidate" && { echo "$candidate"; return; }
    done
    echo "No Python 3.11 or newer was found; install one, or name it: PYTHON=/path/to/python3 $0" >&2
    return 1
}

make_environment() {
    say "making a virtual environment in ${venv#"$root"/}"
    rm -rf "$venv"
    if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then
        echo "$python cannot make virtual environments: its ensurepip module is missing." >&2
        echo "Install it (on Debian and Ubuntu the package is python3-venv), or name another Python: PYTHON=... $0" >&2
        return 1
    fi
    "$python" -m venv "$venv"
}

prepare_environment() {
    local extras=$1 python version stamp wanted
    python=$(find_python)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    venv=$root/.venv${PYTHON:+-$version}
    # The stamp of the larger set serves the smaller one too: `dev` brings everything.
    wanted=$("$python" - "$version" <<'PY'
import hashlib, pathlib, sys
print(sys.argv[1], hashlib.sha256(pathlib.Path("pyproject.toml").read_bytes()).hexdigest())
PY
    )
    for stamp in "$venv/installed-$extras" "$venv/installed-dev"; do
        if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
            return 0
        fi
    done
    if [ "$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" != "$version" ]; then
        make_environment
    fi
    say "installing neuralgraph [$extras]"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".[$extras]"
    # Done once here, so that no first start pays for it, whatever the caller's environment says of bytecode.
    "$venv/bin/python" -m compileall -q neuralgraph
    echo "$wanted" >"$venv/installed-$extras"
}
