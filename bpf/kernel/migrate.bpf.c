// SPDX-License-Identifier: GPL-2.0
/* How pages move between system and device memory: migrate_vma_setup, _pages, _finalize. mm/migrate_device.c. */
#include "bpf/emit.bpf.h"
#include "bpf/filter.bpf.h"
#include "bpf/migrate.bpf.h"
#include "bpf/pages.bpf.h"
#include "bpf/probe.bpf.h"

/* What stands in the first slots of the two arrays. */
struct slots {
	u64 src, dst;
	u64 src_hash, dst_hash;
	u32 look; /* at which pages too */
	u32 looked;
	u32 src_migrate; /* src with VALID and MIGRATE */
	u32 dst_valid;
	u32 both;
	u32 dst_unlocked, dst_unref;
	u32 moved_pinned;
};

enum {
	LOOK_AT_DST = 1, /* are the destination pages locked and referenced? */
	LOOK_AT_SRC = 2, /* is a page pinned that moves nevertheless? */
};

static __always_inline u64 mix(u64 hash, u64 value)
{
	return (hash ^ value) * 0x100000001b3ULL;
}

/* The lock of a folio is the lock bit of its head. */
static __always_inline void look_at_dst(u64 pfn, struct slots *s)
{
	struct folio_state folio;
	u64 page = page_of(pfn);

	if (!page || !folio_state(page, &folio))
		return;
	s->dst_unlocked += !(folio.flags & PAGE_FLAG(PG_locked));
	s->dst_unref += folio.refs < 1;
}

static __always_inline void look_at_src(u64 pfn, struct slots *s)
{
	struct folio_state folio;
	u64 page = page_of(pfn);

	if (page && page != zero_page && folio_state(page, &folio))
		s->moved_pinned += folio.pins > 0;
}

static long look_at_slot(u32 i, struct slots *s)
{
	const u64 valid_migrate = MS_MIGRATE_PFN_VALID | MS_MIGRATE_PFN_MIGRATE;
	bool moves, given;
	u64 from, to = 0;

	if (bpf_probe_read_kernel(&from, sizeof(from), (u64 *)s->src + i))
		return 1;
	if (s->dst && bpf_probe_read_kernel(&to, sizeof(to), (u64 *)s->dst + i))
		return 1;
	moves = (from & valid_migrate) == valid_migrate;
	given = to & MS_MIGRATE_PFN_VALID;
	s->looked++;
	s->src_hash = mix(s->src_hash, from >> MS_MIGRATE_PFN_SHIFT << 1 | (from & MS_MIGRATE_PFN_VALID));
	s->dst_hash = mix(s->dst_hash, to);
	s->src_migrate += moves;
	s->dst_valid += given;
	s->both += moves && given;
	if (s->look & LOOK_AT_DST && given)
		look_at_dst(to >> MS_MIGRATE_PFN_SHIFT, s);
	if (s->look & LOOK_AT_SRC && moves && given)
		look_at_src(from >> MS_MIGRATE_PFN_SHIFT, s);
	return 0;
}

SAMPLING(go_through_slots, struct slots, look_at_slot)

static __always_inline void look_at_slots(struct slots *s, void *src, void *dst, u64 n, u32 look)
{
	s->src = ID(src);
	s->dst = ID(dst);
	s->look = look;
	s->src_hash = s->dst_hash = 0xcbf29ce484222325ULL;
	go_through_slots(s, n);
}

#define MMAP_LOCK .mmap_lock = GET(mm, mmap_lock.count.counter)
#define SRC_SLOTS .sampled = s.looked, .src_migrate = s.src_migrate
#define SLOTS SRC_SLOTS, .dst_hash = s.dst_hash, .dst_valid = s.dst_valid, .both = s.both

ENTRY(migrate_setup, migrate_vma_setup)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);

	return EMIT(migrate_setup, mm, .args = ID(migrate), .start = GET(migrate, start), .end = GET(migrate, end),
		    .owner = ID(GET(migrate, pgmap_owner)), .flags = GET(migrate, flags),
		    .fault_page = ID(GET(migrate, fault_page)), MMAP_LOCK);
}

EXIT(migrate_setup_ret, migrate_vma_setup)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);
	struct slots s = {};
	s32 ret = (s32)RET();

	if (!wanted(mm))
		return 0;
	if (!ret)
		look_at_slots(&s, GET(migrate, src), 0, GET(migrate, npages), 0);
	return RECORD(migrate_setup_ret, mm, .args = ID(migrate), .start = GET(migrate, start),
		      .end = GET(migrate, end), .npages = ret ? 0 : GET(migrate, npages),
		      .cpages = ret ? 0 : GET(migrate, cpages), .src_hash = s.src_hash, SRC_SLOTS, .ret = ret);
}

ENTRY(migrate_pages, migrate_vma_pages)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);
	struct slots s = {};

	if (!wanted(mm))
		return 0;
	look_at_slots(&s, GET(migrate, src), GET(migrate, dst), GET(migrate, npages), LOOK_AT_DST);
	return RECORD(migrate_pages, mm, .args = ID(migrate), .npages = GET(migrate, npages),
		      .cpages = GET(migrate, cpages), .src_hash = s.src_hash, SLOTS, MMAP_LOCK,
		      .dst_unlocked = s.dst_unlocked, .dst_unref = s.dst_unref);
}

EXIT(migrate_pages_ret, migrate_vma_pages)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);
	struct slots s = {};

	if (!wanted(mm))
		return 0;
	look_at_slots(&s, GET(migrate, src), GET(migrate, dst), GET(migrate, npages), 0);
	return RECORD(migrate_pages_ret, mm, .args = ID(migrate), .npages = GET(migrate, npages), SLOTS);
}

ENTRY(migrate_finalize, migrate_vma_finalize)
{
	struct migrate_vma *migrate = (void *)ARG(0);
	struct mm_struct *mm = MM_OF(migrate);
	struct slots s = {};

	if (!wanted(mm))
		return 0;
	look_at_slots(&s, GET(migrate, src), GET(migrate, dst), GET(migrate, npages), LOOK_AT_SRC);
	return RECORD(migrate_finalize, mm, .args = ID(migrate), .npages = GET(migrate, npages),
		      .cpages = GET(migrate, cpages), SLOTS, MMAP_LOCK, .moved_pinned = s.moved_pinned);
}

EXIT(migrate_finalize_ret, migrate_vma_finalize)
{
	struct migrate_vma *migrate = (void *)ARG(0);

	return EMIT(migrate_finalize_ret, MM_OF(migrate), .args = ID(migrate));
}
