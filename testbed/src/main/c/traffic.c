/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP traffic of which every figure is known: how many connections each end opened, closed and failed
 * to open, and how many payload bytes it gave to the network and got from it. One JSON line at the end
 * says so. Whatever goes otherwise than the scenario claims ends the program with exit code 1.
 *
 * Loss is made by a socket filter that drops everything (end.c, drop_all), so that no scenario needs a
 * firewall, a second host or a change to the network.
 */
#include "end.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

enum { BACKLOG = 4096, SOME = 1000 };

static long share(const struct options *o, int worker) {
  return o->count / o->workers + (worker < o->count % o->workers ? 1 : 0);
}

/* ---- churn, bulk, rr: exchanges, one connection after the other on each worker ---- */

/* Ahead of a random exchange the client says how much goes each way. */
struct plan {
  uint64_t up, down;
};

static uint64_t next_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* As many small sizes as large ones: uniform in the logarithm, 0 included. */
static uint64_t random_size(uint64_t *state, uint64_t most) {
  int bits = 0;
  while (most >> bits) bits++;
  uint64_t below = (uint64_t)1 << (next_random(state) % (uint64_t)(bits + 1));
  uint64_t size = next_random(state) % below;
  return size < most ? size : most;
}

static void client_exchange(struct end *self, int fd, uint64_t *random) {
  const struct options *o = self->o;
  struct plan plan = {o->up, o->down};
  for (long r = 0; r < o->rounds; r++) {
    if (o->vary) {
      plan.up = random_size(random, o->vary);
      plan.down = random_size(random, o->vary);
      if (send(fd, &plan, sizeof plan, MSG_NOSIGNAL) != sizeof plan) fail("send: %s", strerror(errno));
      self->t->sent += sizeof plan;
    }
    give(self, fd, plan.up);
    take(self, fd, plan.down);
  }
}

static void server_exchange(struct end *self, int fd) {
  const struct options *o = self->o;
  struct plan plan = {o->up, o->down};
  for (long r = 0; r < o->rounds; r++) {
    if (o->vary) {
      if (recv(fd, &plan, sizeof plan, MSG_WAITALL) != sizeof plan) fail("recv: %s", strerror(errno));
      self->t->received += sizeof plan;
    }
    take(self, fd, plan.up);
    give(self, fd, plan.down);
  }
}

/* The client's plain end. Bytes that go one way only are all there when the other end has closed. */
static void client_connections(struct end *self, int port) {
  const struct options *o = self->o;
  uint64_t random = o->seed * 0x9E3779B97F4A7C15u + (uint64_t)self->worker + 1;
  bool server_first = !strcmp(o->first, "server");
  for (long n = share(o, self->worker); n > 0; n--) {
    uint64_t begin = now();
    int fd = dial(self, port);
    client_exchange(self, fd, &random);
    if (server_first) {
      if (o->reset) expect_error(self, fd, ECONNRESET);
      else expect_end(fd);
    } else if (!o->reset && o->down == 0 && !o->vary) {
      /* Nobody answered: wait until the server has read everything and closed, or a later RST
         (an impatient close on a full queue) could cost bytes. */
      if (shutdown(fd, SHUT_WR)) fail("shutdown: %s", strerror(errno));
      expect_end(fd);
    }
    let_go(self, fd, o->reset && !server_first);
    self->t->nanos += now() - begin;
  }
}

static void server_connections(struct end *self, int l) {
  const struct options *o = self->o;
  bool server_first = !strcmp(o->first, "server");
  for (long n = share(o, self->worker); n > 0; n--) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    if (server_first) {
      let_go(self, fd, o->reset);
      continue;
    }
    if (o->reset) expect_error(self, fd, ECONNRESET);
    else expect_end(fd);
    let_go(self, fd, false);
  }
}

static int shared_listener; /* inherited by the server's workers */
static int shared_port;

static void churn_server_worker(struct end *self) { server_connections(self, shared_listener); }

static void churn_client_worker(struct end *self) { client_connections(self, shared_port); }

/* One process an end: workers are its children, and each has its own tally. */
static void with_workers(struct end *self, const char *name, end_fn *work) {
  if (self->o->workers == 1) {
    work(self);
    return;
  }
  int first = (int)(self->t - tallies());
  pid_t pids[MAX_WORKERS];
  for (int w = 0; w < self->o->workers; w++) {
    /* The first worker shares its parent's tally, which is done with. */
    pids[w] = spawn(self->o, name, NULL, first + w, -1, -1, work);
  }
  for (int w = 0; w < self->o->workers; w++) await_exit(pids[w], false);
}

static void churn_server(struct end *self) {
  shared_listener = listener(self, BACKLOG);
  with_workers(self, "tb-server", churn_server_worker);
}

static void churn_client(struct end *self) {
  shared_port = learn_port(self);
  with_workers(self, "tb-client", churn_client_worker);
}

/* ---- serve, dial: one end alone ---- */

static void serve(struct end *self) {
  const struct options *o = self->o;
  int l = listener(self, BACKLOG);
  printf("{\"listening\":%d,\"pid\":%d}\n", self->t->port, getpid());
  fflush(stdout);
  if (!strcmp(o->mode, "exchange")) {
    shared_listener = l;
    with_workers(self, "tb-server", churn_server_worker);
    return;
  }
  bool echo = !strcmp(o->mode, "echo");
  if (!echo && strcmp(o->mode, "sink")) fail("--mode %s: exchange, sink or echo", o->mode);
  for (long n = o->count; n > 0; n--) {
    int fd = taken(self, l);
    for (;;) {
      char buffer[65536];
      ssize_t got = recv(fd, buffer, sizeof buffer, 0);
      if (got < 0) fail("recv: %s", strerror(errno));
      if (!got) break;
      self->t->received += (uint64_t)got;
      if (echo) give(self, fd, (uint64_t)got);
    }
    let_go(self, fd, false);
  }
}

static void dial_alone(struct end *self) {
  if (!self->o->port) fail("--port is needed");
  shared_port = self->t->port = self->o->port;
  with_workers(self, "tb-client", churn_client_worker);
}

/* ---- hold: many connections at once, exchanges on command ---- */

static int commands[TALLIES]; /* the parent's ends of the workers' control sockets */

