/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The kernel's types, by hand and only the fields that are touched. preserve_access_index makes the
 * loader look each field up in the running kernel's BTF (CO-RE), so order and gaps do not matter here.
 * Why no copy of vmlinux.h: 150,000 lines of one kernel say less than these about what is relied on.
 */
#pragma once

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;
typedef _Bool bool;
#define true 1
#define false 0
#define NULL ((void *)0)

/* include/uapi/linux/bpf.h */
enum {
  BPF_MAP_TYPE_HASH = 1,
  BPF_MAP_TYPE_ARRAY = 2,
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,
  BPF_MAP_TYPE_LPM_TRIE = 11,
  BPF_MAP_TYPE_SK_STORAGE = 24,
  BPF_MAP_TYPE_RINGBUF = 27,
};
enum {
  BPF_ANY = 0,
  BPF_NOEXIST = 1,
  BPF_F_NO_PREALLOC = 1 << 0,
  BPF_F_CLONE = 1 << 9,
  BPF_F_MMAPABLE = 1 << 10,
  BPF_SK_STORAGE_GET_F_CREATE = 1,
  BPF_RB_NO_WAKEUP = 1,
  BPF_RB_FORCE_WAKEUP = 2,
  BPF_RB_AVAIL_DATA = 0,
};
struct bpf_spin_lock {
  __u32 val;
};

/* include/net/tcp_states.h */
enum {
  TCP_ESTABLISHED = 1,
  TCP_SYN_SENT = 2,
  TCP_SYN_RECV = 3,
  TCP_FIN_WAIT1 = 4,
  TCP_FIN_WAIT2 = 5,
  TCP_TIME_WAIT = 6,
  TCP_CLOSE = 7,
  TCP_CLOSE_WAIT = 8,
  TCP_LAST_ACK = 9,
  TCP_LISTEN = 10,
  TCP_CLOSING = 11,
  TCP_NEW_SYN_RECV = 12,
};

/* include/uapi/asm-generic/errno.h: the same numbers on x86-64, arm64 and riscv */
enum {
  EPIPE = 32,
  EADDRNOTAVAIL = 99,
  ENETUNREACH = 101,
  ECONNABORTED = 103,
  ECONNRESET = 104,
  ETIMEDOUT = 110,
  ECONNREFUSED = 111,
  EHOSTUNREACH = 113,
};

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define SOCK_DONE_BIT 1 /* enum sock_flags: SOCK_DONE */
enum { SO_EE_ORIGIN_ICMP = 2, SO_EE_ORIGIN_ICMP6 = 3 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
  union {
    __u8 u6_addr8[16];
    __u32 u6_addr32[4];
  } in6_u;
};
struct ns_common {
  unsigned int inum;
};
struct net {
  struct ns_common ns;
};
typedef struct {
  struct net *net;
} possible_net_t;
typedef struct {
  __s64 counter;
} atomic64_t;
struct sock_common {
  union {
    struct {
      __be32 skc_daddr;
      __be32 skc_rcv_saddr;
    };
  };
  union {
    struct {
      __be16 skc_dport;
      __u16 skc_num;
    };
  };
  unsigned short skc_family;
  volatile unsigned char skc_state;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
  atomic64_t skc_cookie;
  unsigned long skc_flags;
};
struct kernfs_node {
  __u64 id;
};
struct cgroup {
  struct kernfs_node *kn;
};
struct sock_cgroup_data {
  struct cgroup *cgroup; /* since 5.15 */
};
struct sk_buff {
  char cb[48];
};
struct sk_buff_head {
  struct sk_buff *next;
  __u32 qlen;
};
struct sock_extended_err {
  __u32 ee_errno;
  __u8 ee_origin;
};
struct sock_exterr_skb { /* lies in sk_buff.cb of what is in sk_error_queue */
  struct sock_extended_err ee;
};
struct sock {
  struct sock_common __sk_common;
  struct sk_buff_head sk_error_queue;
  int sk_err;
  int sk_err_soft;
  __u16 sk_protocol;
  int sk_sndbuf;
  int sk_rcvbuf;
  int sk_wmem_queued;
  unsigned long sk_pacing_rate;
  unsigned long sk_max_pacing_rate;
  struct sock_cgroup_data sk_cgrp_data;
};
struct inet_sock {
  struct sock sk;
  __be16 inet_sport;
};
struct inet_connection_sock {
  struct inet_sock icsk_inet;
  __u32 icsk_rto;
  __u32 icsk_pmtu_cookie;
  __u8 icsk_ca_state : 5;
  __u8 icsk_retransmits;
  __u8 icsk_backoff;
  __u8 icsk_probes_out;
  struct {
    __u32 ato : 8; /* a whole word before 6.10 */
    __u16 rcv_mss;
  } icsk_ack;
};
struct minmax_sample {
  __u32 t;
  __u32 v;
};
struct minmax {
  struct minmax_sample s[3];
};
struct request_sock;
struct tcp_sock {
  struct inet_connection_sock inet_conn;
  __u64 bytes_acked;
  __u64 bytes_received;
  __u64 bytes_sent;
  __u64 bytes_retrans;
  __u32 snd_nxt;
  __u32 snd_una;
  __u32 write_seq;
  __u32 segs_in;
  __u32 segs_out;
  __u32 total_retrans;
  __u32 lost;
  __u32 srtt_us;
  struct minmax rtt_min;
  struct request_sock *fastopen_rsk;
  /* for struct fields */
  __u32 mss_cache;
  __u16 advmss;
  __u32 packets_out;
  __u32 sacked_out;
  __u32 lost_out;
  __u32 retrans_out;
  __u32 rcv_ssthresh;
  __u32 mdev_us;
  __u32 snd_ssthresh;
  __u32 snd_cwnd;
  __u32 reordering;
  struct {
    __u32 rtt_us;
  } rcv_rtt_est;
  struct {
    int space;
  } rcvq_space;
  __u32 data_segs_in;
  __u32 data_segs_out;
  __u32 delivered;
  __u32 delivered_ce;
  __u32 dsack_dups;
  __u32 reord_seen;
  __u32 rcv_ooopack;
  __u32 snd_wnd;
  __u32 rcv_wnd;
  __u32 rate_delivered;
  __u32 rate_interval_us;
  __u32 chrono_start;
  __u32 chrono_stat[3];
  __u8 chrono_type; /* two bits of a byte before 6.14 */
};
struct task_struct {
  int pid;
  int tgid;
  struct task_struct *group_leader;
  char comm[16];
};
struct socket {
  struct sock *sk;
};
struct file;
struct seq_file;
struct bpf_map;
struct bpf_iter_meta {
  struct seq_file *seq;
};
struct bpf_iter__bpf_sk_storage_map {
  struct bpf_iter_meta *meta;
  struct bpf_map *map;
  struct sock *sk;
  void *value;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta *meta;
  struct task_struct *task;
  __u32 fd;
  struct file *file;
};

#pragma clang attribute pop
