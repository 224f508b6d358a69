#!/bin/sh
# What the tests and benchmarks use beside Python packages: a browser, FFmpeg as the judge, node, nginx as a peer.
set -eu
missing=
for pair in chromium:chromium ffmpeg:ffmpeg node:nodejs npm:npm /usr/sbin/nginx:nginx mkvmerge:mkvtoolnix; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
done
[ -z "$missing" ] && exit 0
echo "Installing$missing for the tests."
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
