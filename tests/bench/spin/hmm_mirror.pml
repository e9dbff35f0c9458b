/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profile hmm_mirror (driver-model/profiles/hmm_mirror.cpp) once more, for SPIN: a second opinion on its mutants, and the peer of the explorer.
 *
 * Steps are as long as there: what one instruction does is atomic, nothing else is. -D says the scenario and the mutant:
 *   DEVICES, PROCESSES, ENGINES   how many run device(), process(), engine()
 *   PAGES, TOUCHED                pages of the mapping; the first of them that a process invalidates
 *   one of MUNMAP, REMAP, DONTNEED, MRELEASE, MPROTECT, EXIT     what process() does
 *   CHUNKS                        device() looks up page by page
 * and the name of a mutant. Found are: an access to a page that is not the process's any more (assert), a write to one that it may not write
 * to (assert), sleeping where it is forbidden (assert), a deadlock (invalid end state), going round for ever (non-progress cycle).
 */
#ifndef ENGINES
#define ENGINES 0
#endif
#ifndef TOUCHED
#define TOUCHED PAGES
#endif
#define FRAMES (PAGES * (PROCESSES + 1))  /* what processes have zapped and not freed yet is held */
#define MASTERS (DEVICES + ENGINES)       /* who accesses memory */

/* A reference to a page: none, frame + 1, or one that has been freed since and means memory of somebody else. */
#define NONE 0
#define FREED 255

byte invalidate_seq = 2;          /* struct mmu_notifier_subscriptions, mmu_notifier_subscriptions_alloc() */
byte active_invalidate_ranges;
byte sub_seq = 1;                 /* struct mmu_interval_notifier, invalidate_seq; it watches the whole mapping */

byte mmap_readers;                /* mmap_lock */
bool mmap_writer;
bool update;                      /* the driver's lock, hmm.rst: driver->update */

bool vma[PAGES] = true;
#ifdef MPROTECT
bool vm_write[PAGES] = true, writable[PAGES] = true;  /* vma->vm_flags; the page table entries */
#define VM_WRITE(va) vm_write[va]
#define WRITABLE(va) writable[va]
#else
#define VM_WRITE(va) true
#define WRITABLE(va) true
#endif
#ifdef EXIT
byte mm_users = 1;
#endif
/* the last initializer is that of the rest */
#if PAGES == 1
byte pte[PAGES] = { 1 };
bool used[FRAMES] = { true, false };
#elif PAGES == 2
byte pte[PAGES] = { 1, 2 };
bool used[FRAMES] = { true, true, false };
#else
byte pte[PAGES] = { 1, 2, 3 };
bool used[FRAMES] = { true, true, true, false };
#endif
byte dev[PAGES];                  /* the device's page table */
byte pfns[DEVICES * PAGES];       /* struct hmm_range, hmm_pfns */
#ifdef hmm_range_shared
#define PFN(va) pfns[va]
#else
#define PFN(va) pfns[_pid * PAGES + va]
#endif
#if defined(seq_shared) || defined(hmm_range_shared)
#define TOK_SHARED
byte tok;                         /* struct hmm_range, notifier_seq */
#endif
byte dma[MASTERS * PAGES];        /* accesses in flight */
byte in_flight[4];                /* how many, per page */

#ifdef MRELEASE
#define BLOCKABLE false           /* mmu_notifier_range_blockable() */
#else
#define BLOCKABLE true
#endif

#define lock_update() atomic { !update -> update = true }
#define unlock_update() update = false
#define mmap_read_lock() atomic { !mmap_writer -> mmap_readers++ }
#define mmap_read_unlock() mmap_readers--

/* Two iterators for d_steps: their values mean nothing outside of them. */
hidden byte i, f;

/* mm/memory.c, do_anonymous_page(): the first frame that is free; somebody else may have been faster */
inline install(va) {
  d_step {
    if
    :: pte[va] == NONE ->
      f = 0;
      do
      :: used[f] -> f++
      :: else -> break
      od;
      used[f] = true; pte[va] = f + 1
    :: else
    fi
  }
}

