#!/usr/bin/env bash
# Make the project environment in .venv from the locked, hashed requirements, with the launch command
# in it; nothing is done where it is up to date. Needs Python 3.11 or newer; Debian's python3-venv is
# installed where it is missing.
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

# The project is not installed: a job must find its packages in the bundle, not here.
install_command() {
    printf '#!%s\nimport sys\n\nsys.path.insert(0, "%s")\nfrom launch.main import main\n\nsys.exit(main())\n' \
        "$PWD/.venv/bin/python" "$PWD" > .venv/bin/launch
    chmod +x .venv/bin/launch
}

cmp -s "$lock" .venv/.ready || make_environment
[ -x .venv/bin/launch ] || install_command
