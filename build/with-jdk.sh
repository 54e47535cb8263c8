#!/bin/sh
# Runs a command with JAVA_HOME set to a JDK that is new enough: build/with-jdk.sh mvn verify
set -eu
. "$(dirname "$0")/find-jdk.sh"
JAVA_HOME=$(find_jdk javac) || {
  echo "No JDK $WEIR_MIN_JAVA or newer found; 'make build' says how to get one." >&2
  exit 1
}
export JAVA_HOME
# What Maven itself loads makes a new JVM warn; that says nothing about Weir.
export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
exec "$@"
