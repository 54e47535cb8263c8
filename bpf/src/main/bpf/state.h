/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Everything that the programs keep: settings, control block, maps, and what is known of a socket.
 * dev.weir.bpf.TcpProbe writes settings before the load and maps the control block.
 */
#pragma once
#include "record.h"
#include <bpf/bpf_helpers.h>

/* Written once, before the load: branches that a setting rules out are removed by the verifier. Masks
 * have bit i set for receiver i. */
struct settings {
  __u8 receivers;         /* which receivers exist */
  __u8 events;            /* which want KIND_OPEN */
  __u8 exclude_self;      /* which leave the agent's own connections out */
  __u8 adopt;             /* connections older than the agent are measured from now on */
  __u8 include_cidr;      /* which have a list of networks to include, and so on */
  __u8 include_port;
  __u8 include_process;
  __u8 include_netns;
  __u8 filter_cidr;       /* whether the map has any entry, and so on */
  __u8 filter_port;
  __u8 filter_process;
  __u8 filter_netns;
  __u16 ephemeral_first;  /* net.ipv4.ip_local_port_range */
  __u16 ephemeral_last;
  __u32 row_capacity;     /* rows in a chunk of a snapshot */
  __u32 wake_level;       /* bytes in the ring at which the reader is woken */
  __u32 slot_mask;        /* number of slots - 1, a power of two - 1 */
  __u8 fields;            /* which want KIND_FIELDS */
  __u8 pad[3];
  __u32 jiffy_us;         /* microseconds in a jiffy */
  __u32 pad1;
};
extern const volatile struct settings settings SEC(".rodata.settings");

/* Shared with the user side by mmap. Counters only grow; the user side takes differences. */
struct control {
  __u32 generation;       /* written by the user side: bit 0 says which overflow hash is filled */
  __u32 snapshot;         /* written by the user side: number of the running snapshot */
  __u32 row_count;        /* rows in the chunk; set back by the user side */
  __u32 self_tgid;        /* the agent, in the initial PID namespace */
  __u32 file_mode;        /* written by the user side: enum file_mode */
  __u32 pad;
  __u64 overflowed;       /* records for which the ring had no room */
  __u64 lost_samples;     /* histogram samples that went with them */
  __u64 overflow_full;    /* of these, records for which the hash had no room either */
  __u64 storage_failures; /* sockets for which there was no storage */
  __u64 adopted;          /* connections older than the agent, measured from now on */
  __u64 unadopted;        /* connections older than the agent that ended unseen */
  __u64 backstops;        /* ends that only tcp_destroy_sock showed */
  __u64 excluded;         /* connections that no receiver wants */
  __u64 uninsured;        /* closing connections for which no slot was free */
  __u64 next_slot;        /* where the next free slot is looked for */
  __u64 lost_events;      /* of the overflowed records, those that would have been events for a log */
  struct overflow_sum total; /* what went into no hash */
};
extern struct control control SEC(".data.control");

/* What iter/task_file does with each socket that some process holds. */
enum file_mode {
  FILES_LISTENERS = 1, /* note who listens where, for the adoption */
  FILES_ADOPT = 2,     /* adopt connections without storage */
  FILES_OWNERS = 3,    /* find out who owns what a listener accepted; adopts too */
};

/* Bits of conn.reported, guarded by the lock: what the user side has been told. */
enum {
  R_OPENED = 1, /* opened + 1 */
  R_ACTIVE = 2, /* active + 1, and not yet - 1 */
  R_CLOSED = 4, /* its end: nothing more comes of this connection */
};

/*
 * What is known of a socket, in its own storage, with the baseline of what has been reported.
 *
 * The lock guards `reported`, the baseline and the owner's name, and is taken by whoever reports; it
 * costs 30 ns, so what one transition alone writes (under the socket's own lock) stands in fields of its
 * own beside it. The lock is the innermost and covers loads and stores of this struct only.
 */
