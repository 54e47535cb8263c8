/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * From a socket to a record: read the totals, advance the baseline under the lock, hand over the
 * difference. Sources of the byte formula: docs/design.md, "How totals stay exact", 2.
 */
#pragma once
#include "state.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "rules.h"

#define SK(tp) (tp)->inet_conn.icsk_inet.sk

static __always_inline void lock(struct conn *c) {
  if (RULE(LOCK)) bpf_spin_lock(&c->lock);
}

static __always_inline void unlock(struct conn *c) {
  if (RULE(LOCK)) bpf_spin_unlock(&c->lock);
}

/* What is asked of report(). */
struct event {
  __u8 kind;
  __u8 state;        /* state that the byte formula counts with: before CLOSE, or the present one */
  __u8 old_state;    /* for the record; 0 unknown */
  __u8 backstop;
};

/* One register instead of a struct: functions that are not inlined take scalars and pointers. */
static __always_inline __u32 pack(struct event e) {
  return e.kind | e.state << 8 | e.old_state << 16 | (__u32)e.backstop << 24;
}

static __always_inline struct event unpack(__u32 packed) {
  struct event e = {.kind = packed, .state = packed >> 8, .old_state = packed >> 16,
                    .backstop = packed >> 24};
  return e;
}

static __always_inline bool sent_fin(struct tcp_sock *tp, const struct conn *c, struct event e,
                                     __u64 without_fin) {
  __u32 next = tp->snd_nxt;
  if (next != tp->write_seq) return false;
  if (e.state == TCP_FIN_WAIT1 || e.state == TCP_FIN_WAIT2 || e.state == TCP_CLOSING ||
      e.state == TCP_LAST_ACK)
    return true;
  if (!e.backstop || !RULE(FIN_LATER)) return false;
  /* The state before CLOSE was missed. Payload is X or X - 1; bytes_sent - bytes_retrans counts payload
   * and what the own host's queue dropped, so it is never less: at X - 1 the FIN is certain. */
  return c->fin || tp->bytes_sent - tp->bytes_retrans == without_fin - 1;
}

static __always_inline __s64 payload_sent(struct tcp_sock *tp, const struct conn *c, struct event e) {
  if (!RULE(ACKED)) return tp->bytes_sent - tp->bytes_retrans;
  __u64 sent = tp->bytes_acked + (__u32)(tp->snd_nxt - tp->snd_una);
  if (c->role == ROLE_CLIENT && RULE(SYN)) sent -= 1; /* SYN */
  return sent - (sent_fin(tp, c, e, sent) && RULE(FIN) ? 1 : 0);
}

static __always_inline __s64 payload_received(struct tcp_sock *tp) {
  if (!RULE(DONE)) return tp->bytes_received;
  return tp->bytes_received - ((SK(tp).__sk_common.skc_flags >> SOCK_DONE_BIT) & 1);
}

static __always_inline bool is_mapped(const __u8 *address) {
  const __u32 *w = (const __u32 *)address;
  return w[0] == 0 && w[1] == 0 && w[2] == bpf_htonl(0xffff);
}

static __always_inline void map_v4(__u8 *to, __be32 address) {
  __u32 *w = (__u32 *)to;
  w[0] = 0;
  w[1] = 0;
  w[2] = bpf_htonl(0xffff);
  w[3] = address;
}

static __always_inline void copy_v6(__u8 *to, struct in6_addr *from) {
  __u32 *w = (__u32 *)to;
  w[0] = from->in6_u.u6_addr32[0];
  w[1] = from->in6_u.u6_addr32[1];
  w[2] = from->in6_u.u6_addr32[2];
  w[3] = from->in6_u.u6_addr32[3];
}

/* Writes both addresses in mapped form and returns 4 or 6: what the packets are. */
static __always_inline __u8 addresses(struct tcp_sock *tp, __u8 *local, __u8 *remote) {
  if (SK(tp).__sk_common.skc_family == AF_INET) {
    map_v4(local, SK(tp).__sk_common.skc_rcv_saddr);
    map_v4(remote, SK(tp).__sk_common.skc_daddr);
    return 4;
  }
  copy_v6(local, &SK(tp).__sk_common.skc_v6_rcv_saddr);
  copy_v6(remote, &SK(tp).__sk_common.skc_v6_daddr);
  return is_mapped(remote) ? 4 : 6;
}

/* inet_sport and not skc_num, which is 0 by the time of CLOSE. */
static __always_inline __u16 local_port(struct tcp_sock *tp) {
  return bpf_ntohs(tp->inet_conn.icsk_inet.inet_sport);
}

