// SPDX-License-Identifier: GPL-2.0
/* One look-up by hmm_range_fault(), and what its pages become in the device's page table. */
#include <linux/sched/mm.h>

#include "device.h"

/* -EBUSY: an invalidation has overtaken the sequence. The caller holds a reference of mm_users. At most REF_CHUNK pages. */
int ref_look(struct ref_object *o, unsigned long start, unsigned long end, bool write, unsigned long seq, unsigned long *pfns, void *owner)
{
	struct hmm_range range = {
		.notifier = &o->sub,
		.notifier_seq = seq,
		.start = start,
		.end = end,
		.hmm_pfns = pfns,
		.default_flags = HMM_PFN_REQ_FAULT | (write ? HMM_PFN_REQ_WRITE : 0),
		.dev_private_owner = owner,
	};
	struct mm_struct *mm = o->device->mm;
	bool locks = !ref_is(o, REF_MIRROR_no_mmap_lock);
	int ret;

	if (locks)
		mmap_read_lock(mm);
	ret = hmm_range_fault(&range);
	if (locks)
		mmap_read_unlock(mm);
	return ret;
}

/* Maps what a look-up has found. The caller holds the lock under which it asked whether that still stands. */
int ref_commit(struct ref_object *o, unsigned long start, unsigned long end, bool write, unsigned long seq, const unsigned long *pfns)
{
	int ret = 0;

	for (unsigned long address = start; address < end && !ret; address += PAGE_SIZE, pfns++) {
		bool may_write = *pfns & HMM_PFN_WRITE;
		unsigned long entry;

		if (!(*pfns & HMM_PFN_VALID) || *pfns & HMM_PFN_ERROR)
			return -EFAULT;
		if (is_device_private_page(hmm_pfn_to_page(*pfns)))
			entry = ref_device_entry(hmm_pfn_to_page(*pfns));
		else
			entry = page_to_pfn(hmm_pfn_to_page(*pfns)) << REF_PFN_SHIFT;
		if (write && (may_write || ref_is(o, REF_MIRROR_writes_what_was_read)))
			entry |= REF_WRITE;
		ret = ref_map(o, address, entry, seq, may_write ? MS_page_source_hmm_write : MS_page_source_hmm_read);
	}
	return ret;
}
