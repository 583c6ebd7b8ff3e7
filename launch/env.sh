#!/usr/bin/env bash
# env.sh run|dev: make the project environment in .venv from locked, hashed requirements. `run` holds
# what the main job needs, Java and the sample; `dev` adds everything else and the launch command.
# Nothing is done where it is up to date. Needs Python 3.11 or newer; Debian's python3-venv is
# installed where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tier=${1:-dev}
python=${PYTHON:-python3}

up_to_date() { cmp -s "requirements/$1.txt" ".venv/.$1"; }

make_venv() {
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
    rm -rf .venv
    "$python" -m venv .venv
}

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check "$@"; }

# Prints the locked lines of one package.
locked() { awk -v name="$1==" 'index($0, name) == 1 {on = 1; print; next} /^[^ ]/ {on = 0} on' "$2"; }

# uv takes the same wheels in a third of pip's time (run tier: 29 s against 50). It reads no pip.conf,
# so it is told pip's index and certificates; where it fails, pip does the work.
install_packages() {
    local lock=requirements/$1.txt index compile=--compile-bytecode
    # Of the small tier little is imported; to compile it all would take longer.
    if [ "$1" = run ]; then compile=--no-compile-bytecode; fi
    index=${PIP_INDEX_URL:-$(pip config get global.index-url 2>/dev/null || true)}
    if pip install --require-hashes --no-deps -r <(locked uv "$lock") \
        && env ${index:+UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"} \
            ${PIP_CERT:+SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"} \
            .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes --no-deps \
                "$compile" -r "$lock"
    then
        return
    fi
    echo "notice: uv did not work; pip installs the same packages, more slowly" >&2
    pip install --require-hashes --no-deps -r "$lock"
}

# The project is not installed: a job must find its packages in the bundle, not here.
install_command() {
    printf '#!%s\nimport sys\n\nsys.path.insert(0, "%s")\nfrom launch.main import main\n\nsys.exit(main())\n' \
        "$PWD/.venv/bin/python" "$PWD" > .venv/bin/launch
    chmod +x .venv/bin/launch
}

case $tier in
    run) about="600 MB, a minute" ;;
    dev) about="2.5 GB, 2 minutes" ;;
    *) echo "usage: env.sh run|dev" >&2 && exit 2 ;;
esac
if up_to_date dev || { [ "$tier" = run ] && up_to_date run; }; then
    exit 0
fi
echo "making the environment in .venv ($about, once)"
# An older lock's packages go; those of the smaller tier stay.
{ [ ! -e .venv/.dev ] && up_to_date run; } || make_venv
install_packages "$tier"
if [ "$tier" = dev ]; then
    install_command
fi
cp "requirements/$tier.txt" ".venv/.$tier"
