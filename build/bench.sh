#!/bin/sh
# Runs the benchmarks: build/bench.sh [BENCHMARK...] [--pairs N] [--scale X]. 'make bench' has built them.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "bench: needs root: it loads programs into the kernel and makes network namespaces" >&2
  exit 1
fi
. build/find-jdk.sh
java_home=$(find_jdk javac)
# jmh's forks use the class path and the options of this JVM.
exec "$java_home/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$(echo bench/target/weir-bench-*.jar):bench/target/lib/*" dev.weir.bench.Main "$@"
