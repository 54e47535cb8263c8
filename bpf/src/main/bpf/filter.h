/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Which receivers want a connection: decided once, when it opens. */
#pragma once
#include "report.h"

static __always_inline __u8 apply(__u8 wanted, __u8 has_include, __u8 include, __u8 exclude) {
  return wanted & ~exclude & (include | ~has_include);
}

static __always_inline __u8 decide(struct tcp_sock *tp, struct conn *c) {
  __u8 wanted = settings.receivers;
  if (settings.exclude_self && c->tgid && c->tgid == control.self_tgid)
    wanted &= ~settings.exclude_self;
  if (settings.filter_cidr) {
    struct cidr_key local = {.prefix_length = 128}, remote = {.prefix_length = 128};
    addresses(tp, local.address, remote.address);
    struct choice *l = bpf_map_lookup_elem(&filter_cidrs, &local);
    struct choice *r = bpf_map_lookup_elem(&filter_cidrs, &remote);
    wanted = apply(wanted, settings.include_cidr, (l ? l->include : 0) | (r ? r->include : 0),
                   (l ? l->exclude : 0) | (r ? r->exclude : 0));
  }
  if (settings.filter_port) {
    __u32 port = c->role == ROLE_CLIENT ? remote_port(tp) : local_port(tp);
    struct choice *p = bpf_map_lookup_elem(&filter_ports, &port);
    wanted = apply(wanted, settings.include_port, p ? p->include : 0, p ? p->exclude : 0);
  }
  if (settings.filter_process) {
    struct process_key key;
    __builtin_memcpy(key.comm, c->comm, 16);
    struct choice *p = bpf_map_lookup_elem(&filter_processes, &key);
    wanted = apply(wanted, settings.include_process, p ? p->include : 0, p ? p->exclude : 0);
  }
  if (settings.filter_netns) {
    __u32 ns = netns(tp);
    struct choice *p = bpf_map_lookup_elem(&filter_netns, &ns);
    wanted = apply(wanted, settings.include_netns, p ? p->include : 0, p ? p->exclude : 0);
  }
  if (!wanted) __sync_fetch_and_add(&control.excluded, 1ULL);
  return wanted;
}
