/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * For tests alone: switches that take away one rule of "How totals stay exact" (docs/design.md), so that
 * a test can show what goes wrong without it (RulesTest). What is shipped is compiled without them: RULE
 * is then the constant true, FAULT false and WIDEN nothing, and a test compares the bytes.
 *
 *   -DWITHOUT=R_a|R_b   rules that do not hold
 *   -DFAULTS=F_a|F_b    what the kernel does by chance, done always
 *   -DWIDENED=W_a       a race that takes nanoseconds to hit, open for tens of microseconds
 */
#pragma once

#if defined(WITHOUT) || defined(FAULTS) || defined(WIDENED)
#ifndef WITHOUT
#define WITHOUT 0
#endif
#ifndef FAULTS
#define FAULTS 0
#endif
#ifndef WIDENED
#define WIDENED 0
#endif
#define RULE(name) (!((WITHOUT) & R_##name))
#define FAULT(name) (((FAULTS) & F_##name) != 0)
#define WIDEN(name) do { if ((WIDENED) & W_##name) linger(); } while (0)

enum {
  /* 1: deltas against a baseline in the socket's storage, under its lock */
  R_BASELINE = 1 << 0,   /* what was reported is the baseline of the next report */
  R_LOCK = 1 << 1,       /* ... read and advanced under the lock */
  R_ONCE = 1 << 2,       /* what is marked closed says nothing more */
  /* 2: the byte formula */
  R_SYN = 1 << 3,        /* the SYN is not a byte */
  R_FIN = 1 << 4,        /* nor the FIN that was sent */
  R_DONE = 1 << 5,       /* nor the FIN that came */
  R_ACKED = 1 << 6,      /* from what is acknowledged and in flight, not from what went out */
  /* 3: runs that the kernel skips */
  R_BACKSTOP = 1 << 7,   /* tcp_destroy_sock reports what is not marked closed */
  R_HELD = 1 << 8,       /* the iterator reports what ended unseen and is still held */
  R_INSURANCE = 1 << 9,  /* the application's close is noted in a slot */
  R_RELEASE = 1 << 10,   /* the report of the end frees the slot */
  R_REBUILD = 1 << 11,   /* a missing first transition is rebuilt at the next */
  R_FIN_LATER = 1 << 12, /* the FIN is told where the state before CLOSE is unknown */
  /* 4: a full ring */
  R_OVERFLOW = 1 << 13,  /* deltas go to a hash */
  R_TOTAL = 1 << 14,     /* past the hash to one total */
  R_TWO_HASHES = 1 << 15, /* the hash that is filled is not the one that is folded */
  R_NOEXIST = 1 << 16,   /* an entry is inserted only where there is none */
  /* 5: the iterator */
  R_SECOND_VISIT = 1 << 17, /* a second visit in one snapshot writes nothing */
  /* 6: sockets are no connections */
  R_RECONNECT = 1 << 18, /* a socket that connects again starts anew */
  R_GENERATION = 1 << 19, /* a report that began before that is dropped */
  R_CHILD = 1 << 20,     /* a child does not keep its listener's storage */
  R_FAST_OPEN = 1 << 21, /* SYN_RECV with data was a connection */
  /* 7: sockets older than the start */
  R_ADOPTED = 1 << 22,   /* their past is the baseline */
  R_ADOPT_LATER = 1 << 23, /* what no process held is adopted when it moves on */
  /* 8: torn reads */
  R_SIGNED = 1 << 24,    /* a delta may be negative */
  /* 10: owners */
  R_HANDOVER = 1 << 25,  /* a new owner takes over what was reported under the old one */
};
enum {
  F_MISS_SYN_SENT = 1,    /* the run at this transition is skipped */
  F_MISS_ESTABLISHED = 2,
  F_MISS_CLOSE = 4,
  F_MISS_DESTROY = 8,
  F_NO_SLOT = 16,         /* no slot was free */
  F_TORN = 32,            /* a row was read one byte too high */
};
enum {
  W_LOCK = 1,        /* from reading the baseline to advancing it; only where there is no lock */
  W_INSERT = 2,      /* from finding no entry to inserting one */
  W_ADD = 4,         /* from finding an entry to adding to it */
  W_STALE = 8,       /* from reading a row's totals to reporting them */
};

static long tick(__u32 i, void *context) {
  bpf_ktime_get_ns();
  return 0;
}
static __noinline int linger(void) {
  bpf_loop(1000, tick, NULL, 0);
  return 0;
}
#else
#define RULE(name) true
#define FAULT(name) false
#define WIDEN(name) (void)0
#endif