/* mm/mmu_gather.c, tlb_finish_mmu(): from here on every reference is to memory of somebody else */
inline free_page(ref) {
  used[ref - 1] = false;
  i = 0; do :: i < PAGES -> if :: dev[i] == ref -> dev[i] = FREED :: else fi; i++ :: else -> break od;
  i = 0; do :: i < DEVICES * PAGES -> if :: pfns[i] == ref -> pfns[i] = FREED :: else fi; i++ :: else -> break od;
  i = 0; do :: i < MASTERS * PAGES -> if :: dma[i] == ref -> dma[i] = FREED :: else fi; i++ :: else -> break od
}

/* mm/mmu_notifier.c, mmu_interval_read_begin(): colliding, it waits until the sequence goes on */
inline read_begin() {
  atomic {
    tok = sub_seq;
#ifdef TOK_SHARED
    seq = tok;
    if
    :: seq == invalidate_seq -> invalidate_seq != seq
    :: else
    fi;
    seq = 0
#else
    if
    :: tok == invalidate_seq -> invalidate_seq != tok
    :: else
    fi
#endif
  }
}

/* All of [first, behind) have a translation, or i < behind afterwards. */
inline dma_begin(master, first, behind) {
  d_step {
    i = first;
    do :: i < behind && dev[i] != NONE -> i++ :: else -> break od;
    if
    :: i < behind
    :: else ->
      i = first;
      do :: i < behind -> dma[master * PAGES + i] = dev[i]; in_flight[i]++; i++ :: else -> break od
    fi
  }
}

/* The oracle: the page is neither free, nor reused, nor another one than the process sees. */
inline dma_access(master, first, behind) {
  d_step {
    i = first;
    do
    :: i < behind -> assert(dma[master * PAGES + i] != FREED && dma[master * PAGES + i] == pte[i]); assert(WRITABLE(i)); i++
    :: else -> break
    od
  }
}

inline dma_end(master, first, behind) {
  d_step {
    i = first;
    do :: i < behind -> dma[master * PAGES + i] = NONE; in_flight[i]--; i++ :: else -> break od
  }
}

/* HMM_PFN_REQ_WRITE: hmm_vma_fault() fails with -EPERM */
#ifdef writes_what_was_read
#define MAY(va) true
#else
#define MAY(va) VM_WRITE(va)
#endif

