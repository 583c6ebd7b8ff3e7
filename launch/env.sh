#!/usr/bin/env bash
# Make the project environment in .venv from the locked, hashed requirements, and put the project
# into it as it lies here; nothing is done where it is up to date. Needs Python 3.11 or newer;
# Debian's python3-venv is installed where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lock=requirements/dev.txt
python=${PYTHON:-python3}

make_environment() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1). Set PYTHON=…" >&2
        exit 2
    }
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "installing python3-venv"
            apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
        else
            echo "python3-venv is missing, and only root can install it: apt-get install python3-venv" >&2
            exit 2
        fi
    fi
    echo "making the environment in .venv (about 2 minutes, once)"
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    cp "$lock" .venv/.ready
}

# Editable, so that the launch command runs these files; again when its entry points may differ.
install_project() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps \
        --no-build-isolation --editable .
    cp pyproject.toml .venv/.project
}

cmp -s "$lock" .venv/.ready || make_environment
cmp -s pyproject.toml .venv/.project || install_project
