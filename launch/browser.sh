#!/usr/bin/env bash
# Install Debian's Chromium, with which tests look at evaluation.html. Nothing is done where a browser is
# there. Where none can be installed those tests are skipped, so that is a notice and no error.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium (once)"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
    echo "notice: chromium could not be installed; the tests of evaluation.html are skipped" >&2
else
    echo "notice: no Chromium here, and only root can install it (apt-get install chromium); the tests" \
        "of evaluation.html are skipped" >&2
fi
