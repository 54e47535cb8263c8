#!/bin/sh
# Builds the oracle, the real OpenTelemetry Collector that Weir is compared with, and telemetrygen, from the recipe in
# conformance/oracle. It is built once and kept outside of the tree, under the hash of the recipe.
#
#   build/oracle.sh           builds it if it is not there, and prints its directory; progress goes to standard error
#   build/oracle.sh --where   prints its directory, or ends with exit code 1 if it is not there; builds nothing
#
# Needs Go 1.26 or newer and what Go needs to get modules: the user's Go settings (GOPROXY and so on) hold.
# WEIR_ORACLE_CACHE: where it is kept, $XDG_CACHE_HOME/weir/oracle or ~/.cache/weir/oracle if not set.
# Takes about four minutes on two cores the first time. Exit code 3: no Go that is new enough.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
recipe=$here/../conformance/oracle
cache=${WEIR_ORACLE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/weir/oracle}
hash=$(cd "$recipe" && cat collector/* telemetrygen/* | sha256sum | cut -c 1-16)
home=$cache/$hash

if [ -x "$home/otelcol" ] && [ -x "$home/telemetrygen" ]; then
  echo "$home"
  exit 0
fi
[ "${1:-}" != --where ] || exit 1

PATH=$PATH:/usr/local/go/bin # where the Go project's archive is unpacked
command -v go >/dev/null 2>&1 || {
  echo "oracle: no Go in PATH; Go 1.26 or newer builds the Collector that the tests compare with" >&2
  exit 3
}
# An older Go gets the one that go.mod asks for, if its settings let it; else it says what is wrong.
(cd "$recipe/collector" && go version >/dev/null) || {
  echo "oracle: this Go cannot build the Collector, which asks for Go 1.26 or newer: $(cd / && go version)" >&2
  exit 3
}

mkdir -p "$cache"
exec 9>"$cache/lock"
if command -v flock >/dev/null 2>&1; then
  flock 9 # somebody else may be building it
fi
parts=$(mktemp -d "$cache/part-XXXXXX")
trap 'rm -rf "$parts"' EXIT
export CGO_ENABLED=0 GOWORK=off

# build DIRECTORY PACKAGE PROGRAM
build() {
  start=$(date +%s)
  echo "oracle: building $3" >&2
  (cd "$recipe/$1" && go build -mod=readonly -trimpath -buildvcs=false -tags grpcnotrace -ldflags='-s -w' -o "$parts/$3" "$2") >&2
  echo "oracle: $3 is there after $(($(date +%s) - start)) s" >&2
}

if [ ! -x "$home/otelcol" ] || [ ! -x "$home/telemetrygen" ]; then
  echo "oracle: building the real Collector, once, into $home: this takes minutes" >&2
  build telemetrygen github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen telemetrygen
  build collector . otelcol
  mkdir -p "$home"
  mv "$parts/otelcol" "$parts/telemetrygen" "$home/"
fi
echo "$home"