static void hold_server(struct end *self) {
  long n = share(self->o, self->worker);
  int *fds = calloc((size_t)n + 1, sizeof *fds);
  if (!fds) fail("no memory");
  for (long i = 0; i < n; i++) {
    fds[i] = taken(self, shared_listener);
    server_exchange(self, fds[i]);
  }
  char c;
  tell(self->control, "k", 1);
  while (hear(self->control, &c, 1) && c == 'x') {
    for (long i = 0; i < n; i++) server_exchange(self, fds[i]);
    tell(self->control, "k", 1);
  }
  for (long i = 0; i < n; i++) {
    if (self->o->reset) expect_error(self, fds[i], ECONNRESET);
    else expect_end(fds[i]);
    let_go(self, fds[i], false);
  }
}

static void hold_client(struct end *self) {
  long n = share(self->o, self->worker);
  int *fds = calloc((size_t)n + 1, sizeof *fds);
  if (!fds) fail("no memory");
  uint64_t random = self->o->seed;
  for (long i = 0; i < n; i++) {
    fds[i] = dial(self, shared_port);
    client_exchange(self, fds[i], &random);
  }
  char c;
  tell(self->control, "k", 1);
  while (hear(self->control, &c, 1) && c == 'x') {
    /* A server worker may hold any client's connections: all requests first, then all answers. */
    for (long i = 0; i < n; i++) give(self, fds[i], self->o->up);
    for (long i = 0; i < n; i++) take(self, fds[i], self->o->down);
    tell(self->control, "k", 1);
  }
  for (long i = 0; i < n; i++) let_go(self, fds[i], self->o->reset);
}

static void command_workers(const struct options *o, char c) {
  for (int side = 0; side < 2; side++)
    for (int w = 0; w < o->workers; w++) tell(commands[side * MAX_WORKERS + w], &c, 1);
}

static void await_workers(const struct options *o) {
  char c;
  for (int side = 0; side < 2; side++)
    for (int w = 0; w < o->workers; w++)
      if (!hear(commands[side * MAX_WORKERS + w], &c, 1)) fail("a worker is gone");
}

static void hold_listen(struct end *self) {
  shared_listener = listener(self, BACKLOG);
  int w = self->worker;
  pid_t pids[MAX_WORKERS];
  for (w = 0; w < self->o->workers; w++)
    pids[w] = spawn(self->o, "tb-server", NULL, w, -1, commands[w], hold_server);
  for (w = 0; w < self->o->workers; w++) await_exit(pids[w], false);
}

static void run_hold(struct options *o) {
  struct rlimit r;
  getrlimit(RLIMIT_NOFILE, &r);
  long fit = (long)r.rlim_max - 100;
  if (o->count > fit * o->workers) o->workers = (o->count + fit - 1) / fit;
  if (o->workers > MAX_WORKERS) fail("%ld connections need more than %d processes", o->count, MAX_WORKERS);
  if (o->rounds != 1 || !o->up || !o->down || o->up > 16384 || o->down > 16384 || o->vary)
    fail("hold needs --up and --down between 1 and 16384, and neither --rounds nor --vary");

  int theirs[TALLIES], step_pair[2];
  for (int i = 0; i < TALLIES; i++) {
    int pair[2];
    if (i % MAX_WORKERS >= o->workers) continue;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("socketpair: %s", strerror(errno));
    commands[i] = pair[0];
    theirs[i] = pair[1];
  }
  int ours[TALLIES];
  memcpy(ours, commands, sizeof ours);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, step_pair)) fail("socketpair: %s", strerror(errno));
  /* The listening process forks the server's workers, so they need their ends where it finds them. */
  memcpy(commands, theirs, sizeof commands);
  pid_t server = spawn(o, "tb-server", o->server_ns, 0, step_pair[0], -1, hold_listen);
  memcpy(commands, ours, sizeof commands);
  if (!hear(step_pair[1], &shared_port, sizeof shared_port)) fail("the server is gone");
  pid_t clients[MAX_WORKERS];
  for (int w = 0; w < o->workers; w++)
    clients[w] = spawn(o, "tb-client", o->client_ns, MAX_WORKERS + w, -1, theirs[MAX_WORKERS + w], hold_client);
  for (int i = 0; i < TALLIES; i++)
    if (i % MAX_WORKERS < o->workers) close(theirs[i]);

  await_workers(o);
  printf("{\"holding\":%ld,\"rounds\":1,\"port\":%d}\n", o->count, shared_port);
  fflush(stdout);
  char line[64];
  for (long rounds = 2; fgets(line, sizeof line, stdin) && !strcmp(line, "exchange\n"); rounds++) {
    command_workers(o, 'x');
    await_workers(o);
    printf("{\"holding\":%ld,\"rounds\":%ld,\"port\":%d}\n", o->count, rounds, shared_port);
    fflush(stdout);
  }
  command_workers(o, 'q');
  for (int w = 0; w < o->workers; w++) await_exit(clients[w], false);
  await_exit(server, false);
}

/* ---- connects that come to nothing ---- */

static void start_many(struct end *self, int port, int *fds, int user_timeout_ms) {
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = stream(self->o->server, true);
    if (user_timeout_ms) {
      set(fds[i], IPPROTO_TCP, TCP_SYNCNT, 1);
      set(fds[i], IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
    }
    int error = start_dial(self, fds[i], port);
    if (error != EINPROGRESS) fail("connect: %s expected, not %s", errno_name(EINPROGRESS), strerror(error));
  }
}

static void expect_failures(struct end *self, const int *fds, int error) {
  for (long i = 0; i < self->o->count; i++) {
    int got = outcome_of(fds[i], self->o->limit * 1000, self->o->impatient);
    if (got != error) fail("connect: %s expected, not %s", errno_name(error), got ? strerror(got) : "success");
    self->t->failed++;
    self->t->error = error;
    close(fds[i]);
  }
}

static void refused_server(struct end *self) {
  listener(self, -1); /* the port is taken and nobody listens */
  await_step(self);
}

static void refused_client(struct end *self) {
  int fds[SOME];
  start_many(self, learn_port(self), fds, 0);
  expect_failures(self, fds, ECONNREFUSED);
  step(self);
}

static void dropped_server(struct end *self) {
  int l = listener(self, BACKLOG);
  drop_all(l);
  step(self);
  await_step(self);
}

static void connect_timeout_client(struct end *self) {
  int fds[SOME], port = learn_port(self);
  await_step(self);
  start_many(self, port, fds, 1100);
  checkpoint(self, "connecting");
  expect_failures(self, fds, ETIMEDOUT);
  step(self);
}

