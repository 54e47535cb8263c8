/* SPDX-License-Identifier: Apache-2.0 */
#include "end.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 256 * 1024 };

static char payload[CHUNK];

void fail(const char *format, ...) {
  char name[16] = "";
  prctl(PR_GET_NAME, name);
  va_list arguments;
  va_start(arguments, format);
  char text[512];
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "%s: %s\n", name, text);
  exit(1);
}

uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- processes ---- */

struct tally *tallies(void) {
  static struct tally *shared;
  if (!shared) {
    shared = mmap(NULL, TALLIES * sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("mmap: %s", strerror(errno));
  }
  return shared;
}

void enter(const char *network_namespace) {
  if (!network_namespace) return;
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", network_namespace);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("%s: %s", path, strerror(errno));
  if (setns(fd, CLONE_NEWNET)) fail("setns %s: %s", path, strerror(errno));
  close(fd);
}

void name_process(const char *name) { prctl(PR_SET_NAME, name); }

pid_t spawn(const struct options *o, const char *name, const char *ns, int tally, int peer, int control, end_fn *work) {
  pid_t parent = getpid();
  pid_t pid = fork();
  if (pid < 0) fail("fork: %s", strerror(errno));
  if (pid) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) exit(1);
  name_process(name);
  alarm((unsigned)o->limit);
  enter(ns);
  struct end self = {.o = o, .t = tallies() + tally, .peer = peer, .control = control, .worker = tally % MAX_WORKERS};
  self.t->pid = getpid();
  work(&self);
  exit(0);
}

void await_exit(pid_t pid, bool killed) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid: %s", strerror(errno));
  if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) fail("process %d took too long", pid);
  if (WIFSIGNALED(status)) fail("process %d was ended by signal %d", pid, WTERMSIG(status));
  if (killed) fail("process %d should have been killed", pid);
  if (WEXITSTATUS(status)) fail("process %d failed", pid);
}

/* ---- lock step ---- */

void tell(int fd, const void *value, size_t n) {
  if (send(fd, value, n, MSG_NOSIGNAL) != (ssize_t)n) fail("the other end is gone: %s", strerror(errno));
}

bool hear(int fd, void *value, size_t n) {
  ssize_t got;
  do got = recv(fd, value, n, MSG_WAITALL);
  while (got < 0 && errno == EINTR);
  return got == (ssize_t)n;
}

void step(struct end *self) { tell(self->peer, "s", 1); }

void await_step(struct end *self) {
  char c;
  if (!hear(self->peer, &c, 1)) fail("the other end is gone");
}

void checkpoint(struct end *self, const char *name) {
  if (!self->o->pause) return;
  char text[32] = "";
  strncpy(text, name, sizeof text - 1);
  tell(self->control, text, sizeof text);
  char c;
  if (!hear(self->control, &c, 1)) fail("the parent is gone");
}

/* ---- addresses and sockets ---- */

socklen_t address(const char *text, int port, struct sockaddr_storage *out) {
  memset(out, 0, sizeof *out);
  struct sockaddr_in *four = (struct sockaddr_in *)out;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
  if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    return sizeof *six;
  }
  fail("not an IP address: %s", text);
}

int stream(const char *address_of_family, bool nonblocking) {
  struct sockaddr_storage a;
  address(address_of_family, 0, &a);
  int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0), 0);
  if (fd < 0) fail("socket: %s", strerror(errno));
  if (a.ss_family == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return fd;
}

void set(int fd, int level, int option, int value) {
  if (setsockopt(fd, level, option, &value, sizeof value)) fail("setsockopt %d %d: %s", level, option, strerror(errno));
}

int bound_port(int fd) {
  struct sockaddr_storage a;
  socklen_t n = sizeof a;
  if (getsockname(fd, (struct sockaddr *)&a, &n)) fail("getsockname: %s", strerror(errno));
  return ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
}

/* Listens (backlog >= 0) or only takes the port (backlog < 0), and tells the other end the port. */
int listener(struct end *self, int backlog) {
  int fd = stream(self->o->listen, false);
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  struct sockaddr_storage a;
  socklen_t n = address(self->o->listen, self->o->port, &a);
  if (bind(fd, (struct sockaddr *)&a, n)) fail("bind %s port %d: %s", self->o->listen, self->o->port, strerror(errno));
  if (backlog >= 0 && listen(fd, backlog)) fail("listen: %s", strerror(errno));
  self->t->port = bound_port(fd);
  if (self->peer >= 0) tell(self->peer, &self->t->port, sizeof self->t->port);
  return fd;
}

int learn_port(struct end *self) {
  int port;
  if (!hear(self->peer, &port, sizeof port)) fail("the server is gone");
  self->t->port = port;
  return port;
}

int taken(struct end *self, int fd) {
  int s = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  if (s < 0) fail("accept: %s", strerror(errno));
  self->t->opened++;
  return s;
}

/* Binds the client's end if --source says so: the i-th of its addresses, the port left to connect. */
static void bind_source(struct end *self, int fd) {
  if (!self->o->source) return;
  struct sockaddr_storage a;
  socklen_t n = address(self->o->source, 0, &a);
  if (a.ss_family == AF_INET) {
    struct in_addr *ip = &((struct sockaddr_in *)&a)->sin_addr;
    uint64_t made = self->t->opened + self->t->failed;
    uint64_t i = (made * (uint64_t)self->o->workers + (uint64_t)self->worker) % (uint64_t)self->o->source_count;
    ip->s_addr = htonl(ntohl(ip->s_addr) + (uint32_t)i);
  }
  set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  if (bind(fd, (struct sockaddr *)&a, n)) fail("bind %s: %s", self->o->source, strerror(errno));
}

