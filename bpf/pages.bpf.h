/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel counts per folio: pins, references, the lock bit; and which pages do not count. */
#ifndef MIRRORSCOPE_BPF_PAGES_H
#define MIRRORSCOPE_BPF_PAGES_H

#include "bpf/core_drift.bpf.h"
#include "bpf/filter.bpf.h"

extern ms_t_u64 vmemmap;   /* where the array of struct page starts, 0 if unknown */
extern ms_t_u64 zero_page; /* the page of zeroes, 0 if unknown */

/* Both are constant after boot: read once, by the task iterator. */
static __always_inline void find_page_array(void)
{
	u64 pfn = 0;

	if (vmemmap || !config.vmemmap_base)
		return;
	bpf_probe_read_kernel(&vmemmap, sizeof(vmemmap), (void *)config.vmemmap_base);
	if (config.zero_pfn && !bpf_probe_read_kernel(&pfn, sizeof(pfn), (void *)config.zero_pfn) && pfn)
		zero_page = vmemmap + pfn * bpf_core_type_size(struct page);
}

static __always_inline u64 page_of(u64 pfn)
{
	return vmemmap ? vmemmap + pfn * bpf_core_type_size(struct page) : 0;
}

static __always_inline u64 pfn_of(u64 page)
{
	return vmemmap && page >= vmemmap ? (page - vmemmap) / bpf_core_type_size(struct page) : 0;
}

struct folio_state {
	u64 flags;
	s32 refs;
	s32 pins; /* folio_maybe_dma_pinned() if positive */
};

/* False if it cannot be read. */
static __always_inline bool folio_state(u64 page, struct folio_state *state)
{
	struct folio *folio = (void *)head_of(page);

	if (!folio || bpf_core_read(&state->refs, sizeof(state->refs), &folio->_refcount.counter))
		return false;
	state->flags = folio_flags(folio);
	if (state->flags & PAGE_FLAG(PG_head)) {
		if (bpf_core_read(&state->pins, sizeof(state->pins), &folio->_pincount.counter))
			return false;
	} else {
		state->pins = state->refs > 0 ? (u32)state->refs / MS_PIN_BIAS : 0;
	}
	return true;
}

/*
 * is_pci_p2pdma_page(), for a page of which folio_state() has read `flags`. No page of a device is on an LRU list; of the others what
 * looks like a pgmap must be of this type and have one range, as pci_p2pdma_add_resource() makes it, with the page in it.
 */
static __always_inline bool is_p2pdma(u64 page, u64 flags)
{
	u64 at = pfn_of(page) << 12;
	struct dev_pagemap *pgmap;
	u32 type = 0, ranges = 0;
	struct range range = {};

	if (!HAS_P2PDMA() || flags & PAGE_FLAG(PG_lru))
		return false;
	pgmap = pgmap_of(head_of(page));
	if (!pgmap || bpf_core_read(&type, sizeof(type), &pgmap->type))
		return false;
	if (type != bpf_core_enum_value(enum memory_type, MEMORY_DEVICE_PCI_P2PDMA))
		return false;
	if (bpf_core_read(&ranges, sizeof(ranges), &pgmap->nr_range) || bpf_core_read(&range, sizeof(range), &pgmap->range))
		return false;
	return ranges == 1 && at >= range.start && at <= range.end;
}

/*
 * SAMPLING(name, type, look) makes int name(type *state, u64 n): look(i, state) for the first n entries, at most MS_SAMPLED_PAGES, until one
 * returns 1. A bpf_loop(), because the verifier of 6.1 would walk through every turn of a plain loop; in a function of its own, because then
 * the verifier goes through it once for each program, and not once for each way through the entries and what comes after (unpin_user_pages():
 * 33,000 instructions walked through, 2,400 so). bpf_loop() wants its context on the stack of that function.
 */
#define SAMPLING(name, type, look)                                                                                     \
	__noinline int name(type *state, u64 n)                                                                        \
	{                                                                                                              \
		type own;                                                                                              \
                                                                                                                       \
		if (!state)                                                                                            \
			return 0;                                                                                      \
		own = *state;                                                                                          \
		bpf_loop(n < MS_SAMPLED_PAGES ? n : MS_SAMPLED_PAGES, look, &own, 0);                                  \
		*state = own;                                                                                          \
		return 0;                                                                                              \
	}

#endif
