/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/* What a program can ask of /dev/mirrorscope, the reference driver: the whole interface. */
#ifndef MIRRORSCOPE_KERNEL_UAPI_H
#define MIRRORSCOPE_KERNEL_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * An open file is one device with one page table, for the process that set it up; a fork's child, or a process that was handed the file, gets
 * -EFAULT from everything that touches memory. Addresses and lengths are in bytes and multiples of the page size, except in an access.
 *
 *	int fd = open("/dev/mirrorscope", O_RDWR);
 *	struct mirrorscope_setup setup = { .mode = MIRRORSCOPE_MIRROR };
 *	ioctl(fd, MIRRORSCOPE_SETUP, &setup);
 *	struct mirrorscope_access write = { .address = (__u64)p, .value = 7, .kind = MIRRORSCOPE_WRITE };
 *	ioctl(fd, MIRRORSCOPE_ACCESS, &write);
 */

/* How the device keeps up with the process. The model's profile of the same behaviour stands behind each. */
enum mirrorscope_mode {
	MIRRORSCOPE_MIRROR,	  /* hmm_mirror: one notifier for everything, fault on demand, unmap in the callback */
	MIRRORSCOPE_IMPLICIT,	  /* odp_implicit: children with a notifier of their own, made by faults; how wide: enum mirrorscope_ranges */
	MIRRORSCOPE_REGISTRATION, /* i915_userptr: pages pinned at submission, kept until the sequence has gone on */
	MIRRORSCOPE_FENCE,	  /* amdgpu_userptr: pages looked up at submission, the callback waits for jobs */
	MIRRORSCOPE_QUIESCE,	  /* kfd_quiesce: the callback stops the queue, a worker looks pages up and lets it run */
	MIRRORSCOPE_PINNED,	  /* pinned_mr: pages pinned from REGISTER to DEREGISTER, no notifier */
	MIRRORSCOPE_DEVMEM,	  /* pagemap: as mirror, and pages can move to device-private memory; needs DEVICE_PRIVATE */
	MIRRORSCOPE_GPUSVM,	  /* gpusvm: drm_gpusvm's notifiers and ranges; needs 7.x and drm_gpusvm_helper */
	MIRRORSCOPE_MODES,
};

/* What a child of IMPLICIT covers. Requests that cross its end are refused with -EXDEV: each part is one of its own. */
enum mirrorscope_ranges {
	MIRRORSCOPE_LEVEL,     /* the aligned 2^level_shift bytes around the address, as a level of a page table does */
	MIRRORSCOPE_VMA,       /* the VMA, or what of it no other child covers, as it was when the child was made */
	MIRRORSCOPE_TEMPORARY, /* the pages of one request, and both go with it */
	MIRRORSCOPE_RANGES,
};

/* SETUP, first and once: what this device is. -EOPNOTSUPP: this kernel has not what the mode needs. -ENOENT: the mode has no such mutant. */
struct mirrorscope_setup {
	__u32 mode;
	__u32 window_us; /* every race that the mutant opens is held open for so long; 0 = the module's parameter */
	__u32 dma_us;	 /* a job works so long on each page; 0 = the module's parameter */
	__u32 ranges;	   /* IMPLICIT: enum mirrorscope_ranges */
	__u32 level_shift; /* of MIRRORSCOPE_LEVEL, 12 to 46; 0 = 21, which is 2 MB */
	__u32 pad0;
	char bug[40]; /* name of the mutant, as in the model; empty: the module's parameter `bug`, else a correct driver */
};

/* FAULT: makes the device map [address, address + length). REGISTRATION, FENCE, QUIESCE, PINNED: -EINVAL, they map what is registered. */
struct mirrorscope_range {
	__u64 address;
	__u64 length;
	__u32 write;	 /* 1 = for writing */
	__u32 handle; /* REGISTER: out */
};

enum mirrorscope_access_kind { MIRRORSCOPE_READ, MIRRORSCOPE_WRITE, MIRRORSCOPE_ADD };

/* ACCESS: the device reads, writes or adds to 8 aligned bytes, after a fault if need be. -EFAULT: the process has nothing there. */
struct mirrorscope_access {
	__u64 address;
	__u64 value; /* in: to write or to add; out: what was there */
	__u32 kind;
	__u32 handle; /* of the registration, 0 = none */
};

/* SUBMIT: a job that reads, or writes its number into, the first bytes of each page; it runs while the caller goes on. */
struct mirrorscope_job {
	__u64 address;
	__u64 length;
	__u32 write;
	__u32 handle; /* of the registration, 0 = none */
	__u64 job;    /* out: for WAIT */
};

/* What happened so far, and what the oracle saw. */
struct mirrorscope_stats {
	__u64 faults, collisions, maps, invalidations, refusals, accesses, jobs, migrations;
	__u64 held; /* pins and device pages that the device has now */
	/*
	 * The oracle: accesses to a page that the process does not have at that address any more, or has for reading only. It compares
	 * page frames at the moment of the access, and lets no such access through: a mutant must not ruin its guest.
	 */
	__u64 stale, not_writable;
	__u64 unknown; /* the process's page table could not be asked, so the access was left out */
	__u64 stale_address, stale_pfn, stale_is; /* the last one: where, the device's page, the process's (0: none) */
};

/* A mutant that this module knows. ENUMERATE: index in, -ENOENT behind the last. */
struct mirrorscope_mutant {
	__u32 index;
	__u32 mode;
	__u32 dangerous; /* 1 = it hangs its task or breaks the kernel: for the last test of a guest that is thrown away */
	__u32 pad0;
	char name[40];
};

#define MIRRORSCOPE_SETUP _IOW('M', 0, struct mirrorscope_setup)
#define MIRRORSCOPE_FAULT _IOW('M', 1, struct mirrorscope_range)
#define MIRRORSCOPE_ACCESS _IOWR('M', 2, struct mirrorscope_access)
#define MIRRORSCOPE_SUBMIT _IOWR('M', 3, struct mirrorscope_job)
#define MIRRORSCOPE_WAIT _IOW('M', 4, __u64)
#define MIRRORSCOPE_REGISTER _IOWR('M', 5, struct mirrorscope_range)
#define MIRRORSCOPE_DEREGISTER _IOW('M', 6, __u32)
#define MIRRORSCOPE_TO_DEVICE _IOW('M', 7, struct mirrorscope_range)
#define MIRRORSCOPE_TO_SYSTEM _IOW('M', 8, struct mirrorscope_range)
#define MIRRORSCOPE_STATS _IOR('M', 9, struct mirrorscope_stats)
#define MIRRORSCOPE_ENUMERATE _IOWR('M', 10, struct mirrorscope_mutant)

#endif
