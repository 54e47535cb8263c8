/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the kernel side hands to the user side. dev.weir.bpf.ConnectionRecord, OverflowEntry and
 * ProbeControl mirror these structs; LayoutTest compares sizes and offsets with the BTF of the
 * compiled object.
 *
 * Every carrier (ring, overflow hash, iterator row) carries deltas against a baseline that lives in the
 * socket's own storage, so that sums are commutative: order, repeats and lateness do not matter.
 */
#pragma once
#include "kernel.h"

/* Why a record was made. */
enum kind {
  KIND_LIVE = 1,     /* the iterator passed a live connection */
  KIND_OPEN = 2,     /* established; only when somebody wants events */
  KIND_CLOSE = 3,    /* an established connection ended */
  KIND_FAIL = 4,     /* never established */
  KIND_HANDOVER = 5, /* another process owns the socket from here on: the old owner's part */
  KIND_RESET = 6,    /* an RST sent after the connection had ended */
  KIND_FIELDS = 7,   /* struct fields, of the connection of the live row before it */
};

/* What a record adds to the counters, beside its deltas. */
enum effect {
  OPENED = 1,       /* opened + 1 */
  ACTIVATED = 2,    /* active + 1 */
  DEACTIVATED = 4,  /* active - 1 */
  CLOSED = 8,       /* closed + 1 */
  FAILED = 16,      /* failed + 1 */
  ADOPTED = 32,     /* nothing added: the connection is older than the agent */
  BACKSTOP = 64,    /* nothing added: found by tcp_destroy_sock, the change to CLOSE was missed */
};

/* Which end this socket is. */
enum role { ROLE_UNKNOWN = 0, ROLE_CLIENT = 1, ROLE_SERVER = 2 };

/* How it ended: error.type. 0 is a clean end, or not ended. */
enum outcome {
  OUTCOME_NONE = 0,
  OUTCOME_REFUSED = 1,
  OUTCOME_TIMED_OUT = 2,
  OUTCOME_HOST_UNREACHABLE = 3,
  OUTCOME_NET_UNREACHABLE = 4,
  OUTCOME_RESET = 5,
  OUTCOME_ABORTED = 6,
  OUTCOME_ADDRESS_UNAVAILABLE = 7,
  OUTCOME_OTHER = 8,
};

/* Six counters of segments. As deltas they are signed: a torn read may go back by one. */
struct segments {
  __s32 out;         /* tcp_sock.segs_out */
  __s32 in;          /* tcp_sock.segs_in */
  __s32 retransmits; /* tcp_sock.total_retrans */
  __s32 lost;        /* tcp_sock.lost: judged lost, ever */
  __s32 resets_out;  /* tracepoint tcp_send_reset */
  __s32 resets_in;   /* tracepoint tcp_receive_reset */
};

/* One connection, seen from one of its sockets. Times are CLOCK_MONOTONIC in nanoseconds. */
struct record {
  __u64 time;        /* when this was taken */
  __u64 cookie;      /* of the socket, not of the connection; 0 unless events are wanted or somebody asked */
  __u64 start;       /* client: SYN sent; server: established; 0 unknown */
  __u64 established; /* 0 never, or unknown */
  __u64 cgroup;      /* id of the socket's cgroup v2 */
  __s64 sent;        /* payload bytes since the last record */
  __s64 received;
  __u64 total_sent;  /* payload bytes since the connection began */
  __u64 total_received;
  struct segments delta;
  struct segments total;
  __u32 srtt_us;     /* smoothed round trip time, microseconds */
  __u32 min_rtt_us;  /* least round trip time of the last minutes, microseconds; ~0 unknown */
  __u32 netns;       /* inode number of the network namespace */
  __u32 tgid;        /* owner in the initial PID namespace, 0 unknown */
  __u32 generation;  /* which connection of this socket, from 1 */
  __u16 local_port;  /* host order */
  __u16 remote_port; /* host order */
  __u8 local[16];    /* IPv4 as ::ffff:a.b.c.d, whatever the socket's family */
  __u8 remote[16];
  char comm[16];     /* name of the owner's main thread */
  __u8 family;       /* of the packets: 4 or 6 */
  __u8 role;         /* enum role */
  __u8 kind;         /* enum kind */
  __u8 effects;      /* enum effect, or-ed */
  __u8 outcome;      /* enum outcome */
  __u8 old_state;    /* KIND_CLOSE, KIND_FAIL: state before CLOSE, 0 unknown */
  __u8 wanted;       /* bit i: receiver i wants it */
  __u8 socket_error; /* sk_err */
};

/*
 * Further fields of the kernel's tcp_sock, as tcp_get_info() gives them and named as in struct tcp_info:
 * a row of its own behind a live row, if a receiver wants it. As long as a record, with kind and wanted
 * where a record has them. Times in microseconds, rates in bytes a second; all bits set: not known.
 */
struct fields {
  __u64 snapshot;    /* number of the snapshot */
  __u64 pacing_rate;
  __u64 max_pacing_rate;
  __u64 delivery_rate;
  __u64 busy_time;
  __u64 rwnd_limited;
  __u64 sndbuf_limited;
  __u64 bytes_sent;
  __u64 bytes_retrans;
  __u32 rto;
  __u32 ato;
  __u32 snd_mss;
  __u32 rcv_mss;
  __u32 unacked;
  __u32 sacked;
  __u32 lost;
  __u32 retrans;
  __u32 pmtu;
  __u32 rcv_ssthresh;
  __u32 rttvar;
  __u32 snd_ssthresh;
  __u32 snd_cwnd;
  __u32 advmss;
  __u32 reordering;
  __u32 rcv_rtt;
  __u32 rcv_space;
  __u32 notsent_bytes;
  __u32 data_segs_in;
  __u32 data_segs_out;
  __u32 delivered;
  __u32 delivered_ce;
  __u32 dsack_dups;
  __u32 reord_seen;
  __u32 rcv_ooopack;
  __u32 snd_wnd;
  __u32 rcv_wnd;
  __u32 sndbuf;      /* these three are of struct sock */
  __u32 rcvbuf;
  __u32 wmem_queued;
  __u8 ca_state;
  __u8 retransmits;
  __u8 kind;         /* KIND_FIELDS */
  __u8 probes;
  __u8 backoff;
  __u8 pad0;
  __u8 wanted;
  __u8 pad1;
};
union row {
  struct record record;
  struct fields fields;
};
_Static_assert(sizeof(struct fields) == sizeof(struct record), "both lie in one row");
_Static_assert(__builtin_offsetof(struct fields, kind) == __builtin_offsetof(struct record, kind), "");
_Static_assert(__builtin_offsetof(struct fields, wanted) == __builtin_offsetof(struct record, wanted), "");

/* Where a delta goes for which the ring had no room. */
struct overflow_key {
  __u32 netns;
  __u16 server_port;
  __u8 family;
  __u8 role;
  __u8 outcome;
  __u8 wanted;
  __u8 local_is_server; /* orientation where the role is unknown */
  __u8 pad[5];
  __u8 local[16];
  __u8 remote[16];
  char comm[16];
};

/* Sums of such deltas. Added to atomically. */
struct overflow_sum {
  __s64 sent;
  __s64 received;
  __s64 segments_out;
  __s64 segments_in;
  __s64 retransmits;
  __s64 lost;
  __s64 resets_out;
  __s64 resets_in;
  __s64 opened;
  __s64 closed;
  __s64 failed;
  __s64 active;  /* activated - deactivated */
  __s64 records; /* how many records this stands for */
};