static void abort_connect_client(struct end *self) {
  int fds[SOME], port = learn_port(self);
  await_step(self);
  start_many(self, port, fds, 0);
  checkpoint(self, "connecting");
  for (long i = 0; i < self->o->count; i++) {
    close(fds[i]);
    self->t->failed++;
  }
  step(self);
}

static void unreachable_client(struct end *self) {
  int fds[SOME];
  if (!self->o->expect) fail("--expect is needed");
  self->t->port = self->o->port ? self->o->port : 9;
  start_many(self, self->t->port, fds, 0);
  expect_failures(self, fds, errno_of(self->o->expect));
}

/* One source port for all: the first connect takes it, the others find none. */
static void exhausted_server(struct end *self) {
  int l = listener(self, BACKLOG);
  int fd = taken(self, l);
  server_exchange(self, fd);
  expect_end(fd);
  let_go(self, fd, false);
}

static void exhausted_client(struct end *self) {
  int port = learn_port(self);
  int probe = stream(self->o->server, false);
  struct sockaddr_storage any;
  socklen_t n = address(strchr(self->o->server, ':') ? "::" : "0.0.0.0", 0, &any);
  if (bind(probe, (struct sockaddr *)&any, n)) fail("bind: %s", strerror(errno));
  int only = bound_port(probe);
  close(probe);
  int first = stream(self->o->server, false);
  set(first, IPPROTO_IP, IP_LOCAL_PORT_RANGE, only << 16 | only);
  int error = start_dial(self, first, port);
  if (error) fail("connect: %s", strerror(error));
  self->t->opened++;
  for (long i = 0; i < self->o->count; i++) {
    int fd = stream(self->o->server, false);
    set(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, only << 16 | only);
    error = start_dial(self, fd, port);
    if (error != EADDRNOTAVAIL) fail("connect: %s expected, not %s", errno_name(EADDRNOTAVAIL), strerror(error));
    self->t->failed++;
    self->t->error = error;
    close(fd);
  }
  uint64_t random = self->o->seed;
  client_exchange(self, first, &random);
  let_go(self, first, false);
}

/* ---- resets ---- */

/* The server closes with the client's bytes unread: the kernel answers with RST. */
static void unread_reset_server(struct end *self) {
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    await_unread(self, fd, self->o->up);
    let_go(self, fd, false);
  }
}

static void unread_reset_client(struct end *self) {
  int port = learn_port(self);
  if (!self->o->up) fail("--up must be at least 1");
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    give(self, fd, self->o->up);
    expect_error(self, fd, ECONNRESET);
    let_go(self, fd, false);
  }
}

/* The client closes whole, the server writes on: the client's kernel answers with RST. */
static void write_after_close_server(struct end *self) {
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_end(fd);
    give(self, fd, (uint64_t)self->o->extra);
    struct pollfd p = {.fd = fd, .events = 0};
    if (poll(&p, 1, self->o->limit * 1000) != 1 || !(p.revents & POLLERR)) fail("no RST came");
    int error = outcome_of(fd, 0, true);
    if (error != EPIPE && error != ECONNRESET) fail("EPIPE expected, not %s", strerror(error));
    self->t->error = error;
    let_go(self, fd, false);
  }
}

static void plain_client(struct end *self) { client_connections(self, learn_port(self)); }

/* ---- peers that fall silent ---- */

static void silent_server(struct end *self) {
  int l = listener(self, BACKLOG), fds[SOME];
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = taken(self, l);
    server_exchange(self, fds[i]);
  }
  await_step(self);
  for (long i = 0; i < self->o->count; i++) drop_all(fds[i]);
  step(self);
  await_step(self);
  for (long i = 0; i < self->o->count; i++) let_go(self, fds[i], true);
}

static void open_and_silence(struct end *self, int *fds) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  if (!self->o->down) fail("--down must be at least 1: the answer tells that all has arrived");
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = dial(self, port);
    client_exchange(self, fds[i], &random);
  }
  step(self);
  await_step(self);
}

static void keepalive_client(struct end *self) {
  int fds[SOME];
  open_and_silence(self, fds);
  for (long i = 0; i < self->o->count; i++) {
    set(fds[i], IPPROTO_TCP, TCP_KEEPIDLE, 1);
    set(fds[i], IPPROTO_TCP, TCP_KEEPINTVL, 1);
    set(fds[i], IPPROTO_TCP, TCP_KEEPCNT, 1);
    set(fds[i], SOL_SOCKET, SO_KEEPALIVE, 1);
  }
  checkpoint(self, "silent");
  for (long i = 0; i < self->o->count; i++) {
    expect_error(self, fds[i], ETIMEDOUT);
    let_go(self, fds[i], false);
  }
  step(self);
}

/* --extra bytes go out, are sent again, and never arrive. */
static void user_timeout_client(struct end *self) {
  int fds[SOME];
  open_and_silence(self, fds);
  for (long i = 0; i < self->o->count; i++) {
    set(fds[i], IPPROTO_TCP, TCP_USER_TIMEOUT, 500);
    give(self, fds[i], (uint64_t)self->o->extra);
  }
  for (long i = 0; i < self->o->count; i++) {
    expect_error(self, fds[i], ETIMEDOUT);
    let_go(self, fds[i], false);
  }
  step(self);
}

/* ---- kill: the process dies by SIGKILL and the kernel closes what it held ---- */

static bool is_victim(struct end *self, const char *side) { return !strcmp(self->o->victim, side); }

static void die(struct end *self, int held) {
  self->t->closed += (uint64_t)held;
  step(self);
  for (;;) pause();
}

static void kill_other(struct end *self, int tally) {
  await_step(self);
  kill(tallies()[tally].pid, SIGKILL);
}

static void kill_server(struct end *self) {
  int l = listener(self, BACKLOG), fds[SOME];
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = taken(self, l);
    server_exchange(self, fds[i]);
  }
  if (is_victim(self, "server")) die(self, (int)self->o->count);
  kill_other(self, MAX_WORKERS);
  for (long i = 0; i < self->o->count; i++) {
    expect_end(fds[i]);
    let_go(self, fds[i], false);
  }
}

