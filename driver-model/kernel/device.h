/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of the reference driver share: the device, an object that mirrors, an access in flight, the mutant that was asked for. */
#ifndef MIRRORSCOPE_KERNEL_DEVICE_H
#define MIRRORSCOPE_KERNEL_DEVICE_H

#include <linux/atomic.h>
#include <linux/hmm.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "points.h"
#include "uapi.h"

enum ref_bug {
	REF_CORRECT,
#define MUTANT(mode, name) REF_##mode##_##name,
#define DANGEROUS MUTANT
#include "mutants.def"
#undef MUTANT
#undef DANGEROUS
};

enum ref_count {
	REF_FAULTS,
	REF_COLLISIONS,
	REF_MAPS,
	REF_INVALIDATIONS,
	REF_REFUSALS,
	REF_ACCESSES,
	REF_JOBS,
	REF_MIGRATIONS,
	REF_HELD,
	REF_STALE,
	REF_NOT_WRITABLE,
	REF_UNKNOWN,
	REF_COUNTS,
};

#define REF_CHUNK 32 /* pages that one look-up and one commit are about */
#define REF_JOB_PAGES 256
#define REF_TLB 64

/* A translation: pfn << 3 and these. Kept as an XArray value. */
#define REF_WRITE 1UL
#define REF_DEVICE 2UL /* pfn is a device-private page */
#define REF_PINNED 4UL
#define REF_PFN_SHIFT 3
#define REF_GENERATION_SHIFT 48 /* of device-private pages: which use of the page this is */
#define REF_GENERATIONS 0xfffUL
#define REF_PFN(entry) (((entry) & ((1UL << REF_GENERATION_SHIFT) - 1)) >> REF_PFN_SHIFT)

struct ref_object;
struct ref_device;
struct ref_work;

struct ref_tlb {
	struct ref_object *object;
	unsigned long page;
	unsigned long entry;
};

/* What a mode is made of. A callback that is NULL is an ioctl that the mode has not. */
struct ref_mode {
	u32 discipline; /* enum ms_discipline */
	bool flushes;	/* the flushes of its TLB are said */
	bool wide;	/* its notifiers are wider than what it commits */
	bool pins;
	int (*setup)(struct ref_device *d);
	/* makes [start, end) of the object usable; the caller is no holder of any lock */
	int (*fault)(struct ref_object *o, unsigned long start, unsigned long end, bool write);
	/* the object that mirrors [address, end), or what of it one object can, with a reference; made if need be */
	struct ref_object *(*find)(struct ref_device *d, unsigned long address, unsigned long end);
	void (*release)(struct ref_object *o); /* gives back what find gave; NULL: ref_object_put() */
	int (*add)(struct ref_object *o);     /* REGISTER, after the object was made */
	void (*remove)(struct ref_object *o); /* DEREGISTER, or the file is closed: nothing of it is left behind */
	/* arms work that reads or writes [work->start, work->end): 0 and the work is in flight, -EAGAIN to be asked again, or why not */
	int (*arm)(struct ref_object *o, struct ref_work *work, bool listed);
	void (*cleanup)(struct ref_device *d); /* last: the device is closed, its objects are gone */
};

/* One access or job between its beginning and its end. */
struct ref_work {
	struct list_head in_flight;
	struct ref_object *object;
	unsigned long start, end; /* bytes */
	bool write;
	bool job;    /* it has a fence: job_begin was said */
	bool listed; /* of a fence: the object was in the submission's list */
	unsigned long *entries; /* the translations it began with, one per page */
};

struct ref_object {
	struct ref_device *device;
	struct kref references;
	u32 handle;
	unsigned long start, end; /* bytes */
	bool write;
	struct mmu_interval_notifier sub;
	bool watched; /* sub is inserted */
	struct mutex lock; /* the driver's lock: the callback takes it, and a commit asks read_retry under it */

	/* The page table, and what is under way with it. work_lock makes looking up and beginning one step against zapping. */
	spinlock_t work_lock;
	struct xarray table;
	struct list_head in_flight;
	wait_queue_head_t rest;

	/* seq_shared, hmm_range_shared: what two faults must not share */
	unsigned long shared_seq;
	unsigned long shared_pfns[REF_CHUNK];

	/* implicit children */
	atomic_t users;
	bool leaving;
	struct work_struct leave;

	/* registrations */
	struct page **pages;
	unsigned long npages;
	unsigned long pages_seq; /* the sequence that `pages` or the table was made with */
	bool have_pages, stale_pages, key, evicted, again, running;
	struct mutex scheduler; /* held while queues are stopped or let go, and while a key is used or taken away */
	struct delayed_work restore;
	struct mmu_interval_notifier *of_svm; /* gpusvm: the notifier that this object is of, instead of `sub` */
};

struct ref_device {
	const struct ref_mode *mode;
	u32 kind; /* enum mirrorscope_mode */
	enum ref_bug bug;
	u32 window_us, dma_us;
	u32 ranges, level_shift; /* of implicit */
	struct mm_struct *mm; /* mmgrab() */
	struct mutex lock; /* serialises setup, register, deregister */
	struct xarray objects; /* by handle; of implicit, by number of the last page */
	u32 next_handle;
	struct ref_object *whole; /* mirror, devmem: the one object */
	struct mutex reservation; /* of fence */
	spinlock_t tlb_lock; /* of tlb */
	struct ref_tlb tlb[REF_TLB];
	atomic64_t flushes;
	spinlock_t jobs_lock; /* of jobs, last_job and what stands in each job */
	struct list_head jobs;
	u64 last_job;
	wait_queue_head_t job_done;
	atomic64_t counts[REF_COUNTS];
	u64 stale_address, stale_pfn, stale_is;
	atomic_t children; /* of implicit, until the last record of each */
	void *svm; /* of gpusvm */
};