struct conn {
  struct bpf_spin_lock lock;
  __u32 reported;
  __u64 sk;           /* whose this is: differs in a child that still has its listener's copy */
  __u64 start;
  __u64 established;
  __s64 base_sent;    /* baseline: totals at the last report */
  __s64 base_received;
  struct segments base;
  __s32 resets_out;   /* totals of this connection: tcp_sock does not count them */
  __s32 resets_in;
  __u32 generation;
  __u32 snapshot;     /* the last that passed here: a snapshot may come twice */
  char comm[16];      /* aligned to 8: copied as two words */
  __u32 tgid;
  __u32 slot;         /* index + 1 of the insurance of a closing connection, 0 none */
  __u8 role;
  __u8 wanted;
  __u8 listener;
  __u8 adopted;
  __u8 was_established;
  __u8 fin;           /* the application closed: a FIN is sent, or about to be */
  __u8 owned;         /* the owner is known, not merely inherited from the listener */
  __u8 pad[1];
};

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
  __type(key, int);
  __type(value, struct conn);
} conns SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 22);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, union row);
} rows SEC(".maps");

/*
 * Insurance. A tracing program does not run where it interrupts itself, nor where it interrupts a bpf(2)
 * call that changes a map; both happen in softirq, and then neither the change to CLOSE nor
 * tcp_destroy_sock may be seen: with receive packet steering 4 to 8 of 1,000 connections end unseen
 * (docs/performance.md). The change to FIN_WAIT1 or LAST_ACK is made by the application's own close or
 * shutdown, in process context, and is never missed. So what the connection will have sent and received
 * is noted there, in a slot; the change to CLOSE frees it. What two snapshots in a row do not find any
 * more, and nothing freed, ended unseen: the user side takes its figures from the slot.
 */
enum slot_state { SLOT_FREE = 0, SLOT_FILLING = 1, SLOT_BUSY = 2, SLOT_TAKEN = 3 };
struct slot {
  __u32 state;       /* enum slot_state; changed by compare and exchange */
  __u32 seen;        /* the last snapshot that found the socket */
  __u64 sk;          /* whose */
  __s64 base_sent;   /* the baseline and what was reported, as in struct conn */
  __s64 base_received;
  struct segments base;
  __u32 reported;
  __u32 adopted;
  struct record r;   /* totals are what they will be in the end; deltas are left to the user side */
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, struct slot);
} slots SEC(".maps");

/* Preallocated: an insert in softirq must not depend on the allocator. */
#define OVERFLOW_HASH(name)                   \
  struct {                                    \
    __uint(type, BPF_MAP_TYPE_HASH);          \
    __uint(max_entries, 8192);                \
    __type(key, struct overflow_key);         \
    __type(value, struct overflow_sum);       \
  } name SEC(".maps")
OVERFLOW_HASH(overflow_even);
OVERFLOW_HASH(overflow_odd);

/* What is kept a CPU, and room for what does not fit the stack. A program that interrupts another on this CPU gets the next level;
 * it ends before the one below goes on. Process context, softirq and the snapshot make three. */
#define SCRATCH_LEVELS 4
struct scratch {
  __u32 depth;
  __u32 free_slot; /* the slot that was freed last on this CPU: its memory is still in the cache */
  struct {
    struct record r;
    struct overflow_key key;
  } level[SCRATCH_LEVELS];
};
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

/* Filters: a value says which receivers include and which exclude what matches. */
struct choice {
  __u8 include;
  __u8 exclude;
  __u8 pad[2];
};
struct cidr_key {
  __u32 prefix_length;
  __u8 address[16];
};
struct process_key {
  char comm[16];
};
struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1024);
  __type(key, struct cidr_key);
  __type(value, struct choice);
} filter_cidrs SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct choice);
} filter_ports SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1024);
  __type(key, struct process_key);
  __type(value, struct choice);
} filter_processes SEC(".maps");
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct choice);
} filter_netns SEC(".maps");

/* Who listened where when the agent started: decides who opened an adopted connection. */
struct listener_key {
  __u32 netns;
  __u32 port;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 8192);
  __type(key, struct listener_key);
  __type(value, __u8);
} listeners SEC(".maps");