static __always_inline __u16 remote_port(struct tcp_sock *tp) {
  return bpf_ntohs(SK(tp).__sk_common.skc_dport);
}

static __always_inline __u32 netns(struct tcp_sock *tp) {
  return SK(tp).__sk_common.skc_net.net->ns.inum;
}

static __always_inline __u64 cgroup_id(struct tcp_sock *tp) {
  struct cgroup *cgroup = SK(tp).sk_cgrp_data.cgroup;
  return cgroup ? cgroup->kn->id : 0;
}

/* error.type of an established connection: a clean end, RST, or the retransmission or keep-alive timer
 * (which reports a soft error such as EHOSTUNREACH if it has one). Leaving ESTABLISHED or CLOSE_WAIT
 * for CLOSE without an error is an abort, which sends an RST. */
static __always_inline __u8 end_outcome(__u8 old_state, int error) {
  if (error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH) return OUTCOME_TIMED_OUT;
  if (error) return OUTCOME_RESET;
  if (old_state == TCP_ESTABLISHED || old_state == TCP_CLOSE_WAIT || old_state == TCP_SYN_RECV)
    return OUTCOME_RESET;
  return OUTCOME_NONE;
}

/* What an ICMP message said to a socket that was in use when it came: in sk_err_soft, until an application
 * that polls takes it by SO_ERROR; then still in the error queue. 0 if there was none. */
static __always_inline int icmp_error(struct tcp_sock *tp) {
  int soft = SK(tp).sk_err_soft;
  if (soft || !SK(tp).sk_error_queue.qlen) return soft;
  struct sk_buff *first = SK(tp).sk_error_queue.next;
  struct sock_exterr_skb *said = (void *)first + bpf_core_field_offset(struct sk_buff, cb);
  __u8 origin = BPF_CORE_READ(said, ee.ee_origin);
  if (origin != SO_EE_ORIGIN_ICMP && origin != SO_EE_ORIGIN_ICMP6) return 0;
  return BPF_CORE_READ(said, ee.ee_errno);
}

/* error.type of a connection that was never established. sk_err is 0 when the application gave up, when
 * there was no port left, and when the SYN could not be sent at all. */
static __always_inline __u8 failure_outcome(struct tcp_sock *tp, int error) {
  switch (error ? error : icmp_error(tp)) {
    case 0:
      if (tp->segs_out) return OUTCOME_ABORTED;
      return local_port(tp) ? OUTCOME_OTHER : OUTCOME_ADDRESS_UNAVAILABLE;
    case ECONNREFUSED:
      return OUTCOME_REFUSED;
    case ETIMEDOUT:
      return OUTCOME_TIMED_OUT;
    case EHOSTUNREACH:
      return OUTCOME_HOST_UNREACHABLE;
    case ENETUNREACH:
      return OUTCOME_NET_UNREACHABLE;
    case ECONNRESET:
      return OUTCOME_RESET;
    case ECONNABORTED:
      return OUTCOME_ABORTED;
    case EADDRNOTAVAIL:
      return OUTCOME_ADDRESS_UNAVAILABLE;
    default:
      return OUTCOME_OTHER;
  }
}

/* Where and how the connection is, all that needs no lock. */
static __always_inline void describe(struct record *r, struct tcp_sock *tp, struct conn *c) {
  r->generation = c->generation;
  r->time = bpf_ktime_get_ns();
  r->cookie = SK(tp).__sk_common.skc_cookie.counter;
  r->cgroup = cgroup_id(tp);
  r->netns = netns(tp);
  r->local_port = local_port(tp);
  r->remote_port = remote_port(tp);
  r->family = addresses(tp, r->local, r->remote);
  r->srtt_us = tp->srtt_us >> 3;
  r->min_rtt_us = tp->rtt_min.s[0].v;
  r->total.out = tp->segs_out;
  r->total.in = tp->segs_in;
  r->total.retransmits = tp->total_retrans;
  r->total.lost = tp->lost;
  r->start = c->start;
  r->established = c->established;
  r->role = c->role;
  r->wanted = c->wanted;
}

/*
 * Fills *r and advances the baseline. False: nothing to report, the baseline stands. r is ring memory, a
 * row, or scratch.
 */