extern const struct ref_mode ref_mirror, ref_implicit, ref_registration, ref_fence, ref_quiesce, ref_pinned, ref_devmem, ref_gpusvm;
#define REF_OWNER ((void *)&ref_mirror) /* of its device-private pages, and its hmm_range.dev_private_owner */
extern struct workqueue_struct *ref_workqueue; /* may be waited for in reclaim */

#define SUB(o) ((o)->watched ? IDENTITY(ref_sub(o)) : 0)
#define SUB_SEQ(o) READ_ONCE(ref_sub(o)->invalidate_seq)

static inline struct mmu_interval_notifier *ref_sub(struct ref_object *o)
{
	return o->of_svm ?: &o->sub;
}

/* Gives back what find or a handle gave. */
static inline void ref_release(struct ref_object *o)
{
	void ref_object_put(struct ref_object *o);

	if (o->device->mode->release)
		o->device->mode->release(o);
	else
		ref_object_put(o);
}

static inline void ref_count(struct ref_device *d, enum ref_count what)
{
	atomic64_inc(&d->counts[what]);
}

/* Is the driver this mutant? */
static inline bool ref_is(const struct ref_object *o, enum ref_bug bug)
{
	return unlikely(o->device->bug == bug);
}

/* How a callback begins: it counts, and refuses what may not be slept for; `anyway`: a mutant that refuses more. */
static inline bool ref_refuses(struct ref_object *o, const struct mmu_notifier_range *range, bool anyway)
{
	ref_count(o->device, REF_INVALIDATIONS);
	if (mmu_notifier_range_blockable(range) && !anyway)
		return false;
	ref_count(o->device, REF_REFUSALS);
	return true;
}

/* object.c */
struct ref_object *ref_object_new(struct ref_device *d, unsigned long start, unsigned long end, bool write);
void ref_object_get(struct ref_object *o);
void ref_object_put(struct ref_object *o);
void ref_introduce(struct ref_object *o); /* dev_ctx: what it promises */
struct ref_object *ref_object_at(struct ref_device *d, unsigned long address);
void ref_window(const struct ref_device *d);
void ref_lock(struct ref_object *o, struct mutex *lock, u32 kind);
void ref_unlock(struct ref_object *o, struct mutex *lock, u32 kind);
bool ref_still_valid(struct ref_object *o, unsigned long start, unsigned long end, unsigned long seq);

/* table.c */
int ref_map(struct ref_object *o, unsigned long address, unsigned long entry, unsigned long seq, u32 source);
void ref_zap(struct ref_object *o, unsigned long start, unsigned long end);
void ref_erase(struct ref_object *o, unsigned long start, unsigned long end);
void ref_flush(struct ref_object *o, unsigned long start, unsigned long end);
void ref_drain(struct ref_object *o, unsigned long start, unsigned long end);
bool ref_mapped(struct ref_object *o, unsigned long start, unsigned long end, bool write);
unsigned long ref_translate(struct ref_object *o, unsigned long page);

/* access.c */
int ref_begin(struct ref_object *o, struct ref_work *work);
void ref_end(struct ref_work *work);
u64 ref_touch(struct ref_object *o, unsigned long address, unsigned long entry, u32 kind, u64 value);
bool ref_is_current(struct ref_object *o, unsigned long address, unsigned long pfn, bool write);

/* job.c */
int ref_access(struct ref_device *d, struct mirrorscope_access *access);
int ref_submit(struct ref_device *d, struct mirrorscope_job *job);
int ref_wait(struct ref_device *d, u64 job);
void ref_wait_all(struct ref_device *d, struct ref_object *o);

/* lookup.c */
int ref_look(struct ref_object *o, unsigned long start, unsigned long end, bool write, unsigned long seq, unsigned long *pfns, void *owner);
int ref_commit(struct ref_object *o, unsigned long start, unsigned long end, bool write, unsigned long seq, const unsigned long *pfns);

/* pages.c */
bool ref_pages_current(struct ref_object *o, struct page **pages, unsigned long start, unsigned long end);
int ref_pin(struct ref_object *o, struct page **pages, bool write);
void ref_unpin(struct ref_object *o, struct page **pages, unsigned long npages, bool dirty);
int ref_map_pages(struct ref_object *o, struct page **pages, unsigned long seq);

/* gpusvm.c */
#ifdef REF_HAS_GPUSVM
int ref_gpusvm_init(void);
void ref_gpusvm_exit(void);
#else
static inline int ref_gpusvm_init(void) { return 0; }
static inline void ref_gpusvm_exit(void) {}
#endif

/* devmem.c */
int ref_to_device(struct ref_device *d, unsigned long start, unsigned long end);
int ref_to_system(struct ref_device *d, unsigned long start, unsigned long end);
#ifdef REF_HAS_DEVMEM
struct page *ref_backing(unsigned long entry);
unsigned long ref_device_entry(struct page *page);
void ref_devmem_exit(void);
#else
static inline struct page *ref_backing(unsigned long entry) { return NULL; }
static inline unsigned long ref_device_entry(struct page *page) { return 0; }
static inline void ref_devmem_exit(void) {}
#endif

#endif
