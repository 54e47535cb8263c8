#!/bin/sh
# Builds and runs the benchmarks: build/bench.sh [arguments of dev.weir.bench.Main]. Needs root: they load programs
# into the kernel and make network namespaces.
set -eu
cd "$(dirname "$0")/.."
. build/find-jdk.sh
java_home=$(find_jdk java)
mkdir -p target
echo "bench: compiling and packaging (target/bench.log)"
if ! build/with-jdk.sh mvn --batch-mode -Pquick -pl bench -am -DskipTests package >target/bench.log 2>&1; then
  grep -E -A 3 '^\[(WARNING|ERROR)\]' target/bench.log >&2 || cat target/bench.log >&2
  exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
  echo "bench: the benchmarks need root: running them with sudo" >&2
  as_root=sudo
fi
# The Collector that relay and footprint are measured against; five minutes the first time.
case " $* " in
  *" --collector "*) ;;
  *" relay "* | *" footprint "* | "  ") set -- "$@" --collector "$(build/oracle.sh)/otelcol" ;;
esac
bench_jar=$(echo bench/target/weir-bench-*.jar)
exec $as_root "$java_home/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$bench_jar:bench/target/lib/*" dev.weir.bench.Main "$@"
