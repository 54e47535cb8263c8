#!/bin/sh
# Looks for what a make target needs; installs what is missing with the system's package manager and says
# so; what it cannot install it names, with where to get it, and ends with exit code 1.
#
#   build/setup.sh build|run|test|bench
#
# Says nothing and takes well under 0.3 s when nothing is missing. WEIR_NO_INSTALL=1: look, never install.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/find-jdk.sh"

goal=${1:-build}
case $goal in
  build) things="jdk maven clang llvm-strip libbpf libbpf-headers kernel-headers cc libc-headers" ;;
  run) things="java libbpf" ;;
  bench) things="jdk maven clang llvm-strip libbpf libbpf-headers kernel-headers cc libc-headers iproute2 procps bpftool" ;;
  test)
    things="jdk maven clang llvm-strip libbpf libbpf-headers kernel-headers cc libc-headers iproute2 procps util-linux \
 bpftool prometheus curl"
    [ "${CI:-}" != true ] || things="$things go" # otherwise the tests that need it are left out
    ;;
  *)
    echo "usage: build/setup.sh build|run|test|bench" >&2
    exit 2
    ;;
esac

any_exists() {
  for candidate; do
    [ -e "$candidate" ] && return 0
  done
  return 1
}

# In PATH, or where Debian keeps what only root has in PATH.
has_program() {
  command -v "$1" >/dev/null 2>&1 || any_exists "/usr/sbin/$1" "/sbin/$1"
}

