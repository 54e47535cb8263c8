# Finds a JDK that is new enough. Read by build/setup.sh, build/with-jdk.sh and the launcher
# (dist/bin/weir); defines functions, does nothing by itself. POSIX sh.

WEIR_MIN_JAVA=25

# java_major DIR: prints the major version of the Java installation in DIR, nothing if there is none.
# The "release" file answers in microseconds; starting java would take 40 ms each.
java_major() {
  [ -x "$1/bin/java" ] || return 0
  java_version=
  if [ -r "$1/release" ]; then
    while IFS='=' read -r release_key release_value; do
      [ "$release_key" = JAVA_VERSION ] && java_version=$release_value
    done <"$1/release"
  fi
  [ -n "$java_version" ] || java_version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version \("[^"]*"\).*/\1/p')
  java_version=${java_version#\"}
  java_version=${java_version%%[!0-9]*}
  printf '%s' "$java_version"
}

# java_good DIR PROGRAM: whether DIR holds PROGRAM (java or javac) of a version that is new enough.
java_good() {
  [ -x "$1/bin/$2" ] || return 1
  java_major_found=$(java_major "$1")
  [ -n "$java_major_found" ] && [ "$java_major_found" -ge "$WEIR_MIN_JAVA" ]
}

# find_jdk PROGRAM: prints the home of a Java that has PROGRAM and is new enough. JAVA_HOME wins, then
# the java of PATH, then the usual places.
find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && java_good "$JAVA_HOME" "$1"; then
    printf '%s\n' "$JAVA_HOME"
    return 0
  fi
  path_java=$(command -v "$1" || true)
  if [ -n "$path_java" ]; then
    path_java=$(readlink -f "$path_java")
    path_java=${path_java%/bin/*}
    if java_good "$path_java" "$1"; then
      printf '%s\n' "$path_java"
      return 0
    fi
  fi
  for java_place in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/jdk* /opt/*/jdk* \
    "${HOME:-/root}"/.sdkman/candidates/java/* "${HOME:-/root}"/.jdks/* /usr/local/openjdk-* /usr/local/jdk*; do
    if java_good "$java_place" "$1"; then
      printf '%s\n' "$java_place"
      return 0
    fi
  done
  return 1
}