static __always_inline bool write_record(struct record *r, struct tcp_sock *tp, struct conn *c,
                                         struct event e) {
  describe(r, tp, c);
  r->kind = e.kind;
  r->old_state = e.old_state;
  int error = SK(tp).sk_err;
  r->socket_error = error;
  r->outcome = e.kind == KIND_CLOSE  ? end_outcome(e.old_state, error)
               : e.kind == KIND_FAIL ? failure_outcome(tp, error)
                                     : OUTCOME_NONE;
  __s64 sent = e.kind == KIND_FAIL ? 0 : payload_sent(tp, c, e);
  __s64 received = e.kind == KIND_FAIL ? 0 : payload_received(tp);
  if (e.kind == KIND_LIVE && FAULT(TORN)) sent++;
  r->total_sent = sent;
  r->total_received = received;
  __s32 out = r->total.out, in = r->total.in;
  __s32 retransmits = r->total.retransmits, lost = r->total.lost;
  __u8 adopted = c->adopted;
  struct slot *slot = NULL;
  if (c->slot && e.kind == KIND_LIVE) {
    __u32 i = c->slot - 1;
    slot = bpf_map_lookup_elem(&slots, &i);
  }

  if (e.kind == KIND_LIVE) WIDEN(STALE);
  lock(c);
  __u32 reported = c->reported;
  /* A closed connection has nothing to add but an RST that went out later; a socket that was connected
   * anew while its totals were read is left for the next report. */
  if (((reported & R_CLOSED) && e.kind != KIND_RESET && RULE(ONCE)) ||
      (c->generation != r->generation && RULE(GENERATION)) ||
      (e.kind == KIND_LIVE && c->snapshot == control.snapshot && RULE(SECOND_VISIT))) {
    unlock(c);
    return false;
  }
  r->tgid = c->tgid;
  ((__u64 *)r->comm)[0] = ((__u64 *)c->comm)[0];
  ((__u64 *)r->comm)[1] = ((__u64 *)c->comm)[1];
  __s32 resets_out = c->resets_out, resets_in = c->resets_in;
  r->total.resets_out = resets_out;
  r->total.resets_in = resets_in;
  r->delta.resets_out = resets_out - c->base.resets_out;
  r->delta.resets_in = resets_in - c->base.resets_in;
  c->base.resets_out = resets_out;
  c->base.resets_in = resets_in;
  if (e.kind == KIND_RESET) {
    /* After CLOSE the counters of tcp_sock may be reset by tcp_disconnect(). */
    unlock(c);
    r->sent = r->received = 0;
    r->delta.out = r->delta.in = r->delta.retransmits = r->delta.lost = 0;
    r->effects = 0;
    return true;
  }
  r->sent = sent - c->base_sent;
  r->received = received - c->base_received;
  r->delta.out = out - c->base.out;
  r->delta.in = in - c->base.in;
  r->delta.retransmits = retransmits - c->base.retransmits;
  r->delta.lost = lost - c->base.lost;
  WIDEN(LOCK);
  if (RULE(BASELINE)) {
    c->base_sent = sent;
    c->base_received = received;
    c->base.out = out;
    c->base.in = in;
    c->base.retransmits = retransmits;
    c->base.lost = lost;
  }
  if (!RULE(SIGNED)) {
    if (r->sent < 0) r->sent = 0;
    if (r->received < 0) r->received = 0;
  }

  __u8 effects = adopted ? ADOPTED : 0;
  if (e.backstop) effects |= BACKSTOP;
  if (e.kind == KIND_FAIL) {
    effects |= FAILED;
    reported |= R_CLOSED;
  } else {
    if (!(reported & R_OPENED) && !adopted) effects |= OPENED;
    reported |= R_OPENED;
    if (e.kind == KIND_CLOSE) {
      effects |= CLOSED;
      if (reported & R_ACTIVE) effects |= DEACTIVATED;
      reported = (reported & ~R_ACTIVE) | R_CLOSED;
    } else if (e.kind == KIND_HANDOVER) {
      if (reported & R_ACTIVE) effects |= DEACTIVATED;
      reported &= ~R_ACTIVE;
    } else {
      if (!(reported & R_ACTIVE)) effects |= ACTIVATED;
      reported |= R_ACTIVE;
    }
  }
  c->reported = reported;
  if (e.kind == KIND_LIVE) c->snapshot = control.snapshot;
  if (slot && slot->sk == c->sk) {
    slot->base_sent = sent;
    slot->base_received = received;
    slot->base.out = out;
    slot->base.in = in;
    slot->base.retransmits = retransmits;
    slot->base.lost = lost;
    slot->base.resets_out = resets_out;
    slot->base.resets_in = resets_in;
    slot->reported = reported;
    /* After shutdown(SHUT_WR) more may still come in. */
    slot->r.total_received = received;
  }
  unlock(c);
  r->effects = effects;
  return true;
}

/* Initial value of an overflow entry. */
const struct overflow_sum no_sum = {};

