#!/bin/sh
# Proves that a machine with nothing on it but make, git and certificates comes to a running agent by itself: makes
# such a system with debootstrap, clones the last commit into it, types what a person would type, and compares what
# the agent says with bytes that are known. Takes minutes and a gigabyte; needs root, and debootstrap.
#
#   build/bare-machine.sh [--jdk DIR] [--keep] [--script FILE] SUITE [TARGET]...
#
#   SUITE          a Debian or Ubuntu release that debootstrap knows: trixie, bookworm, noble, ...
#   TARGET         make targets beside run: build, test (default: build)
#   --jdk DIR      put this JDK where advice says, for a release without JDK 25; without it such a release
#                  must end in that advice
#   --keep         leave the system where it is made (TMPDIR), to look at
#   --script FILE  debootstrap's script, for a suite that this debootstrap is too old to know
#
# Packages come from where this machine gets its own, if that has the suite (MIRROR=address says otherwise), and the
# certificates that this machine trusts beyond the usual are trusted there too. The running kernel is the real one.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)

jdk=
keep=
script=
while [ $# -gt 0 ]; do
  case $1 in
    --jdk) jdk=$2 && shift 2 ;;
    --script) script=$2 && shift 2 ;;
    --keep) keep=yes && shift ;;
    -*) sed -n '6,17s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { sed -n '6,17s/^# \{0,1\}//p' "$0" >&2 && exit 2; }
