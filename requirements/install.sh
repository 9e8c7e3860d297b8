#!/bin/sh
# Makes .venv in the checkout hold the packages of requirements/SET.txt and this project:
#
#     sh requirements/install.sh runtime|dev
#
# Does nothing when it has been done. PYTHON names the interpreter (default: the first of 3.11 or newer).
set -eu
cd "$(dirname "$0")/.."
set=$1
venv=.venv

say() { printf '%s\n' "$*" >&2; }
stop() { say "$*"; exit 2; }
recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
version() { "$1" -c 'import sys; print(sys.version)' 2>/dev/null; }

# What an installation depends on; when one of these changes it is done again.
wanted() { { pwd; cat "requirements/$1.txt" pyproject.toml; } | cksum; }
done_for() { [ "$(cat "$venv/.installed-$1" 2>/dev/null)" = "$(wanted "$1")" ]; }

choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        recent "$PYTHON" || stop "PYTHON=$PYTHON is not a Python of 3.11 or newer; name another"
        echo "$PYTHON"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if recent "$name"; then
            echo "$name"
            return
        fi
    done
    stop "No Python of 3.11 or newer was found; install one, or name it: make PYTHON=/path/to/python3"
}

# Debian and Ubuntu keep what `venv` needs in a package of its own.
add_venv_module() {
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    case $("$1" -c 'import sys; print(sys.base_prefix)') in
        /usr) ;;
        *) stop "$1 comes without the modules venv and ensurepip; name another: make PYTHON=/path/to/python3" ;;
    esac
    command -v apt-get >/dev/null || stop "$1 comes without the modules venv and ensurepip; install them with your package manager"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif sudo -n true 2>/dev/null; then
        as_root='sudo -n'
    else
        stop "$1 cannot make a virtual environment; run: sudo apt-get install $package"
    fi
    say "Installing $package"
    {
        # shellcheck disable=SC2086 # one word or two
        $as_root apt-get -o Acquire::Retries=3 update &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install --yes "$package"
    } >&2 || stop "$package could not be installed; run: apt-get install $package"
}

sound() { recent "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }
other_python() { [ -n "${PYTHON:-}" ] && [ "$(version "$PYTHON")" != "$(version "$venv/bin/python")" ]; }

if sound && ! other_python; then
    if done_for "$set" || { [ "$set" = runtime ] && done_for dev; }; then
        exit 0
    fi
else
    python=$(choose_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || add_venv_module "$python"
    say "Making $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" >&2 || stop "$venv could not be made; is this folder writable?"
fi

say "Installing the packages of requirements/$set.txt"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check --no-input --quiet "$@" >&2; }
rm -f "$venv/.installed-runtime" "$venv/.installed-dev"
fetch() { pip install --require-hashes --retries 5 -r "requirements/$set.txt"; }
fetch || { say "Trying once more"; fetch; } || stop "The packages could not be installed; is the Python package index reachable?"
pip install --no-deps --no-build-isolation --editable . || stop "floorshot itself could not be installed into $venv"
wanted "$set" >"$venv/.installed-$set"
