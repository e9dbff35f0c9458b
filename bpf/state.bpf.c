// SPDX-License-Identifier: GPL-2.0
/* Which variables and maps all programs share: defined here once, declared in the headers. */
#include "bpf/callback.bpf.h"
#include "bpf/counters/tally.bpf.h"
#include "bpf/emit.bpf.h"
#include "bpf/follow.bpf.h"
#include "bpf/found.bpf.h"
#include "bpf/holders.bpf.h"
#include "bpf/nonblock.bpf.h"
#include "bpf/pages.bpf.h"
#include "bpf/probe.bpf.h"
#include "bpf/stacks.bpf.h"
#include "bpf/ucache/ucache.bpf.h"

char LICENSE[] SEC("license") = "GPL";

struct ms_cpu cpus[MS_MAX_CPUS];
ms_t_u32 ready;
ms_t_u32 marks[MS_MARKS];
ms_t_u64 covered[MS_GROUPS];
ms_t_u8 spoke[MS_SPOKE];
ms_t_u64 self_mm;
ms_t_u32 joined;
ms_t_u32 holding;
ms_t_u32 nonblock_starts;
ms_t_u64 vmemmap;
ms_t_u64 zero_page;
const volatile struct ms_config config;

struct rings rings SEC(".maps");
struct calls calls SEC(".maps");
struct inside inside SEC(".maps");
struct wanted_mms wanted_mms SEC(".maps");
struct wanted_tgids wanted_tgids SEC(".maps");
struct wanted_cgroups wanted_cgroups SEC(".maps");
struct owners owners SEC(".maps");
struct found found SEC(".maps");
struct holders holders SEC(".maps");
struct nonblocking nonblocking SEC(".maps");
struct stacks stacks SEC(".maps");
struct ucache_tasks ucache_tasks SEC(".maps");
struct ucache_regions ucache_regions SEC(".maps");
struct nowhere nowhere SEC(".maps");

struct tallies tallies SEC(".maps");
struct tally_names tally_names SEC(".maps");
struct ms_call_under_way under_way[MS_CALLS_UNDER_WAY];
ms_t_u64 uncounted;
struct ms_tally no_tally;

/* Attached to the function of every kretprobe. */
SEC("kprobe")
int save_call(struct pt_regs *ctx)
{
	struct call_key key = this_call(ctx);
	struct call call = {};

	if (!ready)
		return 0;
	arguments(&call, ctx);
	bpf_map_update_elem(&calls, &key, &call, BPF_ANY);
	return 0;
}