suite=$1
shift
[ $# -gt 0 ] || set -- build

[ "$(id -u)" -eq 0 ] || { echo "bare-machine: needs root (chroot, mounts, programs in the kernel)" >&2 && exit 1; }
for program in debootstrap git unshare; do
  command -v "$program" >/dev/null || { echo "bare-machine: $program is missing" >&2 && exit 1; }
done

if [ "${BARE_MACHINE_INSIDE:-}" != yes ]; then
  # A mount namespace of its own: every mount below goes with the last process in it, whatever happens here,
  # so that nothing can be mounted any more when the tree is removed.
  root=$(mktemp -d "${TMPDIR:-/tmp}/bare-$suite.XXXXXX")
  chmod 755 "$root" # apt fetches as a user of its own
  code=0
  BARE_MACHINE_INSIDE=yes BARE_MACHINE_ROOT=$root unshare --mount --propagation private -- \
    "$0" ${jdk:+--jdk "$jdk"} ${script:+--script "$script"} "$suite" "$@" || code=$?
  if [ -n "$keep" ]; then
    echo "bare-machine: the system is in $root"
  elif grep -q " $root/" /proc/self/mounts; then
    echo "bare-machine: something is still mounted below $root: not removed" >&2
  else
    rm -rf --one-file-system "$root"
  fi
  exit "$code"
fi
root=$BARE_MACHINE_ROOT

began=$(date +%s)
say() {
  echo "bare-machine: $(($(date +%s) - began)) s: $*"
}
fail() {
  say "FAILED: $*" >&2
  exit 1
}

say "making $suite in $root"
mirror=${MIRROR:-$(sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' \
  /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)}
# shellcheck disable=SC2086 # nothing where nothing is known
debootstrap --variant=minbase --include=ca-certificates,make,git "$suite" "$root" $mirror $script >"$root.log" 2>&1 || {
  tail -n 5 "$root.log" >&2
  fail "debootstrap ($root.log)"
}
rm "$root.log"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"$root/etc/hosts" # as an installer does
for certificate in /usr/local/share/ca-certificates/*.crt; do
  [ ! -e "$certificate" ] || cp "$certificate" "$root/usr/local/share/ca-certificates/"
done
mount --bind "$root" "$root" # a mount point, as / is on a machine: ip netns exec wants that
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
git clone --quiet "$here" "$root/root/weir"

# in_root COMMAND...: as a fresh login would run it, nothing of this machine's environment.
in_root() {
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c 'cd /root/weir && exec "$@"' sh "$@"
}
in_root update-ca-certificates >/dev/null 2>&1
say "$(in_root sh -c 'dpkg-query -W | wc -l') packages are installed, $(du -sxm "$root" | cut -f 1) MB"

log=$root/root/run.log
if [ -z "$jdk" ] && ! in_root sh -c 'apt-get -qq update && apt-cache show openjdk-25-jdk-headless' >/dev/null 2>&1; then
  say "this suite has no JDK 25: make run must say so"
  ! in_root make run >"$log" 2>&1 || fail "make run succeeded without a JDK 25"
  sed 's/^/  | /' "$log"
  grep -q 'Still missing' "$log" || fail "no advice"
  grep -q 'JDK 25' "$log" || fail "the advice does not name the JDK"
  say "it does; with --jdk DIR it goes on from there"
  exit 0
fi
if [ -n "$jdk" ]; then
  say "following the advice: $jdk goes to /usr/lib/jvm"
  mkdir -p "$root/usr/lib/jvm"
  cp -a "$jdk" "$root/usr/lib/jvm/"
  rm -f "$root/usr/lib/jvm/"*/lib/weir.aot
fi

say "make run"
# Ports of their own, so that an agent of this machine may run meanwhile.
in_root make run ARGS="--set exporters.prometheus.endpoint=127.0.0.1:0 --set exporters.access_log.path=/root/access.log \
  --set 'service.telemetry.metrics.readers=[{pull: {exporter: {prometheus: {host: localhost, port: 0}}}}]'" >"$log" 2>&1 &
running=$!
stop_agent() {
  # The agent is the process whose root is this system.
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/root" 2>/dev/null)" = "$root" ] && grep -q dev.weir.agent.Main "$process/cmdline" 2>/dev/null; then
      kill -TERM "${process#/proc/}" 2>/dev/null || true
    fi
  done
}
trap stop_agent EXIT
page=
while [ -z "$page" ]; do
  kill -0 "$running" 2>/dev/null || { sed 's/^/  | /' "$log" >&2 && fail "make run ended"; }
  sleep 1
  page=$(sed -n 's,.*exporter prometheus: http://\([^/]*\)/metrics.*,\1,p' "$log")
done
sed 's/^/  | /' "$log"
say "the agent runs"

# 12,345 bytes there, 678 back, over one connection on the loopback. perl is there because git needs it.
port=$(in_root perl -MIO::Socket::INET -e '
  my $l = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
  if (!fork) { my $s = $l->accept; my $n = 0; while ($n < 12345) { $n += sysread($s, my $b, 65536) || die }
    print $s "x" x 678; exit }
  my $c = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport) or die;
  print $c "x" x 12345; $c->flush; my $n = 0; while (my $r = sysread($c, my $b, 65536)) { $n += $r } die if $n != 678;
  print $l->sockport; wait')
read_page() {
  in_root perl -MIO::Socket::INET -e '
    my $c = IO::Socket::INET->new(PeerAddr => $ARGV[0]) or die "$ARGV[0]: $!";
    print $c "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n"; $c->flush; print while <$c>' "$page"
}
tries=0
until lines=$(read_page | grep '^tcp_io_bytes_total{' | grep "destination_port=\"$port\"") &&
  [ "$(echo "$lines" | grep -c ' 12345$')" -eq 2 ] && [ "$(echo "$lines" | grep -c ' 678$')" -eq 2 ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 30 ] || { echo "$lines" >&2 && fail "the page does not show 12345 and 678 bytes at port $port, at both ends"; }
  sleep 1
done
echo "$lines" | sed 's/^/  | /'
say "the page shows the known bytes at both ends; $(read_page | grep -c '^tcp_') lines in all"
stop_agent
wait "$running" || fail "make run ended with code $?"
say "stopped"

for target; do
  say "make $target"
  in_root make "$target" >"$root/root/$target.log" 2>&1 </dev/null || {
    tail -n 60 "$root/root/$target.log" >&2
    fail "make $target"
  }
  tail -n 3 "$root/root/$target.log" | sed 's/^/  | /'
done
say "done: $suite, $(du -sxm "$root" | cut -f 1) MB"
