/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends of TCP connections as two processes, each in its own network namespace, that go in lock step
 * and write down what they did.
 *
 * Everything here either works or ends the process with a message and exit code 1: a scenario that
 * returned is a scenario whose every step did what it claims.
 */
#pragma once
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { MAX_WORKERS = 64, TALLIES = 2 * MAX_WORKERS };

/* What was asked for on the command line. */
struct options {
  const char *scenario;
  const char *client_ns; /* names of /run/netns, NULL: the own namespace */
  const char *server_ns;
  const char *server;  /* the address that the client connects to */
  const char *listen;  /* the address that the server binds, by default the same */
  const char *source;  /* the first address that the client binds, NULL: the kernel chooses */
  const char *first;   /* client or server: which end begins to close */
  const char *victim;  /* client or server: which process is killed */
  const char *how;     /* fork or pass: how a worker gets its socket */
  const char *mode;    /* exchange, sink or echo: what a lone server does */
  const char *expect;  /* name of the errno that a connect must yield */
  int port;            /* of the server, 0: the kernel chooses */
  int limit;           /* seconds, then every process is killed */
  long source_count;   /* how many client addresses, counted up from source */
  long count;          /* connections */
  long rounds;         /* exchanges on each */
  long workers;        /* processes on each side */
  long extra;          /* bytes that must get lost */
  uint64_t up;         /* bytes from client to server in a round */
  uint64_t down;       /* bytes from server to client in a round */
  uint64_t vary;       /* largest size of a random exchange, 0: up and down as given */
  uint64_t seed;
  bool reset;          /* end by RST (SO_LINGER 0) */
  bool impatient;      /* take the first bad news of a connect for its end */
  bool pause;          /* stop at each checkpoint until a line comes on standard input */
};

/* What one process did: what the kernel must have seen of it. In memory shared with the parent. */
struct tally {
  uint64_t opened;   /* established */
  uint64_t closed;   /* of those, ended */
  uint64_t failed;   /* never established */
  uint64_t sent;     /* payload bytes given to the network, lost ones included */
  uint64_t received; /* payload bytes that arrived, unread ones included */
  uint64_t nanos;    /* connect to close, all together */
  int error;         /* the errno that a scenario was after */
  int pid;
  int port;          /* where the server listened */
};

/* One process of a scenario. */
struct end {
  const struct options *o;
  struct tally *t;
  int peer;    /* lock step with the other end */
  int control; /* checkpoints: to the parent */
  int worker;
};

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t now(void);

/* Processes. */
typedef void end_fn(struct end *self);
struct tally *tallies(void);
void enter(const char *network_namespace);
void name_process(const char *name);
pid_t spawn(const struct options *o, const char *name, const char *ns, int tally, int peer, int control, end_fn *work);
void await_exit(pid_t pid, bool killed);

/* Lock step. */
void tell(int fd, const void *value, size_t n);
bool hear(int fd, void *value, size_t n);
void step(struct end *self);
void await_step(struct end *self);
void checkpoint(struct end *self, const char *name);

/* Addresses and sockets. */
socklen_t address(const char *text, int port, struct sockaddr_storage *out);
int stream(const char *address_of_family, bool nonblocking);
void set(int fd, int level, int option, int value);
int listener(struct end *self, int backlog);
int learn_port(struct end *self);
int taken(struct end *self, int fd);
int dial(struct end *self, int port);
int start_dial(struct end *self, int fd, int port);
int outcome_of(int fd, int limit_ms, bool impatient);
void drop_all(int fd);
void drop_nothing(int fd);
void let_go(struct end *self, int fd, bool reset);
int bound_port(int fd);
const char *errno_name(int error);
int errno_of(const char *name);

/* Bytes. */
void give(struct end *self, int fd, uint64_t n);
void take(struct end *self, int fd, uint64_t n);
void expect_end(int fd);
void expect_error(struct end *self, int fd, int error);
void await_drops(struct end *self, int fd, uint32_t n);
void await_unread(struct end *self, int fd, uint64_t n);
