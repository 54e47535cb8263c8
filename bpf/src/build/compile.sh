#!/bin/sh
# Compiles the BPF programs: compile.sh SOURCE_DIR OUTPUT_DIR [FLAG...]
# Flags are for tests (rules.h); what is shipped is compiled without.
# The same sources give the same bytes in any directory (per version of clang): paths are mapped away.
# Debug sections go; BTF, which CO-RE needs, stays.
set -eu
src=$1
out=$2
shift 2
clang=${CLANG:-$(command -v clang || ls -1 /usr/bin/clang-[0-9]* 2>/dev/null | sort -V | tail -n 1 || true)}
if [ -z "$clang" ]; then
  echo "clang was not found: install it (Debian, Ubuntu: apt-get install clang llvm; Fedora: dnf install clang llvm)" >&2
  exit 1
fi
strip=${LLVM_STRIP:-$(command -v llvm-strip || ls -1 /usr/bin/llvm-strip-[0-9]* 2>/dev/null | sort -V | tail -n 1 || true)}
if [ -z "$strip" ]; then
  echo "llvm-strip was not found: install it (Debian, Ubuntu: apt-get install llvm; Fedora: dnf install llvm)" >&2
  exit 1
fi
case $(uname -m) in
  x86_64) arch=x86 ;;
  aarch64) arch=arm64 ;;
  *) arch=$(uname -m) ;;
esac
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$src"
for file in *.bpf.c; do
  object=$out/${file%.c}.o
  "$clang" -O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -mcpu=v3 \
    "-D__TARGET_ARCH_$arch" "-ffile-prefix-map=$PWD=." -fdebug-compilation-dir=. "$@" -c "$file" -o "$object.tmp"
  "$strip" -g "$object.tmp"
  mv "$object.tmp" "$object"
done
