#!/bin/sh
# Builds with Maven and puts the result into dist/: bin/weir, lib/*.jar, bpf/*.bpf.o, config.yaml, and the AOT
# cache. Maven's output goes to target/build.log and is shown if the build fails: javac's warnings are errors
# here, and Maven's quiet mode would hide them.
#
#   build/dist.sh                 builds, into dist/
#   build/dist.sh --built DIR     puts what Maven has packaged already into DIR: the tests of what ships do so
set -eu
cd "$(dirname "$0")/.."
dist=dist
if [ "${1:-}" = --built ]; then
  dist=$2
else
  rm -rf agent/target/dist
  mkdir -p target
  echo "build: compiling and packaging (target/build.log)"
  # Only what the agent consists of; Error Prone, format and coverage are the business of make test.
  if ! build/with-jdk.sh mvn --batch-mode -Pquick -pl agent -am -DskipTests \
    package >target/build.log 2>&1; then
    grep -E -A 3 '^\[(WARNING|ERROR)\]' target/build.log >&2 || cat target/build.log >&2
    exit 1
  fi
fi

rm -rf "$dist"
mkdir -p "$dist/bin" "$dist/lib" "$dist/bpf"
cp agent/src/dist/bin/weir "$dist/bin/weir"
cp build/find-jdk.sh "$dist/lib/find-jdk.sh"
cp -p agent/target/dist/lib/*.jar agent/target/weir-agent-*.jar "$dist/lib/"
cp config.yaml "$dist/config.yaml"
cp -p bpf/target/classes/dev/weir/bpf/*.bpf.o "$dist/bpf/" # for a look with bpftool; the jar has them too

# The AOT cache (JEP 514): classes as the JVM left them after a training run. The run plays back recorded
# kernel records, so it needs neither kernel nor privileges. Without a cache everything works, more slowly. There is a
# second one for agents that speak OTLP: it is 50 MB instead of 30.
# Written as the JVM writes it, in big pieces, the page cache holds it in pieces of 2 MB, and some kernels map such a piece
# as a whole at the first touch (ext4, 6.18): all of it is resident then. Copied in small pieces it is not.
for name in weir weir-otlp; do
  cache=$dist/lib/$name.aot
  WEIR_AOT_TRAINING=$cache build/train.sh "$dist/bin/weir" "$name" >"$cache.log" 2>&1 || true
  if [ -s "$cache" ]; then
    if dd if="$cache" of="$cache.pages" bs=4096 2>"$cache.log"; then
      mv "$cache.pages" "$cache"
      rm "$cache.log"
    else
      rm -f "$cache.pages"
      echo "build: $cache stays as the JVM wrote it ($cache.log says why); the agent takes more memory" >&2
    fi
  else
    echo "build: no AOT cache was made ($cache.log says why); the agent starts more slowly" >&2
  fi
done
echo "build: $dist/bin/weir is ready"