maven_is_new_enough() {
  mvn_program=$(command -v mvn) || return 1
  mvn_home=$(readlink -f "$mvn_program")
  mvn_home=${mvn_home%/bin/mvn}
  mvn_version=
  # File names tell the version without starting a JVM: those of the project's archive, those of Debian.
  for file in "$mvn_home"/lib/maven-core-*.jar /usr/share/maven-repo/org/apache/maven/maven-core/[0-9]*; do
    file=${file##*/}
    file=${file#maven-core-}
    file=${file%.jar}
    case $file in
      *x | *\**) ;;
      *) mvn_version=$file && break ;;
    esac
  done
  case $mvn_version in
    [0-9]*.[0-9]*) ;;
    *) mvn_version=$("$here/with-jdk.sh" mvn -v 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p') ;;
  esac
  mvn_major=${mvn_version%%.*}
  mvn_minor=${mvn_version#*.}
  mvn_minor=${mvn_minor%%.*}
  [ "${mvn_major:-0}" -gt 3 ] || { [ "${mvn_major:-0}" -eq 3 ] && [ "${mvn_minor:-0}" -ge 8 ]; }
}

# is_there THING
is_there() {
  case $1 in
    jdk) find_jdk javac >/dev/null ;;
    java) find_jdk java >/dev/null ;;
    maven) maven_is_new_enough ;;
    clang) has_program clang ;;
    llvm-strip) has_program llvm-strip ;;
    libbpf) any_exists /usr/lib/*-linux-gnu/libbpf.so.1 /lib/*-linux-gnu/libbpf.so.1 /usr/lib64/libbpf.so.1 \
      /usr/lib/libbpf.so.1 /lib64/libbpf.so.1 /usr/local/lib/libbpf.so.1 /usr/local/lib64/libbpf.so.1 ;;
    libbpf-headers) any_exists /usr/include/bpf/bpf_helpers.h /usr/local/include/bpf/bpf_helpers.h ;;
    kernel-headers) any_exists /usr/include/linux/bpf.h ;;
    iproute2) has_program ip && has_program tc && has_program ss ;;
    procps) any_exists /bin/kill /usr/bin/kill && has_program sysctl ;; # kill: every shell has one of its own
    util-linux) has_program setpriv && has_program unshare ;;
    prometheus) has_program prometheus && has_program promtool ;;
    bpftool) has_program bpftool ;;
    cc) has_program cc ;;
    libc-headers) any_exists /usr/include/stdio.h ;;
    curl) has_program curl ;;
    go) has_program go || any_exists /usr/local/go/bin/go ;;
  esac
}

# packages_for MANAGER THING: names to try, the first that the manager knows is taken.
packages_for() {
  case $1:$2 in
    apt:jdk | apt:java) echo openjdk-25-jdk-headless ;;
    dnf:jdk | dnf:java) echo java-25-openjdk-devel java-latest-openjdk-devel ;;
    apk:jdk | apk:java) echo openjdk25-jdk openjdk25 ;;
    zypper:jdk | zypper:java) echo java-25-openjdk-devel ;;
    *:maven) echo maven ;;
    *:clang) echo clang ;;
    *:llvm-strip) echo llvm ;;
    apt:libbpf | zypper:libbpf) echo libbpf1 ;;
    *:libbpf) echo libbpf ;;
    apt:libbpf-headers | apk:libbpf-headers) echo libbpf-dev ;;
    *:libbpf-headers) echo libbpf-devel ;;
    apt:kernel-headers) echo linux-libc-dev ;;
    dnf:kernel-headers) echo kernel-headers ;;
    apk:kernel-headers) echo linux-headers ;;
    zypper:kernel-headers) echo linux-glibc-devel ;;
    dnf:iproute2) echo iproute-tc ;; # brings ip and ss with it
    *:iproute2) echo iproute2 ;;
    dnf:procps) echo procps-ng ;;
    *:procps) echo procps ;;
    *:util-linux) echo util-linux ;;
    dnf:prometheus) echo golang-github-prometheus prometheus ;;
    zypper:prometheus) echo golang-github-prometheus-prometheus ;;
    *:prometheus) echo prometheus ;;
    apt:bpftool) echo bpftool linux-tools-generic ;;
    *:bpftool) echo bpftool ;;
    *:cc) echo gcc ;;
    apt:libc-headers) echo libc6-dev ;;
    apk:libc-headers) echo musl-dev ;;
    *:libc-headers) echo glibc-devel ;;
    *:curl) echo curl ;;
    apt:go) echo golang-go ;;
    dnf:go) echo golang ;;
    *:go) echo go ;;
  esac
}

# advice THING: what to install and from where, for a person.
advice() {
  case $1 in
    jdk) echo "a JDK $WEIR_MIN_JAVA or newer, which the packages of this system do not have (Debian has it from 13 on). For example Eclipse
    Temurin: take the JDK $WEIR_MIN_JAVA for Linux from https://adoptium.net/temurin/releases/?version=$WEIR_MIN_JAVA and unpack it:
    mkdir -p /usr/lib/jvm && tar -C /usr/lib/jvm -xzf OpenJDK${WEIR_MIN_JAVA}U-jdk_*.tar.gz
    (or with SDKMAN: sdk install java $WEIR_MIN_JAVA-tem). It is found there, in PATH, and in JAVA_HOME" ;;
    java) echo "Java $WEIR_MIN_JAVA or newer: for example Eclipse Temurin, from https://adoptium.net/temurin/releases/?version=$WEIR_MIN_JAVA;
    unpack it under /usr/lib/jvm, or set JAVA_HOME" ;;
    maven) echo "Apache Maven 3.8 or newer (package maven, or the binary archive of the Apache Maven project), with mvn in PATH" ;;
    clang) echo "clang 14 or newer (package clang), which compiles the BPF programs" ;;
    llvm-strip) echo "llvm-strip (package llvm), which strips the BPF programs" ;;
    libbpf) echo "libbpf 1.0 or newer, the library libbpf.so.1 (package libbpf1 or libbpf; Ubuntu 22.04 has only version 0: take a newer release)" ;;
    libbpf-headers) echo "libbpf's headers, bpf/bpf_helpers.h (package libbpf-dev or libbpf-devel)" ;;
    kernel-headers) echo "the kernel's user space headers, linux/bpf.h (package linux-libc-dev, kernel-headers or linux-headers)" ;;
    iproute2) echo "ip, tc and ss (package iproute2)" ;;
    procps) echo "kill and sysctl (package procps)" ;;
    util-linux) echo "setpriv and unshare (package util-linux)" ;;
    prometheus) echo "prometheus and promtool (package prometheus, or the release archive of the Prometheus project), in PATH" ;;
    bpftool) echo "bpftool (package bpftool or linux-tools-generic)" ;;
    cc) echo "a C compiler, called cc (package gcc)" ;;
    libc-headers) echo "the C library's headers, stdio.h (package libc6-dev, glibc-devel or musl-dev)" ;;
    curl) echo "curl (package curl)" ;;
    go) echo "Go 1.26 or newer (from the Go project), in PATH: it builds the Collector that the tests compare with" ;;
  esac
}

missing=
for thing in $things; do
  is_there "$thing" || missing="$missing $thing"
done
[ -n "$missing" ] || exit 0

manager=
for program in apt-get dnf apk zypper; do
  if has_program "$program"; then
    manager=${program%-get}
    break
  fi
done

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@" </dev/null
  else
    sudo "$@"
  fi
}

can_install() {
  [ -z "${WEIR_NO_INSTALL:-}" ] && [ -n "$manager" ] && { [ "$(id -u)" -eq 0 ] || has_program sudo; }
}

updated=
update_lists() {
  [ -z "$updated" ] || return 0
  updated=yes
  case $manager in
    apt)
      echo "setup: apt-get update"
      as_root apt-get -qq -o Acquire::Retries=3 update
      ;;
    apk)
      echo "setup: apk update"
      as_root apk update -q
      ;;
  esac
}

knows_package() {
  case $manager in
    apt) [ -n "$(apt-cache show "$1" 2>/dev/null | head -n 1)" ] ;;
    dnf) dnf -q list "$1" >/dev/null 2>&1 ;;
    apk) [ -n "$(apk search -x "$1" 2>/dev/null)" ] ;;
    zypper) zypper -q search -x "$1" >/dev/null 2>&1 ;;
  esac
}

# choose_packages: sets $packages to what to install for $missing. A thing that no package brings is left out.
choose_packages() {
  packages=
  unknown=
  for thing in $missing; do
    chosen=
    for package in $(packages_for "$manager" "$thing"); do
      if knows_package "$package"; then
        chosen=$package
        break
      fi
    done
    if [ -n "$chosen" ]; then
      packages="$packages $chosen"
    else
      unknown="$unknown $thing"
    fi
  done
}

install_packages() {
  # shellcheck disable=SC2086 # a list of package names
  case $manager in
    apt) as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
      install --no-install-recommends $packages >/dev/null ;;
    dnf) as_root dnf -q -y install $packages ;;
    apk) as_root apk add -q $packages ;;
    zypper) as_root zypper -q --non-interactive install --no-recommends $packages ;;
  esac
}

if can_install; then
  choose_packages
  if [ -n "$unknown" ]; then # the lists may be old, or never have been fetched
    update_lists || echo "setup: could not update the package lists, going on with the old ones" >&2
    choose_packages
  fi
  if [ -n "$packages" ]; then
    echo "setup: missing:$missing; installing with $manager:$packages"
    install_packages || {
      update_lists || true
      install_packages || echo "setup: the installation failed" >&2
    }
    case "$packages" in
      *prometheus*) # wanted as a program; the package may start it as a service
        if [ -d /run/systemd/system ]; then
          echo "setup: stopping the prometheus service that the package started"
          as_root systemctl disable -q --now prometheus || true
        fi
        ;;
    esac
  fi
fi

still=
for thing in $missing; do
  is_there "$thing" || still="$still $thing"
done
[ -n "$still" ] || exit 0

echo "Still missing for 'make $goal':" >&2
for thing in $still; do
  echo "  * $(advice "$thing")" >&2
done
if [ -n "$manager" ] && [ "$(id -u)" -ne 0 ] && ! has_program sudo; then
  echo "Neither root nor sudo is here to install packages with $manager." >&2
fi
echo "Install that, then run 'make $goal' again." >&2
exit 1