static void kill_client(struct end *self) {
  int port = learn_port(self), fds[SOME];
  uint64_t random = self->o->seed;
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  if (!self->o->down) fail("--down must be at least 1: the answer tells that all has arrived");
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = dial(self, port);
    client_exchange(self, fds[i], &random);
  }
  if (is_victim(self, "client")) die(self, (int)self->o->count);
  kill_other(self, 0);
  for (long i = 0; i < self->o->count; i++) {
    expect_end(fds[i]);
    let_go(self, fds[i], false);
  }
}

/* ---- half close ---- */

static void finish(int fd) {
  if (shutdown(fd, SHUT_WR)) fail("shutdown: %s", strerror(errno));
}

static void half_close_server(struct end *self) {
  int l = listener(self, BACKLOG);
  bool server_first = !strcmp(self->o->first, "server");
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    if (server_first) {
      give(self, fd, self->o->down);
      finish(fd);
    }
    take(self, fd, self->o->up);
    expect_end(fd);
    if (!server_first) give(self, fd, self->o->down);
    let_go(self, fd, false);
  }
}

static void half_close_client(struct end *self) {
  int port = learn_port(self);
  bool server_first = !strcmp(self->o->first, "server");
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    if (!server_first) {
      give(self, fd, self->o->up);
      finish(fd);
    }
    take(self, fd, self->o->down);
    expect_end(fd);
    if (server_first) give(self, fd, self->o->up);
    let_go(self, fd, false);
  }
}

/* Both FINs are under way at once, so the server passes through CLOSING. */
static void simultaneous_close_server(struct end *self) {
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    await_step(self); /* the client hears nothing now */
    finish(fd);
    step(self);
    expect_end(fd); /* the client's FIN, in FIN_WAIT1 */
    struct tcp_info info;
    socklen_t n = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n)) fail("TCP_INFO: %s", strerror(errno));
    if (info.tcpi_state != 11) fail("CLOSING expected, not state %d", info.tcpi_state);
    step(self);
    await_step(self);
    let_go(self, fd, false);
  }
}

static void simultaneous_close_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    client_exchange(self, fd, &random);
    drop_all(fd);
    step(self);
    await_step(self);
    finish(fd);
    await_step(self); /* the server is CLOSING */
    drop_nothing(fd);
    expect_end(fd); /* the server's FIN, sent again */
    let_go(self, fd, false);
    step(self);
  }
}

/* ---- Fast Open ---- */

/* In the namespace that this process is in. */
static void allow_fastopen(void) {
  int on = open("/proc/sys/net/ipv4/tcp_fastopen", O_WRONLY | O_CLOEXEC);
  if (on < 0 || write(on, "3\n", 2) != 2) fail("net.ipv4.tcp_fastopen: %s", strerror(errno));
  close(on);
}

static void fastopen_listener(struct end *self, int *l) {
  allow_fastopen();
  *l = stream(self->o->listen, false);
  set(*l, SOL_SOCKET, SO_REUSEADDR, 1);
  struct sockaddr_storage a;
  socklen_t n = address(self->o->listen, self->o->port, &a);
  if (bind(*l, (struct sockaddr *)&a, n)) fail("bind: %s", strerror(errno));
  set(*l, IPPROTO_TCP, TCP_FASTOPEN, 1024);
  if (listen(*l, BACKLOG)) fail("listen: %s", strerror(errno));
  self->t->port = bound_port(*l);
  tell(self->peer, &self->t->port, sizeof self->t->port);
}

static int fastopen_dial(struct end *self, int port) {
  int fd = stream(self->o->server, false);
  set(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
  int error = start_dial(self, fd, port);
  if (error) fail("connect: %s", strerror(error));
  self->t->opened++;
  return fd;
}

static void expect_data_in_syn(int fd) {
  struct tcp_info info;
  socklen_t n = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n)) fail("TCP_INFO: %s", strerror(errno));
  if (!(info.tcpi_options & 32 /* TCPI_OPT_SYN_DATA */)) fail("no data went with the SYN");
}

static void fastopen_server(struct end *self) {
  int l;
  fastopen_listener(self, &l);
  for (long i = 0; i <= self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
  }
}

/* One connection more than asked for: the first only fetches the cookie. */
static void fastopen_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  if (!self->o->up || !self->o->down) fail("--up and --down must be at least 1");
  allow_fastopen();
  for (long i = 0; i <= self->o->count; i++) {
    int fd = fastopen_dial(self, port);
    client_exchange(self, fd, &random);
    if (i) expect_data_in_syn(fd);
    let_go(self, fd, false);
  }
}

/* The server answers and closes while it still is in SYN_RECV: the client's ACK is held back. */
static void fastopen_early_close_server(struct end *self) {
  int l;
  fastopen_listener(self, &l);
  int fd = taken(self, l);
  server_exchange(self, fd);
  expect_end(fd);
  let_go(self, fd, false);
  for (long i = 0; i < self->o->count; i++) {
    fd = taken(self, l);
    struct tcp_info info;
    socklen_t n = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &n)) fail("TCP_INFO: %s", strerror(errno));
    if (info.tcpi_state != TCP_SYN_RECV) fail("SYN_RECV expected, not state %d", info.tcpi_state);
    server_exchange(self, fd);
    let_go(self, fd, false);
    step(self);
    await_step(self);
  }
}

static void fastopen_early_close_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  if (!self->o->up || self->o->up > 1000) fail("--up must be between 1 and 1000: it goes with the SYN");
  allow_fastopen();
  int fd = fastopen_dial(self, port);
  client_exchange(self, fd, &random);
  let_go(self, fd, false);
  for (long i = 0; i < self->o->count; i++) {
    fd = fastopen_dial(self, port);
    drop_all(fd);
    /* Non-blocking: the SYN-ACK does not get through. */
    if (fcntl(fd, F_SETFL, O_NONBLOCK)) fail("fcntl: %s", strerror(errno));
    give(self, fd, self->o->up);
    if (fcntl(fd, F_SETFL, 0)) fail("fcntl: %s", strerror(errno));
    await_step(self); /* the server has closed */
    drop_nothing(fd);
    take(self, fd, self->o->down);
    expect_end(fd);
    let_go(self, fd, false);
    step(self);
  }
}

/* ---- both connect: the SYNs cross ---- */

static void bind_any(struct end *self, int fd) {
  struct sockaddr_storage a;
  socklen_t n = address(strchr(self->o->server, ':') ? "::" : "0.0.0.0", 0, &a);
  if (bind(fd, (struct sockaddr *)&a, n)) fail("bind: %s", strerror(errno));
}

