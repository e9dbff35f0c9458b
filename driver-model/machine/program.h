// SPDX-License-Identifier: Apache-2.0
// How a program is written: one builder per instruction, labels as text, a tag where a mutant has to name an instruction.
//
//   program("fault", {
//       label("again"), read_begin(0),
//       lock_read(mmap_lock), range_fault(0), unlock(mmap_lock),
//       if_ret(EBUSY, "again"),
//       lock(update), at("check", if_retry(0, "collided")),
//       dev_map(0), unlock(update), end(),
//       label("collided"), unlock(update), jump("again")})
//
// Every instruction works on the range [lo, hi) of its frame: of a thread the one that the scenario gives, of a called program the
// caller's, of a callback the event's range as far as the sub watches it. `.one()` makes it work on the page at the cursor only.
// Sequences (`tok`) live in place 0 or 1 of the thread, or, as shared_tok(v), in a variable of the driver; pfn arrays in the thread
// (own_pfns) or as shared_pfns(0|1) in the driver. A sub that is `self` is the one that the callback was called for.
#pragma once

#include <cerrno>
#include <string_view>
#include <vector>

#include "driver-model/machine/state.h"
#include "schema/record.h"

namespace mirrorscope::model {

enum class Op : u8 {
#define OP(name, ready, says) name,
#include "driver-model/machine/ops.def"
#undef OP
  count
};

struct Instr {
  Op op = Op::nop;
  u8 a = 0, b = 0, c = 0, d = 0;
  bool at_cursor = false;       // only the page at the cursor
  std::string_view tag;         // how a mutant names it; its op's name if empty
  std::string_view where;       // label it goes on at
  u8 target = 0;                // the same, resolved

