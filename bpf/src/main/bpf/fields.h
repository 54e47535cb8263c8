/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What tcp_get_info() (net/ipv4/tcp.c) would say of a connection, read without the socket's lock. */
#pragma once
#include "report.h"

#define INFINITE_SSTHRESH 0x7fffffff
enum { CHRONO_RWND_LIMITED = 2, CHRONO_SNDBUF_LIMITED = 3 };

/* Time that a connection has been in one of the three busy states, the present one included. */
static __always_inline __u64 chrono(struct tcp_sock *tp, __u32 running, __u32 now, __u32 type) {
  __u64 jiffies = tp->chrono_stat[type - 1];
  if (running == type) jiffies += now - tp->chrono_start;
  return jiffies * settings.jiffy_us;
}

static __always_inline void write_fields(struct fields *f, struct tcp_sock *tp, __u8 wanted) {
  f->snapshot = control.snapshot;
  f->kind = KIND_FIELDS;
  f->wanted = wanted;
  f->pad0 = f->pad1 = 0;

  f->pacing_rate = SK(tp).sk_pacing_rate;
  f->max_pacing_rate = SK(tp).sk_max_pacing_rate;
  __u64 acked = tp->rate_delivered;
  __u32 interval = tp->rate_interval_us;
  f->delivery_rate = acked && interval ? acked * tp->mss_cache * 1000000 / interval : 0;

  __u32 now = bpf_jiffies64();
  __u32 running = BPF_CORE_READ_BITFIELD_PROBED(tp, chrono_type);
  f->rwnd_limited = chrono(tp, running, now, CHRONO_RWND_LIMITED);
  f->sndbuf_limited = chrono(tp, running, now, CHRONO_SNDBUF_LIMITED);
  f->busy_time = chrono(tp, running, now, 1) + f->rwnd_limited + f->sndbuf_limited;
  f->bytes_sent = tp->bytes_sent;
  f->bytes_retrans = tp->bytes_retrans;

  f->rto = tp->inet_conn.icsk_rto * settings.jiffy_us;
  f->ato = BPF_CORE_READ_BITFIELD_PROBED(tp, inet_conn.icsk_ack.ato) * settings.jiffy_us;
  f->snd_mss = tp->mss_cache;
  f->rcv_mss = tp->inet_conn.icsk_ack.rcv_mss;
  f->unacked = tp->packets_out;
  f->sacked = tp->sacked_out;
  f->lost = tp->lost_out;
  f->retrans = tp->retrans_out;
  f->pmtu = tp->inet_conn.icsk_pmtu_cookie;
  f->rcv_ssthresh = tp->rcv_ssthresh;
  f->rttvar = tp->mdev_us >> 2;
  __u32 ssthresh = tp->snd_ssthresh;
  f->snd_ssthresh = ssthresh >= INFINITE_SSTHRESH ? ~0U : ssthresh;
  f->snd_cwnd = tp->snd_cwnd;
  f->advmss = tp->advmss;
  f->reordering = tp->reordering;
  __u32 rcv_rtt = tp->rcv_rtt_est.rtt_us >> 3;
  f->rcv_rtt = rcv_rtt ? rcv_rtt : ~0U;
  f->rcv_space = tp->rcvq_space.space;
  __s32 notsent = tp->write_seq - tp->snd_nxt;
  f->notsent_bytes = notsent > 0 ? notsent : 0;
  f->data_segs_in = tp->data_segs_in;
  f->data_segs_out = tp->data_segs_out;
  f->delivered = tp->delivered;
  f->delivered_ce = tp->delivered_ce;
  f->dsack_dups = tp->dsack_dups;
  f->reord_seen = tp->reord_seen;
  f->rcv_ooopack = tp->rcv_ooopack;
  f->snd_wnd = tp->snd_wnd;
  f->rcv_wnd = tp->rcv_wnd;
  f->sndbuf = SK(tp).sk_sndbuf;
  f->rcvbuf = SK(tp).sk_rcvbuf;
  f->wmem_queued = SK(tp).sk_wmem_queued;
  f->ca_state = BPF_CORE_READ_BITFIELD_PROBED(tp, inet_conn.icsk_ca_state);
  f->retransmits = tp->inet_conn.icsk_retransmits;
  f->probes = tp->inet_conn.icsk_probes_out;
  f->backoff = tp->inet_conn.icsk_backoff;
}
