#!/bin/sh
# make_venv.sh PYTHON FOLDER: a virtual environment, also where Debian has split ensurepip off.
set -eu
"$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Onframe needs Python 3.11 or newer; $1 is older." >&2; exit 1; }
[ -x "$2/bin/pip" ] && exit 0
if ! "$1" -c 'import ensurepip' 2>/dev/null; then
    echo "Installing python3-venv, which this system's Python lacks."
    sudo=$([ "$(id -u)" = 0 ] || echo sudo)
    $sudo apt-get update -qq && $sudo apt-get install -y -qq python3-venv >/dev/null ||
        { echo "Please install the package python3-venv and run make again." >&2; exit 1; }
fi
"$1" -m venv "$2"
