#!/bin/sh
# Runs the built agent with config.yaml; reading connections from the kernel needs root.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -eq 0 ]; then
  exec dist/bin/weir --config config.yaml "$@"
fi
echo "Reading connections from the kernel needs root: running dist/bin/weir with sudo." >&2
exec sudo ${JAVA_HOME:+"JAVA_HOME=$JAVA_HOME"} dist/bin/weir --config config.yaml "$@"