static __always_inline void add(struct overflow_sum *s, const struct record *r) {
  __sync_fetch_and_add(&s->sent, r->sent);
  __sync_fetch_and_add(&s->received, r->received);
  __sync_fetch_and_add(&s->segments_out, (__s64)r->delta.out);
  __sync_fetch_and_add(&s->segments_in, (__s64)r->delta.in);
  __sync_fetch_and_add(&s->retransmits, (__s64)r->delta.retransmits);
  __sync_fetch_and_add(&s->lost, (__s64)r->delta.lost);
  __sync_fetch_and_add(&s->resets_out, (__s64)r->delta.resets_out);
  __sync_fetch_and_add(&s->resets_in, (__s64)r->delta.resets_in);
  __sync_fetch_and_add(&s->opened, (__s64)(r->effects & OPENED ? 1 : 0));
  __sync_fetch_and_add(&s->closed, (__s64)(r->effects & CLOSED ? 1 : 0));
  __sync_fetch_and_add(&s->failed, (__s64)(r->effects & FAILED ? 1 : 0));
  __sync_fetch_and_add(&s->active, (__s64)((r->effects & ACTIVATED ? 1 : 0) -
                                           (r->effects & DEACTIVATED ? 1 : 0)));
  __sync_fetch_and_add(&s->records, 1LL);
}

static __noinline int add_overflow(struct overflow_key *key, struct record *r) {
  if (!key || !r) return 0;
  struct overflow_sum *s;
  if ((control.generation & 1) && RULE(TWO_HASHES)) {
    s = bpf_map_lookup_elem(&overflow_odd, key);
    if (!s) {
      WIDEN(INSERT);
      bpf_map_update_elem(&overflow_odd, key, &no_sum, RULE(NOEXIST) ? BPF_NOEXIST : BPF_ANY);
      s = bpf_map_lookup_elem(&overflow_odd, key); /* ours, or whoever was faster */
    }
  } else {
    s = bpf_map_lookup_elem(&overflow_even, key);
    if (!s) {
      WIDEN(INSERT);
      bpf_map_update_elem(&overflow_even, key, &no_sum, RULE(NOEXIST) ? BPF_NOEXIST : BPF_ANY);
      s = bpf_map_lookup_elem(&overflow_even, key);
    }
  }
  if (!s) {
    __sync_fetch_and_add(&control.overflow_full, 1ULL);
    if (!RULE(TOTAL)) return 0;
    s = &control.total;
  }
  WIDEN(ADD);
  add(s, r);
  return 0;
}

/* The ring was full: keep the sums by who talks to whom, past that in one total. Detail is lost (the
 * samples of histograms), and said; totals never. */
static __noinline int report_overflow(struct tcp_sock *tp, struct conn *c, __u32 packed) {
  struct event e = unpack(packed);
  __u32 zero = 0;
  struct scratch *scratch = bpf_map_lookup_elem(&scratches, &zero);
  if (!tp || !c || !scratch) return 0;
  __u32 level = scratch->depth++;
  struct record *r = &scratch->level[level % SCRATCH_LEVELS].r;
  struct overflow_key *key = &scratch->level[level % SCRATCH_LEVELS].key;
  if (write_record(r, tp, c, e)) {
    __sync_fetch_and_add(&control.overflowed, 1ULL);
    /* duration, rtt and rtt.min at close; the handshake with whatever is the client's first word */
    __u64 samples = 0;
    if (e.kind == KIND_CLOSE)
      samples = (r->established || r->start ? 1 : 0) + (r->srtt_us ? 1 : 0) +
                (r->min_rtt_us != ~0U ? 1 : 0);
    if ((r->effects & OPENED) && r->role == ROLE_CLIENT && r->established) samples++;
    if (samples) __sync_fetch_and_add(&control.lost_samples, samples);
    if ((r->wanted & settings.events) &&
        (e.kind == KIND_OPEN || e.kind == KIND_CLOSE || e.kind == KIND_FAIL))
      __sync_fetch_and_add(&control.lost_events, 1ULL);
    key->netns = r->netns;
    key->server_port = r->role == ROLE_CLIENT   ? r->remote_port
                       : r->role == ROLE_SERVER ? r->local_port
                       : r->local_port < r->remote_port ? r->local_port
                                                        : r->remote_port;
    key->family = r->family;
    key->role = r->role;
    key->outcome = r->outcome;
    key->wanted = r->wanted;
    /* Unknown who opened: the lower port is the server's. */
    key->local_is_server = r->role == ROLE_UNKNOWN && r->local_port < r->remote_port;
    __builtin_memset(key->pad, 0, sizeof(key->pad));
    __builtin_memcpy(key->local, r->local, 16);
    __builtin_memcpy(key->remote, r->remote, 16);
    __builtin_memcpy(key->comm, r->comm, 16);
    add_overflow(key, r);
  }
  scratch->depth--;
  return 0;
}