/* --server is the server's address, --source the client's: each is told where the other is. */
static void simultaneous_open_server(struct end *self) {
  for (long i = 0; i < self->o->count; i++) {
    int fd = stream(self->o->server, true), theirs;
    bind_any(self, fd);
    int mine = bound_port(fd);
    self->t->port = mine;
    tell(self->peer, &mine, sizeof mine);
    if (!hear(self->peer, &theirs, sizeof theirs)) fail("the client is gone");
    await_step(self); /* the client is in SYN_SENT, its SYN was answered by an RST that it dropped */
    struct sockaddr_storage a;
    socklen_t n = address(self->o->source, theirs, &a);
    if (!connect(fd, (struct sockaddr *)&a, n) || errno != EINPROGRESS) fail("connect: %s", strerror(errno));
    step(self);
    int error = outcome_of(fd, self->o->limit * 1000, false);
    if (error) fail("connect: %s", strerror(error));
    self->t->opened++;
    if (fcntl(fd, F_SETFL, 0)) fail("fcntl: %s", strerror(errno));
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
  }
}

static void simultaneous_open_client(struct end *self) {
  uint64_t random = self->o->seed;
  if (!self->o->source) fail("--source is needed: the client's address");
  for (long i = 0; i < self->o->count; i++) {
    int port = learn_port(self);
    int fd = stream(self->o->server, true);
    bind_any(self, fd);
    int mine = bound_port(fd);
    tell(self->peer, &mine, sizeof mine);
    drop_all(fd);
    int error = start_dial(self, fd, port);
    if (error != EINPROGRESS) fail("connect: %s", strerror(error));
    await_drops(self, fd, 1); /* the RST of a port where nobody listens */
    step(self);
    await_step(self); /* the server is in SYN_SENT too; now our SYN goes out again and meets it */
    drop_nothing(fd);
    error = outcome_of(fd, self->o->limit * 1000, false);
    if (error) fail("connect: %s", strerror(error));
    self->t->opened++;
    if (fcntl(fd, F_SETFL, 0)) fail("fcntl: %s", strerror(errno));
    client_exchange(self, fd, &random);
    let_go(self, fd, false);
  }
}

/* ---- one socket, several connections ---- */

/* Refused first, then somebody listens, then the same socket connects. */
static void retry_server(struct end *self) {
  int l = listener(self, -1);
  for (long i = 0; i < self->o->count; i++) {
    await_step(self); /* refused */
    if (listen(l, BACKLOG)) fail("listen: %s", strerror(errno));
    step(self);
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
    /* No listener again: a new socket on the same port. */
    int port = bound_port(l);
    close(l);
    l = stream(self->o->listen, false);
    set(l, SOL_SOCKET, SO_REUSEADDR, 1);
    struct sockaddr_storage a;
    socklen_t n = address(self->o->listen, port, &a);
    if (bind(l, (struct sockaddr *)&a, n)) fail("bind: %s", strerror(errno));
    step(self);
  }
}

static void retry_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  for (long i = 0; i < self->o->count; i++) {
    int fd = stream(self->o->server, false);
    int error = start_dial(self, fd, port);
    if (error != ECONNREFUSED) fail("connect: ECONNREFUSED expected, not %s", strerror(error));
    self->t->failed++;
    self->t->error = error;
    step(self);
    await_step(self);
    error = start_dial(self, fd, port);
    if (error) fail("second connect: %s", strerror(error));
    self->t->opened++;
    client_exchange(self, fd, &random);
    let_go(self, fd, false);
    await_step(self);
  }
}

/* connect(AF_UNSPEC) ends the first connection (by RST), the socket then connects once more. */
static void disconnect_server(struct end *self) {
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_error(self, fd, ECONNRESET);
    let_go(self, fd, false);
    fd = taken(self, l);
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
  }
}

static void disconnect_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  if (!self->o->down) fail("--down must be at least 1: the answer tells that all has arrived");
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    client_exchange(self, fd, &random);
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (connect(fd, &nowhere, sizeof nowhere)) fail("connect AF_UNSPEC: %s", strerror(errno));
    self->t->closed++;
    int error = start_dial(self, fd, port);
    if (error) fail("second connect: %s", strerror(error));
    self->t->opened++;
    client_exchange(self, fd, &random);
    let_go(self, fd, false);
  }
}

/* connect(AF_UNSPEC) ends the connection, and the socket's next connect is refused. */
static void disconnect_refused_server(struct end *self) {
  listener(self, -1); /* its port is taken and nobody listens */
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_error(self, fd, ECONNRESET);
    let_go(self, fd, false);
  }
  await_step(self);
}

static void disconnect_refused_client(struct end *self) {
  int nobody = learn_port(self), port = learn_port(self);
  uint64_t random = self->o->seed;
  if (!self->o->down) fail("--down must be at least 1: the answer tells that all has arrived");
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    client_exchange(self, fd, &random);
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (connect(fd, &nowhere, sizeof nowhere)) fail("connect AF_UNSPEC: %s", strerror(errno));
    self->t->closed++;
    int error = start_dial(self, fd, nobody);
    if (error != ECONNREFUSED) fail("connect: ECONNREFUSED expected, not %s", strerror(error));
    self->t->failed++;
    self->t->error = error;
    close(fd);
  }
  step(self);
}

/* ---- accept queue ---- */

/* The queue takes two (backlog 1); the SYNs of the others are dropped until they give up. */
static void accept_overflow_server(struct end *self) {
  int l = listener(self, 1);
  await_step(self);
  struct tcp_info info;
  socklen_t n = sizeof info;
  uint64_t deadline = now() + (uint64_t)self->o->limit * 1000000000u;
  do {
    if (getsockopt(l, IPPROTO_TCP, TCP_INFO, &info, &n)) fail("TCP_INFO: %s", strerror(errno));
    if (now() > deadline) fail("%u wait in the queue, not 2", info.tcpi_unacked);
  } while (info.tcpi_unacked != 2); /* of a listener: the length of its accept queue */
  step(self);
  await_step(self);
  for (int i = 0; i < 2; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
  }
}

static void accept_overflow_client(struct end *self) {
  int port = learn_port(self), fds[SOME], queued[2];
  uint64_t random = self->o->seed;
  for (int i = 0; i < 2; i++) queued[i] = dial(self, port);
  step(self);
  await_step(self);
  start_many(self, port, fds, 1100);
  expect_failures(self, fds, ETIMEDOUT);
  checkpoint(self, "queued");
  step(self);
  for (int i = 0; i < 2; i++) {
    client_exchange(self, queued[i], &random);
    let_go(self, queued[i], false);
  }
}