/* Documentation/mm/hmm.rst, driver_populate_range() */
active [DEVICES] proctype device() {
  byte va, behind;
  bool walks;
#ifdef TOK_SHARED
  byte seq;
#else
  byte tok;
#endif
#if defined(EXIT) && !defined(no_mmget)  /* mmget_not_zero() */
  if :: atomic { mm_users == 0 -> goto dead } :: atomic { mm_users > 0 -> mm_users++ } fi;
#endif
#ifdef lock_across_read_begin
again: lock_update();
with_lock:
#define BUSY with_lock
#else
again:
#define BUSY again
#endif
  read_begin();
#ifdef old_seq_after_busy
#undef BUSY
#define BUSY with_old
with_old:
#endif
  va = 0;
#ifdef CHUNKS
next_chunk:
  behind = va + 1;
#ifdef seq_resampled_mid_walk
  read_begin();
#endif
#else
  behind = PAGES;
#endif
#ifndef no_mmap_lock
  mmap_read_lock();
#endif
  /* mm/hmm.c, hmm_range_fault(): asks for the sequence whenever the walk starts anew, and behind a fault it does */
  do
  :: atomic { !walks && sub_seq != tok -> goto busy }
  :: atomic { !walks && sub_seq == tok -> walks = true }
  :: atomic { walks && (!vma[va] || !MAY(va)) -> walks = false; goto fault_failed }
  :: atomic { walks && vma[va] && MAY(va) && pte[va] != NONE ->
      PFN(va) = pte[va]; va++;
      if :: va == behind -> walks = false; break :: else fi }
  :: walks && vma[va] && MAY(va) && pte[va] == NONE ->  /* hmm_vma_fault(), __handle_mm_fault() */
      if
      :: atomic { !vma[va] -> walks = false; goto fault_failed }
      :: atomic { vma[va] && pte[va] != NONE -> walks = false }
      :: vma[va] && pte[va] == NONE -> atomic { install(va); walks = false }
      fi
  od;
#ifdef no_mmap_lock
#define MMAP_READ_UNLOCK skip
#else
#define MMAP_READ_UNLOCK mmap_read_unlock()
#endif
#ifdef CHUNKS
  atomic { MMAP_READ_UNLOCK; if :: va < PAGES -> goto next_chunk :: else -> va = 0 fi }
#else
  atomic { MMAP_READ_UNLOCK; va = 0 }
#endif

#if defined(skip_read_retry)
  lock_update();
#elif defined(retry_check_outside_lock)
  if :: atomic { sub_seq != tok -> goto again } :: sub_seq == tok fi;
  lock_update();
#else
#ifndef lock_across_read_begin
  lock_update();
#endif
  /* mmu_interval_read_retry() */
  if :: atomic { sub_seq != tok -> goto collided } :: sub_seq == tok fi;
#ifdef retry_check_then_unlock
  unlock_update();
  lock_update();
#endif
#endif
  d_step {  /* dev_map: the device's entries become what was looked up */
    i = 0;
#ifdef hmm_range_shared
    do :: i < PAGES -> dev[i] = PFN(i); i++ :: else -> break od  /* the other one's too */
#else
    do :: i < PAGES -> dev[i] = PFN(i); PFN(i) = NONE; i++ :: else -> break od
#endif
  }
  unlock_update();
  atomic { dma_begin(_pid, 0, PAGES); if :: i < PAGES -> goto out :: else fi }
  dma_access(_pid, 0, PAGES);
  dma_end(_pid, 0, PAGES);
  goto out;

#ifdef busy_keeps_first_chunks
busy: MMAP_READ_UNLOCK;
  read_begin();
  goto next_chunk;
#else
busy: atomic { MMAP_READ_UNLOCK; goto BUSY }
#endif
fault_failed: atomic { MMAP_READ_UNLOCK; goto out }
collided:
#if defined(lock_leaked_on_collision)
  goto again;
#elif defined(lock_across_read_begin)
  goto with_lock;
#else
  atomic { unlock_update(); goto again }
#endif
out: skip;
#if defined(EXIT) && !defined(no_mmget)
  mm_users--;  /* mmput(): process() waits for the last one */
dead: skip
#endif
}

#if ENGINES
/* A device that reads what is mapped, whoever mapped it */
active [ENGINES] proctype engine() {
  byte va;
next:
  atomic { dma_begin(_pid, va, va + 1); if :: i <= va -> goto skipped :: else fi }
  dma_access(_pid, va, va + 1);
  dma_end(_pid, va, va + 1);
skipped:
  atomic { va++; if :: va < PAGES -> goto next :: else fi }
}
#endif

/* The driver's ops->invalidate, driver_invalidate() */
#if defined(invalidate_range_misrounded)
#define ZAP_FROM 0
#define ZAP_TO (TOUCHED - 1)
#elif defined(invalidate_first_page_lost)
#define ZAP_FROM 1
#define ZAP_TO TOUCHED
#else
#define ZAP_FROM 0
#define ZAP_TO TOUCHED
#endif
#define IDLE(va) (va < ZAP_FROM || va >= ZAP_TO || in_flight[va] == 0)
inline invalidate() {
#ifndef set_seq_outside_lock
#define SET_SEQ sub_seq = cur_seq
#else
#define SET_SEQ skip
#endif
#if defined(callback_skips_set_seq) || (defined(set_seq_for_unmap_only) && !defined(MUNMAP) && !defined(REMAP))
#undef SET_SEQ
#define SET_SEQ skip
#endif
  atomic { assert(BLOCKABLE); lock_update() }  /* a mutex */
  SET_SEQ;
  d_step { i = ZAP_FROM; do :: i < ZAP_TO -> dev[i] = NONE; i++ :: else -> break od }
#ifndef invalidate_no_drain
  IDLE(0) && IDLE(1) && IDLE(2) && IDLE(3);
#endif
  unlock_update();
#ifdef set_seq_outside_lock
  sub_seq = cur_seq
#endif
#ifdef removed_in_the_callback  /* mmu_interval_notifier_remove(): the end of the invalidation takes the sub out */
  invalidate_seq != cur_seq
#endif
}

