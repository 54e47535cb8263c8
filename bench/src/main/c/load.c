/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load whose CPU is measured: both ends of TCP connections in one thread of one process, so that neither
 * the scheduler nor a second process blurs the figure. Softirq on loopback runs in the sender's context and is
 * charged to it, so this process's CPU is the whole cost of a connection but for what somebody else reads.
 *
 *   load churn N     connect, accept, 64 bytes each way, close both ends; N times
 *   load rr N        256 bytes there and 256 back on one connection; N times
 *   load cpu CMD...  runs a command with its output thrown away
 *
 * Prints one line: CPU nanoseconds (user and system) and for how many operations. churn and rr run in a
 * network namespace of their own, which each run finds empty: no TIME_WAIT of the run before, no firewall.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM_UP = 500, CHURN_BYTES = 64, RR_BYTES = 256, MAX_CHURN = 50000 };

static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "load: ");
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\n");
  exit(1);
}

static void check(int result, const char *what) {
  if (result < 0) fail("%s: %s", what, strerror(errno));
}

static uint64_t nanos(const struct rusage *r) {
  return ((uint64_t)r->ru_utime.tv_sec + (uint64_t)r->ru_stime.tv_sec) * 1000000000u +
         ((uint64_t)r->ru_utime.tv_usec + (uint64_t)r->ru_stime.tv_usec) * 1000u;
}

static uint64_t cpu(void) {
  struct rusage r;
  check(getrusage(RUSAGE_SELF, &r), "getrusage");
  return nanos(&r);
}

static void own_namespace(void) {
  check(unshare(CLONE_NEWNET), "unshare (needs root)");
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(s, "socket");
  struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  check(ioctl(s, SIOCSIFFLAGS, &lo), "lo up");
  close(s);
  /* /proc/sys/net is that of the namespace of whoever opens it. */
  int f = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
  check(f, "ip_local_port_range");
  static const char range[] = "2000 65000";
  check((int)write(f, range, sizeof range - 1), "ip_local_port_range");
  close(f);
}

static struct sockaddr_in here = {.sin_family = AF_INET};

static int listener(void) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(s, "socket");
  here.sin_port = htons(1999);
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(bind(s, (struct sockaddr *)&here, sizeof here), "bind");
  check(listen(s, 128), "listen");
  return s;
}

static int dial(void) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(s, "socket");
  check(connect(s, (struct sockaddr *)&here, sizeof here), "connect");
  return s;
}

static void pass(int from, int to, size_t n) {
  static char bytes[RR_BYTES];
  if (send(from, bytes, n, MSG_NOSIGNAL) != (ssize_t)n) fail("send: %s", strerror(errno));
  if (recv(to, bytes, n, MSG_WAITALL) != (ssize_t)n) fail("recv: %s", strerror(errno));
}

static void churn(int l, long n) {
  for (long i = 0; i < n; i++) {
    int client = dial();
    int server = accept4(l, NULL, NULL, SOCK_CLOEXEC);
    check(server, "accept");
    pass(client, server, CHURN_BYTES);
    pass(server, client, CHURN_BYTES);
    close(client);
    close(server);
  }
}

static void rr(int client, int server, long n) {
  for (long i = 0; i < n; i++) {
    pass(client, server, RR_BYTES);
    pass(server, client, RR_BYTES);
  }
}

static void report(uint64_t cpu_nanos, long operations) { printf("%" PRIu64 " %ld\n", cpu_nanos, operations); }

static void run_churn(long n) {
  /* More would meet ports that are still in TIME_WAIT and measure the search for a free one. */
  if (n > MAX_CHURN) fail("churn: at most %d", MAX_CHURN);
  int l = listener();
  churn(l, WARM_UP);
  uint64_t begin = cpu();
  churn(l, n);
  report(cpu() - begin, n);
}

static void run_rr(long n) {
  int l = listener();
  int client = dial(), server = accept(l, NULL, NULL), on = 1;
  check(server, "accept");
  check(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  check(setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  rr(client, server, WARM_UP);
  uint64_t begin = cpu();
  rr(client, server, n);
  report(cpu() - begin, n);
}

static void run_command(char **command) {
  pid_t pid = fork();
  check(pid, "fork");
  if (!pid) {
    int null = open("/dev/null", O_WRONLY);
    check(null, "/dev/null");
    check(dup2(null, STDOUT_FILENO), "dup2");
    execvp(command[0], command);
    fail("%s: %s", command[0], strerror(errno));
  }
  int status;
  struct rusage r;
  check(wait4(pid, &status, 0, &r), "wait4");
  if (!WIFEXITED(status) || WEXITSTATUS(status)) fail("%s did not succeed", command[0]);
  report(nanos(&r), 1);
}

int main(int c, char **v) {
  if (c > 2 && !strcmp(v[1], "cpu")) {
    run_command(v + 2);
    return 0;
  }
  char *rest = NULL;
  long n = c == 3 ? strtol(v[2], &rest, 10) : 0;
  if (n < 1 || *rest || (strcmp(v[1], "churn") && strcmp(v[1], "rr"))) {
    fprintf(stderr, "usage: load churn N | rr N | cpu COMMAND...\n");
    return 2;
  }
  own_namespace();
  if (!strcmp(v[1], "churn")) run_churn(n);
  else run_rr(n);
  return 0;
}