/* Nobody ever accepts; the listener goes away with what waits in its queue. */
static void unaccepted_server(struct end *self) {
  int l = listener(self, BACKLOG);
  await_step(self);
  close(l);
  /* The kernel opened them and closes them by RST; this process never held one. */
  self->t->opened = self->t->closed = (uint64_t)self->o->count;
  self->t->received = self->o->up * (uint64_t)self->o->count;
}

static void unaccepted_client(struct end *self) {
  int port = learn_port(self), fds[SOME];
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = dial(self, port);
    give(self, fds[i], self->o->up);
    /* All of it has arrived when all of it is acknowledged. */
    struct tcp_info info;
    socklen_t n = sizeof info;
    uint64_t deadline = now() + (uint64_t)self->o->limit * 1000000000u;
    do {
      if (getsockopt(fds[i], IPPROTO_TCP, TCP_INFO, &info, &n)) fail("TCP_INFO: %s", strerror(errno));
      if (now() > deadline) fail("not acknowledged");
    } while (info.tcpi_unacked);
  }
  checkpoint(self, "queued");
  step(self);
  for (long i = 0; i < self->o->count; i++) {
    expect_error(self, fds[i], ECONNRESET);
    let_go(self, fds[i], false);
  }
}

/* ---- sockets that change hands ---- */

static void send_descriptor(int over, int fd) {
  char control[CMSG_SPACE(sizeof fd)] = {0};
  char byte = 'f';
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(c), &fd, sizeof fd);
  if (sendmsg(over, &m, 0) != 1) fail("sendmsg: %s", strerror(errno));
}

static int receive_descriptor(int over) {
  char control[CMSG_SPACE(sizeof(int))];
  char byte;
  struct iovec v = {&byte, 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(over, &m, 0) != 1) fail("recvmsg: %s", strerror(errno));
  int fd;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
  return fd;
}

static int handed_over; /* a Unix socket (pass) or the listener (fork) */

static void handover_worker(struct end *self) {
  for (long i = 0; i < self->o->count; i++) {
    int fd;
    if (strcmp(self->o->how, "pass")) {
      fd = taken(self, handed_over);
    } else {
      fd = receive_descriptor(handed_over);
      char c;
      if (!hear(handed_over, &c, 1)) fail("the listener is gone");
    }
    server_exchange(self, fd);
    step(self); /* the worker has it */
    expect_end(fd);
    let_go(self, fd, false);
  }
}

/* tb-listener listens; tb-worker, forked before, accepts (fork) or gets what was accepted (pass). */
static void handover_server(struct end *self) {
  name_process("tb-listener");
  int l = listener(self, BACKLOG);
  bool pass = !strcmp(self->o->how, "pass");
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("socketpair: %s", strerror(errno));
  handed_over = pass ? pair[1] : l;
  pid_t worker = spawn(self->o, "tb-worker", NULL, 1, self->peer, -1, handover_worker);
  if (pass) {
    for (long i = 0; i < self->o->count; i++) {
      int fd = taken(self, l);
      send_descriptor(pair[0], fd);
      close(fd);
      tell(pair[0], "c", 1); /* the worker's close is the last: it ends the connection */
    }
  }
  await_exit(worker, false);
}

static void handover_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    client_exchange(self, fd, &random);
    await_step(self);
    checkpoint(self, "handed over");
    let_go(self, fd, false);
  }
}

/* The accepted socket lies in a Unix socket's queue: no process has it. */
static void in_flight_server(struct end *self) {
  int l = listener(self, BACKLOG);
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) fail("socketpair: %s", strerror(errno));
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    send_descriptor(pair[0], fd);
    close(fd);
    step(self);
    await_step(self);
    fd = receive_descriptor(pair[1]);
    server_exchange(self, fd);
    expect_end(fd);
    let_go(self, fd, false);
  }
}

static void in_flight_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port);
    await_step(self);
    checkpoint(self, "in flight");
    step(self);
    client_exchange(self, fd, &random);
    let_go(self, fd, false);
  }
}

/* Of two descriptors one is closed, the other goes on. */
static void dup_client(struct end *self) {
  int port = learn_port(self);
  uint64_t random = self->o->seed;
  for (long i = 0; i < self->o->count; i++) {
    int fd = dial(self, port), other = dup(fd);
    if (other < 0) fail("dup: %s", strerror(errno));
    close(fd);
    checkpoint(self, "one closed");
    client_exchange(self, other, &random);
    let_go(self, other, false);
  }
}

static void plain_server(struct end *self) { server_connections(self, listener(self, BACKLOG)); }

/* The connection is over (the server reset it), the client's descriptor stays. */
static void held_server(struct end *self) {
  int l = listener(self, BACKLOG);
  for (long i = 0; i < self->o->count; i++) {
    int fd = taken(self, l);
    server_exchange(self, fd);
    await_step(self);
    let_go(self, fd, true);
  }
}

static void held_client(struct end *self) {
  int port = learn_port(self), fds[SOME];
  uint64_t random = self->o->seed;
  if (self->o->count > SOME) fail("--count: at most %d", SOME);
  for (long i = 0; i < self->o->count; i++) {
    fds[i] = dial(self, port);
    client_exchange(self, fds[i], &random);
    step(self);
    expect_error(self, fds[i], ECONNRESET);
    self->t->closed++;
  }
  checkpoint(self, "held");
  for (long i = 0; i < self->o->count; i++) close(fds[i]);
}

/* ---- main ---- */