/* mm/mmu_notifier.c, mn_itree_inv_start_range() */
inline inv_start_range() {
  d_step { active_invalidate_ranges++; invalidate_seq = invalidate_seq | 1; cur_seq = invalidate_seq }
}
/* mn_itree_inv_end() */
inline inv_end() {
  d_step {
    active_invalidate_ranges--;
    if :: active_invalidate_ranges == 0 && (invalidate_seq & 1) -> invalidate_seq++ :: else fi;
    cur_seq = 0
  }
}

/* What a process does to the first TOUCHED pages (driver-model/machine/environment.cpp) */
active [PROCESSES] proctype process() {
  byte cur_seq, va, gather[TOUCHED];
#if defined(MUNMAP) || defined(REMAP)  /* mm/vma.c, vms_complete_munmap_vmas() */
  atomic { !mmap_writer && mmap_readers == 0 -> mmap_writer = true }
  d_step { i = 0; do :: i < TOUCHED -> vma[i] = false; i++ :: else -> break od }
#elif defined(MPROTECT)  /* mm/mprotect.c, mprotect_fixup() */
  atomic { !mmap_writer && mmap_readers == 0 -> mmap_writer = true }
  d_step { i = 0; do :: i < TOUCHED -> vm_write[i] = false; i++ :: else -> break od }
#else
#ifdef EXIT  /* kernel/fork.c, __mmput(): whoever is the last; exit_mmap() begins with __mmu_notifier_release(), mn_itree_release() */
  mm_users--;
  mm_users == 0;
  inv_start_range();
  invalidate();
  inv_end();
#endif
  mmap_read_lock();
#endif
  /* __mmu_notifier_invalidate_range_start(), mn_itree_invalidate() */
  inv_start_range();
#if defined(MRELEASE) && !defined(nonblock_blocks)
#ifdef refused_with_lock_held
  lock_update();
#endif
  inv_end();  /* the callback refuses, -EAGAIN: mn_itree_invalidate() ends what it began, and nothing is zapped */
  mmap_read_unlock();
#else
/* refused: WARN_ON(mmu_notifier_range_blockable(range)), and it goes on */
#if !defined(blockable_refused) && !(defined(unmap_events_only) && defined(DONTNEED))
  invalidate();
#endif
#ifdef MPROTECT  /* change_protection(): the entries stay */
  d_step { i = 0; do :: i < TOUCHED -> writable[i] = false; i++ :: else -> break od }
  inv_end();
  mmap_writer = false;
#else
  d_step {  /* mm/memory.c, zap_page_range_single_batched(): the pages are held until the TLB is flushed */
    i = 0; do :: i < TOUCHED -> gather[i] = pte[i]; pte[i] = NONE; i++ :: else -> break od
  }
  inv_end();
  d_step {
    va = 0;
    do
    :: va < TOUCHED -> if :: gather[va] != NONE -> free_page(gather[va]); gather[va] = NONE :: else fi; va++
    :: else -> break
    od;
    va = 0
  }
#ifdef EXIT
  d_step { i = 0; do :: i < TOUCHED -> vma[i] = false; i++ :: else -> break od }
#endif
#ifdef REMAP
  d_step { i = 0; do :: i < TOUCHED -> vma[i] = true; i++ :: else -> break od }
#endif
#if defined(MUNMAP) || defined(REMAP)
  mmap_writer = false;
#else
  mmap_read_unlock();
#endif
#if defined(REMAP) || defined(DONTNEED)  /* and it writes to each of them */
  do
  :: mmap_read_lock();
    if
    :: !vma[va]
    :: vma[va] && pte[va] != NONE
    :: vma[va] && pte[va] == NONE -> install(va)
    fi;
    atomic { mmap_read_unlock(); va++; if :: va == TOUCHED -> break :: else fi }
  od
#endif
#endif
#endif
}