int dial(struct end *self, int port) {
  int fd = stream(self->o->server, false);
  bind_source(self, fd);
  struct sockaddr_storage a;
  socklen_t n = address(self->o->server, port, &a);
  if (connect(fd, (struct sockaddr *)&a, n)) fail("connect %s port %d: %s", self->o->server, port, strerror(errno));
  self->t->opened++;
  return fd;
}

/* Returns 0 or the errno of connect on a socket that may be blocking or not. */
int start_dial(struct end *self, int fd, int port) {
  struct sockaddr_storage a;
  socklen_t n = address(self->o->server, port, &a);
  return connect(fd, (struct sockaddr *)&a, n) ? errno : 0;
}

/*
 * Waits for a connect under way and returns its errno, 0 for established. An ICMP error that finds the
 * socket in use does not end the attempt, it only makes poll say POLLERR: who is patient takes the
 * message off the error queue and waits for the end, who is not asks at once what is wrong.
 */
int outcome_of(int fd, int limit_ms, bool impatient) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  for (;;) {
    int n;
    do n = poll(&p, 1, limit_ms);
    while (n < 0 && errno == EINTR);
    if (n != 1) fail("connect came to no end within %d ms", limit_ms);
    if (impatient || p.revents & (POLLOUT | POLLHUP)) break;
    char message[512];
    if (recv(fd, message, sizeof message, MSG_ERRQUEUE) < 0 && errno != EAGAIN) fail("MSG_ERRQUEUE: %s", strerror(errno));
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size)) fail("SO_ERROR: %s", strerror(errno));
  return error;
}

/*
 * From here on the socket drops whatever arrives, as if the network did: the kernel runs a socket's
 * filter before it looks at the segment, and says nothing to the sender. On a listener it drops SYNs.
 */
void drop_all(int fd) {
  struct sock_filter none[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  struct sock_fprog program = {.len = 1, .filter = none};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) fail("filter: %s", strerror(errno));
}

/* Waits until the filter has dropped n segments. */
void await_drops(struct end *self, int fd, uint32_t n) {
  uint32_t memory[SK_MEMINFO_VARS];
  socklen_t size = sizeof memory;
  uint64_t deadline = now() + (uint64_t)self->o->limit * 1000000000u;
  do {
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &size)) fail("SO_MEMINFO: %s", strerror(errno));
    if (now() > deadline) fail("nothing was dropped");
    sched_yield();
  } while (memory[SK_MEMINFO_DROPS] < n);
}

void drop_nothing(int fd) { set(fd, SOL_SOCKET, SO_DETACH_FILTER, 0); }

void let_go(struct end *self, int fd, bool reset) {
  struct linger now_ = {.l_onoff = 1, .l_linger = 0};
  if (reset && setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_, sizeof now_)) fail("SO_LINGER: %s", strerror(errno));
  if (close(fd)) fail("close: %s", strerror(errno));
  self->t->closed++;
}

static const struct {
  int error;
  const char *name;
} errors[] = {
    {0, ""},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ETIMEDOUT, "ETIMEDOUT"},
    {EHOSTUNREACH, "EHOSTUNREACH"},
    {ENETUNREACH, "ENETUNREACH"},
    {EACCES, "EACCES"},
    {ECONNRESET, "ECONNRESET"},
    {EPIPE, "EPIPE"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {EINPROGRESS, "EINPROGRESS"},
};

const char *errno_name(int error) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (errors[i].error == error) return errors[i].name;
  return strerror(error);
}

int errno_of(const char *name) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (!strcmp(errors[i].name, name)) return errors[i].error;
  fail("--expect %s: not known here", name);
}

/* ---- bytes ---- */

void give(struct end *self, int fd, uint64_t n) {
  while (n) {
    ssize_t done = send(fd, payload, n < CHUNK ? (size_t)n : CHUNK, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("send: %s", strerror(errno));
    n -= (uint64_t)done;
    self->t->sent += (uint64_t)done;
  }
}

/* Takes n bytes off the socket; MSG_TRUNC lets the kernel throw them away without a copy. */
void take(struct end *self, int fd, uint64_t n) {
  while (n) {
    ssize_t done = recv(fd, NULL, n < (1u << 20) ? (size_t)n : (1u << 20), MSG_TRUNC);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("recv: %s", strerror(errno));
    if (!done) fail("the stream ended %llu bytes early", (unsigned long long)n);
    n -= (uint64_t)done;
    self->t->received += (uint64_t)done;
  }
}

void expect_end(int fd) {
  char c;
  ssize_t n = recv(fd, &c, 1, 0);
  if (n < 0) fail("end of stream expected, not %s", strerror(errno));
  if (n > 0) fail("end of stream expected, not more bytes");
}

void expect_error(struct end *self, int fd, int error) {
  char c;
  ssize_t n = recv(fd, &c, 1, 0);
  if (n >= 0) fail("%s expected, not %s", errno_name(error), n ? "bytes" : "the end of the stream");
  if (errno != error) fail("%s expected, not %s", errno_name(error), strerror(errno));
  self->t->error = error;
}

/* Waits until n bytes lie unread in the socket: they have arrived, nobody takes them. */
void await_unread(struct end *self, int fd, uint64_t n) {
  if (n > CHUNK) fail("at most %d bytes can wait unread", CHUNK);
  if (n && recv(fd, payload, n, MSG_PEEK | MSG_WAITALL) != (ssize_t)n) fail("peek: %s", strerror(errno));
  int waiting;
  if (ioctl(fd, FIONREAD, &waiting)) fail("FIONREAD: %s", strerror(errno));
  if ((uint64_t)waiting != n) fail("%d bytes wait, not %llu", waiting, (unsigned long long)n);
  self->t->received += n;
}