static const struct scenario {
  const char *name;
  end_fn *server;
  end_fn *client;
  const char *what;
} scenarios[] = {
    {"churn", churn_server, churn_client, "connect, --rounds exchanges of --up and --down bytes, close; --count times on --workers"},
    {"bulk", churn_server, churn_client, "the same; --up or --down may be many gigabytes"},
    {"rr", churn_server, churn_client, "the same; --rounds may be many"},
    {"serve", serve, NULL, "the server of churn alone; with --mode sink or echo any client will do"},
    {"dial", NULL, dial_alone, "the client of churn alone, to --port"},
    {"hold", NULL, NULL, "--count live connections; standard input: exchange, close"},
    {"refused", refused_server, refused_client, "nobody listens: ECONNREFUSED"},
    {"connect-timeout", dropped_server, connect_timeout_client, "the SYN gets lost: ETIMEDOUT"},
    {"abort-connect", dropped_server, abort_connect_client, "the SYN gets lost, the application gives up"},
    {"unreachable", NULL, unreachable_client, "a router says no: --expect EHOSTUNREACH, ENETUNREACH, EACCES"},
    {"exhausted", exhausted_server, exhausted_client, "no local port is left: EADDRNOTAVAIL, beside one connection that has it"},
    {"unread-reset", unread_reset_server, unread_reset_client, "the server closes with --up bytes unread: RST"},
    {"write-after-close", write_after_close_server, plain_client, "the server sends --extra bytes after the client closed: RST"},
    {"keepalive", silent_server, keepalive_client, "the server falls silent: keep-alive ETIMEDOUT; then it resets"},
    {"user-timeout", silent_server, user_timeout_client, "the server falls silent: --extra bytes, ETIMEDOUT; then it resets"},
    {"kill", kill_server, kill_client, "SIGKILL to the --victim that holds --count connections"},
    {"half-close", half_close_server, half_close_client, "--first shuts down its half, the other then sends"},
    {"simultaneous-close", simultaneous_close_server, simultaneous_close_client, "both FINs at once: the server passes CLOSING"},
    {"fastopen", fastopen_server, fastopen_client, "one connection for the cookie, --count with data in the SYN"},
    {"fastopen-early-close", fastopen_early_close_server, fastopen_early_close_client, "the server closes in SYN_RECV"},
    {"simultaneous-open", simultaneous_open_server, simultaneous_open_client, "both connect; --source is the client's address"},
    {"retry", retry_server, retry_client, "refused, then the same socket connects"},
    {"disconnect", disconnect_server, disconnect_client, "connect(AF_UNSPEC), then the same socket connects again"},
    {"disconnect-refused", disconnect_refused_server, disconnect_refused_client, "connect(AF_UNSPEC), then the same socket is refused"},
    {"accept-overflow", accept_overflow_server, accept_overflow_client, "two wait in the queue, --count time out"},
    {"unaccepted", unaccepted_server, unaccepted_client, "the listener closes on --count that it never accepted"},
    {"handover", handover_server, handover_client, "--how fork or pass: a worker serves what a listener got"},
    {"in-flight", in_flight_server, in_flight_client, "the accepted descriptor waits in a Unix socket"},
    {"dup", plain_server, dup_client, "one of two descriptors is closed before the exchange"},
    {"held", held_server, held_client, "reset, but the client keeps the descriptor"},
};

static void usage(FILE *out) {
  fprintf(out, "usage: traffic SCENARIO [--OPTION VALUE]...\n\n");
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
    fprintf(out, "  %-22s%s\n", scenarios[i].name, scenarios[i].what);
  fprintf(out,
          "\n  --server ADDRESS (127.0.0.1)  --listen ADDRESS (as --server)  --port N (0: any)\n"
          "  --client-ns NAME  --server-ns NAME  --source ADDRESS  --source-count N\n"
          "  --count N (1)  --rounds N (1)  --workers N (1)  --up BYTES (0)  --down BYTES (0)\n"
          "  --vary BYTES  --seed N  --extra BYTES (1000)  --reset  --impatient  --pause  --limit SECONDS (60)\n"
          "  --first client|server  --victim client|server  --how fork|pass\n"
          "  --mode exchange|sink|echo  --expect ERRNO\n");
}

static struct tally sum(int from) {
  struct tally all = tallies()[from];
  for (int i = from + 1; i < from + MAX_WORKERS; i++) {
    const struct tally *t = tallies() + i;
    all.opened += t->opened;
    all.closed += t->closed;
    all.failed += t->failed;
    all.sent += t->sent;
    all.received += t->received;
    all.nanos += t->nanos;
    if (!all.error) all.error = t->error;
  }
  return all;
}

static void print_side(const char *name, const struct tally *t) {
  printf("\"%s\":{\"pid\":%d,\"opened\":%" PRIu64 ",\"closed\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"sent\":%" PRIu64
         ",\"received\":%" PRIu64 ",\"error\":\"%s\"}",
         name, t->pid, t->opened, t->closed, t->failed, t->sent, t->received, errno_name(t->error));
}

/* What both ends say must agree: what one sent the other received, unless it was lost on purpose. */
static void compare(const struct options *o, const struct tally *c, const struct tally *s, const struct scenario *scenario) {
  if (c->opened != c->closed || s->opened != s->closed)
    fail("opened and closed differ: client %" PRIu64 " %" PRIu64 ", server %" PRIu64 " %" PRIu64, c->opened, c->closed,
         s->opened, s->closed);
  if (strcmp(o->scenario, "hold") && (!scenario->server || !scenario->client)) return;
  if (c->opened != s->opened) fail("the client opened %" PRIu64 ", the server %" PRIu64, c->opened, s->opened);
  uint64_t lost = (uint64_t)(o->extra * o->count);
  uint64_t lost_up = strcmp(o->scenario, "user-timeout") ? 0 : lost;
  uint64_t lost_down = strcmp(o->scenario, "write-after-close") ? 0 : lost;
  if (c->sent != s->received + lost_up)
    fail("the client sent %" PRIu64 ", the server received %" PRIu64, c->sent, s->received);
  if (s->sent != c->received + lost_down)
    fail("the server sent %" PRIu64 ", the client received %" PRIu64, s->sent, c->received);
}

/* Passes checkpoints of the children on to whoever reads our output, until both have gone. */
static void attend(int control[2], pid_t server, pid_t client, const struct options *o) {
  struct pollfd p[2] = {{.fd = control[0], .events = POLLIN}, {.fd = control[1], .events = POLLIN}};
  for (int open = 2; open;) {
    if (poll(p, 2, -1) < 0) {
      if (errno == EINTR) continue;
      fail("poll: %s", strerror(errno));
    }
    for (int i = 0; i < 2; i++) {
      if (!p[i].revents) continue;
      char name[32], line[64];
      if (!hear(p[i].fd, name, sizeof name)) {
        p[i].fd = -1;
        open--;
        continue;
      }
      printf("{\"checkpoint\":\"%s\"}\n", name);
      fflush(stdout);
      if (!fgets(line, sizeof line, stdin)) fail("standard input ended at a checkpoint");
      tell(p[i].fd, "g", 1);
    }
  }
  if (server) await_exit(server, !strcmp(o->scenario, "kill") && !strcmp(o->victim, "server"));
  if (client) await_exit(client, !strcmp(o->scenario, "kill") && !strcmp(o->victim, "client"));
}