/* Reports through the ring. The reader polls: a wake-up for each record would cost +39 % on connection
 * churn (docs/performance.md), so it is woken once, when the ring passes the wake level. */
static __noinline int report_packed(struct tcp_sock *tp, struct conn *c, __u32 packed) {
  if (!tp || !c) return 0;
  struct record *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
  if (!r) return RULE(OVERFLOW) ? report_overflow(tp, c, packed) : 0;
  if (!write_record(r, tp, c, unpack(packed))) {
    bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);
    return 0;
  }
  __u64 fill = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) - settings.wake_level;
  bpf_ringbuf_submit(r, fill < sizeof(*r) + 8 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
  return 0;
}

static __always_inline void report(struct tcp_sock *tp, struct conn *c, struct event e) {
  if (!c->wanted) return;
  if (e.backstop) __sync_fetch_and_add(&control.backstops, 1ULL);
  report_packed(tp, c, pack(e));
}

/* ---- insurance ---------------------------------------------------------------------------------- */

/* Notes how a connection will have ended that the application closes now. Process context. */
static __noinline int insure(struct tcp_sock *tp, struct conn *c) {
  if (!tp || !c || c->slot || !RULE(INSURANCE) || FAULT(NO_SLOT)) return 0;
  struct slot *s = NULL;
  __u32 zero = 0, i = 0;
  struct scratch *cpu = bpf_map_lookup_elem(&scratches, &zero);
  if (!cpu) return 0;
  for (int attempt = 0; attempt < 32; attempt++) {
    /* First what was freed last: going round would meet five cold cache lines each time. */
    i = attempt ? __sync_fetch_and_add(&control.next_slot, 1ULL) & settings.slot_mask : cpu->free_slot;
    s = bpf_map_lookup_elem(&slots, &i);
    if (s && __sync_val_compare_and_swap(&s->state, SLOT_FREE, SLOT_FILLING) == SLOT_FREE) break;
    s = NULL;
  }
  if (!s) {
    __sync_fetch_and_add(&control.uninsured, 1ULL);
    return 0;
  }
  describe(&s->r, tp, c);
  s->r.kind = KIND_CLOSE;
  s->r.outcome = OUTCOME_NONE;
  s->r.old_state = 0;
  s->r.socket_error = 0;
  s->r.total_sent = tp->bytes_acked + (__u32)(tp->write_seq - tp->snd_una) -
                    (c->role == ROLE_CLIENT ? 1 : 0);
  s->r.total_received = payload_received(tp);
  s->r.tgid = c->tgid;
  ((__u64 *)s->r.comm)[0] = ((__u64 *)c->comm)[0];
  ((__u64 *)s->r.comm)[1] = ((__u64 *)c->comm)[1];
  s->sk = c->sk;
  s->seen = control.snapshot;
  s->adopted = c->adopted;
  lock(c);
  s->r.total.resets_out = c->resets_out;
  s->r.total.resets_in = c->resets_in;
  s->base_sent = c->base_sent;
  s->base_received = c->base_received;
  s->base.out = c->base.out;
  s->base.in = c->base.in;
  s->base.retransmits = c->base.retransmits;
  s->base.lost = c->base.lost;
  s->base.resets_out = c->base.resets_out;
  s->base.resets_in = c->base.resets_in;
  s->reported = c->reported;
  c->slot = i + 1;
  unlock(c);
  /* An exchange is a full barrier: who sees BUSY sees the rest. */
  __sync_lock_test_and_set(&s->state, SLOT_BUSY);
  return 0;
}

/* Frees the slot of a connection whose end is about to be reported. False: the user side was faster and
 * has reported it. */
static __always_inline bool release(struct conn *c) {
  if (!c->slot || !RULE(RELEASE)) return true;
  __u32 i = c->slot - 1;
  c->slot = 0;
  struct slot *s = bpf_map_lookup_elem(&slots, &i);
  if (!s || s->sk != c->sk ||
      __sync_val_compare_and_swap(&s->state, SLOT_BUSY, SLOT_FREE) != SLOT_BUSY)
    return false;
  __u32 zero = 0;
  struct scratch *cpu = bpf_map_lookup_elem(&scratches, &zero);
  if (cpu) cpu->free_slot = i;
  return true;
}