  Instr one() const {
    Instr i = *this;
    i.at_cursor = true;
    return i;
  }
};

struct Program {
  std::string_view name;
  std::vector<Instr> code;
};

inline Program program(std::string_view name, std::vector<Instr> code) { return {name, std::move(code)}; }
inline Instr at(std::string_view tag, Instr i) {
  i.tag = tag;
  return i;
}

inline constexpr u8 mmap_lock = 0;
inline constexpr u8 self = 0xff;       // the sub, or list sub, of this callback
inline constexpr u8 own_pfns = 0, own_dst = 1;
inline constexpr u8 shared_pfns(u8 i) { return static_cast<u8>(0x10 + i); }
inline constexpr u8 shared_tok(u8 var) { return static_cast<u8>(0x80 + var); }
inline constexpr u8 invalid_tok = 0x7f;  // a sequence that is never valid, as gpusvm's LONG_MAX

#define MS_INSTR(op_, ...) \
  Instr i;                 \
  i.op = Op::op_;          \
  __VA_ARGS__;             \
  return i

// --- flow
inline Instr label(std::string_view name) { MS_INSTR(label, i.tag = name); }
inline Instr nop() { MS_INSTR(nop, ); }
inline Instr jump(std::string_view to) { MS_INSTR(jump, i.where = to); }
inline Instr maybe(std::string_view to) { MS_INSTR(maybe, i.where = to); }
inline Instr end() { MS_INSTR(end, ); }
inline Instr ret_true() { MS_INSTR(ret_true, ); }
inline Instr ret_false() { MS_INSTR(ret_false, ); }                  // hlist: -EAGAIN
inline Instr finish_later() { MS_INSTR(finish_later, ); }            // then ret_true(): *finish is set
inline Instr call(std::string_view name) { MS_INSTR(call, i.where = name); }  // `where` is a program's name
inline Instr if_ret(int error, std::string_view to) { MS_INSTR(if_ret, i.a = static_cast<u8>(error); i.where = to); }
inline Instr if_failed(std::string_view to) { MS_INSTR(if_ret, i.b = 1; i.where = to); }  // any error
inline Instr if_nonblock(std::string_view to) { MS_INSTR(if_nonblock, i.where = to); }
inline Instr if_reason(u8 reason, std::string_view to) { MS_INSTR(if_reason, i.a = reason; i.where = to); }
inline Instr unless_reason(u8 reason, std::string_view to) { MS_INSTR(if_reason, i.a = reason; i.b = 1; i.where = to); }
inline Instr if_owner(u8 owner, std::string_view to) { MS_INSTR(if_owner, i.a = owner; i.where = to); }
inline Instr first_page() { MS_INSTR(first_page, ); }
inline Instr next_page(std::string_view to) { MS_INSTR(next_page, i.where = to); }
// The frame's range from here on: first page only, all but the last, all but the first, the first n.
enum Narrow : u8 { only_first, not_last, not_first };
inline Instr narrow(Narrow how) { MS_INSTR(narrow, i.a = how); }
// For callbacks of a sub that watches several things: is [lo, hi) concerned? Then only that.
inline Instr unless_meets(u8 lo, u8 hi, std::string_view to) { MS_INSTR(unless_meets, i.a = lo; i.b = hi; i.where = to); }
inline Instr clip(u8 lo, u8 hi) { MS_INSTR(clip, i.a = lo; i.b = hi); }
inline Instr widen() { MS_INSTR(widen, ); }
inline Instr count_to(u8 n, std::string_view again) { MS_INSTR(count_to, i.a = n; i.where = again); }
inline Instr await_thread(u8 thread) { MS_INSTR(await_thread, i.a = thread); }

// --- what a driver keeps
inline Instr set_var(u8 v, u8 to) { MS_INSTR(set_var, i.a = v; i.b = to); }
inline Instr add_var(u8 v, int by) { MS_INSTR(add_var, i.a = v; i.b = static_cast<u8>(by)); }
inline Instr if_var(u8 v, u8 is, std::string_view to) { MS_INSTR(if_var, i.a = v; i.b = is; i.where = to); }
inline Instr unless_var(u8 v, u8 is, std::string_view to) { MS_INSTR(unless_var, i.a = v; i.b = is; i.where = to); }
inline Instr await_var(u8 v, u8 is) { MS_INSTR(await_var, i.a = v; i.b = is); }
inline Instr copy_tok(u8 from, u8 to) { MS_INSTR(copy_tok, i.a = from; i.b = to); }
inline Instr if_tok_differs(u8 x, u8 y, std::string_view to) { MS_INSTR(if_tok_differs, i.a = x; i.b = y; i.where = to); }
inline Instr copy_pfns(u8 from, u8 to) { MS_INSTR(copy_pfns, i.a = from; i.b = to); }
inline Instr clear_pfns(u8 array) { MS_INSTR(clear_pfns, i.a = array); }
inline Instr if_no_pfns(u8 array, std::string_view to) { MS_INSTR(if_no_pfns, i.a = array; i.where = to); }
inline Instr if_mixed(u8 array, std::string_view to) { MS_INSTR(if_mixed, i.a = array; i.where = to); }

// --- locks: 0 is mmap_lock, 1..5 are the driver's
enum Waiting : u8 { may_sleep, spins };  // spins: fine where a range must not block
inline Instr lock(u8 l, Waiting w = may_sleep) { MS_INSTR(lock, i.a = l; i.b = w); }
inline Instr lock_read(u8 l) { MS_INSTR(lock_read, i.a = l); }
inline Instr trylock(u8 l, std::string_view fails) { MS_INSTR(trylock, i.a = l; i.where = fails); }
inline Instr unlock(u8 l) { MS_INSTR(unlock, i.a = l); }

// --- notifiers
enum Blocking : u8 { non_blockable = 0, blockable = Range::kBlockable };
inline Instr inv_start(u8 reason, Blocking b = blockable, u8 owner = 0) {
  MS_INSTR(inv_start, i.a = reason; i.b = b; i.c = owner);
}
inline Instr inv_end() { MS_INSTR(inv_end, ); }
inline Instr release_all() { MS_INSTR(release_all, ); }
inline Instr secondary_tlbs() { MS_INSTR(secondary_tlbs, ); }
inline Instr sub_insert(u8 sub) { MS_INSTR(sub_insert, i.a = sub); }
inline Instr sub_remove(u8 sub) { MS_INSTR(sub_remove, i.a = sub); }
inline Instr read_begin(u8 sub, u8 tok = 0) { MS_INSTR(read_begin, i.a = sub; i.b = tok); }
// What mmu_interval_read_begin() does but for the wait: for mutants.
inline Instr peek_seq(u8 sub, u8 tok = 0) { MS_INSTR(peek_seq, i.a = sub; i.b = tok); }
inline Instr if_retry(u8 sub, std::string_view to, u8 tok = 0, u8 dev = 0) {
  MS_INSTR(if_retry, i.a = sub; i.b = tok; i.c = dev; i.where = to);
}
inline Instr set_seq(u8 sub = self) { MS_INSTR(set_seq, i.a = sub); }
inline Instr mn_register(u8 list) { MS_INSTR(mn_register, i.a = list); }
inline Instr mn_unregister(u8 list) { MS_INSTR(mn_unregister, i.a = list); }

// --- the address space
inline Instr vma_map() { MS_INSTR(vma_map, ); }
inline Instr vma_unmap() { MS_INSTR(vma_unmap, ); }
inline Instr vma_protect() { MS_INSTR(vma_protect, ); }
inline Instr vma_protected() { MS_INSTR(vma_protected, ); }
inline Instr zap() { MS_INSTR(zap, ); }
inline Instr free_pages() { MS_INSTR(free_pages, ); }
inline Instr wrprotect() { MS_INSTR(wrprotect, ); }
inline Instr move_entries(u8 to) { MS_INSTR(move_entries, i.a = to); }
inline Instr fork_copy() { MS_INSTR(fork_copy, ); }
inline Instr child_exit() { MS_INSTR(child_exit, ); }
inline Instr classify_fault(u8 write) { MS_INSTR(classify_fault, i.b = write); }
// What it leaves in `ret` besides errors.
enum : u8 { fault_installs = 101, fault_copies, fault_migrates };
inline Instr install(u8 write) { MS_INSTR(install, i.b = write); }
inline Instr cow_copy() { MS_INSTR(cow_copy, ); }
inline Instr mmget(std::string_view fails) { MS_INSTR(mmget, i.where = fails); }
inline Instr mmput() { MS_INSTR(mmput, ); }
inline Instr mm_exit(u8 begins) { MS_INSTR(mm_exit, i.a = begins); }
// mm->pinned_vm is what the driver has accounted in this variable.
inline Instr mm_drop(u8 accounted = 0xff) { MS_INSTR(mm_drop, i.a = accounted); }
inline Instr folio_lock(std::string_view fails) { MS_INSTR(folio_lock, i.where = fails); }
inline Instr folio_unlock() { MS_INSTR(folio_unlock, ); }
inline Instr unmap_to_swap() { MS_INSTR(unmap_to_swap, ); }
inline Instr unmap_to_migration() { MS_INSTR(unmap_to_migration, ); }
inline Instr move_folio() { MS_INSTR(move_folio, ); }
inline Instr writeback_clean() { MS_INSTR(writeback_clean, ); }
inline Instr split_huge() { MS_INSTR(split_huge, ); }

// --- hmm, gup, migrate. Results are in `ret`: 0, EBUSY, EFAULT, EPERM.
enum Access : u8 { reads = 0, writes = 1, writes_anyway = 3, writes_buffer = 5 };  // anyway: whatever the pfn says; buffer: of buf_map()
inline Instr range_fault(u8 sub, Access w = writes, u8 tok = 0, u8 array = own_pfns, u8 owner = 0) {
  MS_INSTR(range_fault, i.a = sub; i.b = tok; i.c = array; i.d = static_cast<u8>(w | (owner << 4)));
}
// at_most_one: the second page cannot be had, a short pin; reference: FOLL_GET, get_user_pages() and not pin_user_pages()
enum Gup : u8 { longterm = 2, at_most_one = 4, reference = 8 };
inline Instr pin(u8 array = own_pfns, Access w = writes, u8 gup = 0, u8 dev = 0) {
  MS_INSTR(pin, i.a = dev; i.c = array; i.d = static_cast<u8>(w | gup));
}
inline Instr unpin(u8 array = own_pfns, bool dirty = true, u8 dev = 0) { MS_INSTR(unpin, i.a = dev; i.c = array; i.d = dirty); }
inline Instr get_pages(u8 array = own_pfns, Access w = writes, u8 dev = 0) { return pin(array, w, reference, dev); }
inline Instr put_pages(u8 array = own_pfns, bool dirty = true, u8 dev = 0) {  // put_page(), and set_page_dirty_lock() before
  MS_INSTR(unpin, i.a = dev; i.c = array; i.d = static_cast<u8>(dirty | reference));
}
// A dma-buf: the range stands for the buffer, its exporter moves it with the folio instructions.
inline Instr buf_map(u8 array) { MS_INSTR(buf_map, i.c = array); }
enum Side : u8 { to_device = 0, to_ram = 1 };
inline Instr migrate_collect(Side side, u8 owner = 1) { MS_INSTR(migrate_collect, i.a = side; i.b = owner); }
inline Instr migrate_setup(Side side) { MS_INSTR(migrate_setup, i.a = side); }
inline Instr migrate_setup_done() { MS_INSTR(migrate_setup_done, ); }
inline Instr migrate_alloc(Side side) { MS_INSTR(migrate_alloc, i.a = side); }
inline Instr copy_begin() { MS_INSTR(migrate_copy, i.a = 1); }
inline Instr copy_end() { MS_INSTR(migrate_copy, ); }
inline Instr copy_map() { MS_INSTR(migrate_bus, i.a = 1); }  // drm_pagemap_migrate_map_system_pages(), ..._unmap_pages()
inline Instr copy_unmap() { MS_INSTR(migrate_bus, ); }
inline Instr migrate_pages() { MS_INSTR(migrate_pages, ); }
inline Instr migrate_finalize() { MS_INSTR(migrate_finalize, ); }

// --- the device. `dev` is the mirroring object, 0 or 1.
inline Instr dev_map(u8 dev, u8 sub = 0, Access w = writes, u8 tok = 0, u8 array = own_pfns) {
  MS_INSTR(dev_map, i.a = static_cast<u8>(dev | (w << 4)); i.b = sub; i.c = array; i.d = tok);
}
inline constexpr u8 no_sub = 0xfe;
inline Instr dev_unmap(u8 dev, u8 sub = self) { MS_INSTR(dev_unmap, i.a = dev; i.b = sub); }
inline Instr dev_zap(u8 dev) { MS_INSTR(dev_zap, i.a = dev); }
inline Instr dev_downgrade(u8 dev) { MS_INSTR(dev_downgrade, i.a = dev); }
inline Instr flush_submit(u8 dev) { MS_INSTR(flush_submit, i.a = dev); }
inline Instr flush_execute(u8 dev) { MS_INSTR(flush_execute, i.a = dev); }
inline Instr flush_wait(u8 dev, Waiting w = may_sleep) { MS_INSTR(flush_wait, i.a = dev; i.b = w); }
inline Instr if_mapped(u8 dev, std::string_view to) { MS_INSTR(if_mapped, i.a = dev; i.where = to); }
// Shared page tables: into the TLB of the device, for writing.
inline Instr translate(u8 dev, std::string_view not_present) { MS_INSTR(translate, i.a = dev; i.b = no_sub; i.where = not_present); }
inline Instr dma_begin(u8 dev, std::string_view not_mapped, Access w = writes, u8 cached = 0) {
  MS_INSTR(dma_begin, i.a = dev; i.b = w; i.c = cached; i.where = not_mapped);
}
inline Instr dma_access(Access w = writes) { MS_INSTR(dma_access, i.b = w); }
inline Instr dma_end() { MS_INSTR(dma_end, ); }
inline Instr drain(u8 dev, Waiting w = may_sleep) { MS_INSTR(drain, i.a = dev; i.b = w); }
inline Instr mark_dirty(u8 dev) { MS_INSTR(mark_dirty, i.a = dev); }

// --- what only the driver can say: rows of schema/driver_events.def that no instruction above makes by itself (those do: dev_map,
// dev_unmap, dma_*, lock, unlock, revalidate, dev_flush_*, copy_*, page_hold, page_release; dev_ctx comes from Parts::devices)
enum class Says : u8 {
  fault, fault_done, reg, dereg, reg_hit, revalidated, not_revalidated, job_begin, job_end, quiesce, resume, buf_move, buf_move_done, hole,
  ucache_insert, ucache_hit, ucache_put, ucache_evict, ucache_event,
  ctx_end,
  pin_account,  // mm->pinned_vm is variable `sub`
  time_passes,  // no record: a timeslice is over (MS_devmem_verb_created says how long it is)
  svm_range,  // with an enum svm_verb
  devmem,     // with an enum devmem_verb
};
inline Instr says(Says what, u8 dev = 0, u8 sub = 0, Access w = writes, u8 verb = 0) {
  MS_INSTR(driver_record, i.a = static_cast<u8>(what); i.b = sub; i.c = dev; i.d = static_cast<u8>(w | (verb << 2)));
}
#undef MS_INSTR

}  // namespace mirrorscope::model