static void run_pair(const struct options *o, const struct scenario *scenario) {
  int between[2] = {-1, -1}, to_server[2], to_client[2];
  if (scenario->server && scenario->client && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, between))
    fail("socketpair: %s", strerror(errno));
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, to_server) || socketpair(AF_UNIX, SOCK_STREAM, 0, to_client))
    fail("socketpair: %s", strerror(errno));
  pid_t server = 0, client = 0;
  /* Each process keeps only its own ends, so that the end of one is seen by the others. */
  if (scenario->server) {
    server = fork();
    if (server < 0) fail("fork: %s", strerror(errno));
    if (!server) {
      close(between[1]);
      close(to_server[0]);
      close(to_client[0]);
      close(to_client[1]);
      struct end self = {o, tallies(), between[0], to_server[1], 0};
      self.t->pid = getpid();
      name_process("tb-server");
      alarm((unsigned)o->limit);
      enter(o->server_ns);
      scenario->server(&self);
      exit(0);
    }
  }
  if (scenario->client) {
    client = fork();
    if (client < 0) fail("fork: %s", strerror(errno));
    if (!client) {
      close(between[0]);
      close(to_client[0]);
      close(to_server[0]);
      close(to_server[1]);
      struct end self = {o, tallies() + MAX_WORKERS, between[1], to_client[1], 0};
      self.t->pid = getpid();
      name_process("tb-client");
      alarm((unsigned)o->limit);
      enter(o->client_ns);
      scenario->client(&self);
      exit(0);
    }
  }
  close(between[0]);
  close(between[1]);
  close(to_server[1]);
  close(to_client[1]);
  attend((int[]){to_server[0], to_client[0]}, server, client, o);
}

static uint64_t number(const char *name, const char *value) {
  char *rest;
  errno = 0;
  uint64_t n = strtoull(value, &rest, 10);
  if (errno || rest == value || *rest) fail("%s %s: not a number", name, value);
  return n;
}

static void parse(struct options *o, int c, char **v) {
  for (int i = 2; i < c; i++) {
    const char *name = v[i];
    if (!strcmp(name, "--reset")) {
      o->reset = true;
      continue;
    }
    if (!strcmp(name, "--impatient")) {
      o->impatient = true;
      continue;
    }
    if (!strcmp(name, "--pause")) {
      o->pause = true;
      continue;
    }
    if (++i == c) fail("%s needs a value", name);
    const char *value = v[i];
    if (!strcmp(name, "--client-ns")) o->client_ns = value;
    else if (!strcmp(name, "--server-ns")) o->server_ns = value;
    else if (!strcmp(name, "--server")) o->server = value;
    else if (!strcmp(name, "--listen")) o->listen = value;
    else if (!strcmp(name, "--source")) o->source = value;
    else if (!strcmp(name, "--first")) o->first = value;
    else if (!strcmp(name, "--victim")) o->victim = value;
    else if (!strcmp(name, "--how")) o->how = value;
    else if (!strcmp(name, "--mode")) o->mode = value;
    else if (!strcmp(name, "--expect")) o->expect = value;
    else if (!strcmp(name, "--port")) o->port = (int)number(name, value);
    else if (!strcmp(name, "--limit")) o->limit = (int)number(name, value);
    else if (!strcmp(name, "--source-count")) o->source_count = (long)number(name, value);
    else if (!strcmp(name, "--count")) o->count = (long)number(name, value);
    else if (!strcmp(name, "--rounds")) o->rounds = (long)number(name, value);
    else if (!strcmp(name, "--workers")) o->workers = (long)number(name, value);
    else if (!strcmp(name, "--extra")) o->extra = (long)number(name, value);
    else if (!strcmp(name, "--up")) o->up = number(name, value);
    else if (!strcmp(name, "--down")) o->down = number(name, value);
    else if (!strcmp(name, "--vary")) o->vary = number(name, value);
    else if (!strcmp(name, "--seed")) o->seed = number(name, value);
    else fail("unknown option %s", name);
  }
  if (!o->listen) o->listen = o->server;
  if (o->workers < 1 || o->workers > MAX_WORKERS) fail("--workers: 1 to %d", MAX_WORKERS);
  if (o->reset && o->up && !o->down && !o->vary) fail("--reset with --up needs --down: the answer tells that all has arrived");
  if (o->source_count < 1 || o->count < 0 || o->rounds < 0) fail("a count is out of range");
}

int main(int c, char **v) {
  if (c < 2 || !strcmp(v[1], "--help")) {
    usage(c < 2 ? stderr : stdout);
    return c < 2;
  }
  struct options o = {.scenario = v[1], .server = "127.0.0.1", .first = "client", .victim = "client", .how = "fork",
                      .mode = "exchange", .limit = 60, .source_count = 1, .count = 1, .rounds = 1, .workers = 1,
                      .extra = 1000, .seed = 1};
  const struct scenario *scenario = NULL;
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
    if (!strcmp(scenarios[i].name, v[1])) scenario = scenarios + i;
  if (!scenario) {
    usage(stderr);
    return 2;
  }
  parse(&o, c, v);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  signal(SIGPIPE, SIG_IGN);
  tallies();
  uint64_t begin = now();
  if (!strcmp(o.scenario, "hold")) run_hold(&o);
  else run_pair(&o, scenario);
  uint64_t took = now() - begin;
  struct tally server = sum(0), client = sum(MAX_WORKERS);
  compare(&o, &client, &server, scenario);
  struct rusage cpu;
  getrusage(RUSAGE_CHILDREN, &cpu);
  int64_t micros = (cpu.ru_utime.tv_sec + cpu.ru_stime.tv_sec) * 1000000 + cpu.ru_utime.tv_usec + cpu.ru_stime.tv_usec;
  printf("{\"scenario\":\"%s\",\"port\":%d,", o.scenario, server.port ? server.port : client.port);
  print_side("client", &client);
  printf(",");
  print_side("server", &server);
  printf(",\"nanos\":%" PRIu64 ",\"cpu_nanos\":%" PRId64 ",\"connection_nanos\":%" PRIu64 "}\n", took, micros * 1000, client.nanos);
  return 0;
}
