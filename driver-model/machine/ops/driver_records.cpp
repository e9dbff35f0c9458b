// SPDX-License-Identifier: Apache-2.0
// What a hook in the driver would say, where no instruction of the machine says it by itself.
#include "driver-model/machine/ops/run.h"

namespace mirrorscope::model {

namespace {
constexpr uint64_t cache_ptr = 0xffff888000080000;
constexpr uint64_t kTimeslice = 20'000'000;  // ns, some jiffies
uint64_t region_ptr(const Run& r) { return cache_ptr + 0x100 + r.f.lo * 0x10u; }
uint64_t job_ptr(const Run& r) { return stack_ptr(r.t, 3); }

// The fields that most rows have, each where it has them.
template <typename Ev>
void about(Run& r, Ev& e) {
  const u8 sub = r.in.b == self ? r.f.mask : r.in.b;
  if constexpr (requires { e.ctx; }) e.ctx = device_ptr(r.in.c);
  if constexpr (requires { e.start; }) e.start = addr(r.lo());
  if constexpr (requires { e.end; }) e.end = addr(r.hi());
  if constexpr (requires { e.driver; }) e.driver = MS_driver_model;
  if constexpr (requires { e.sub; }) e.sub = sub == no_sub ? 0 : sub_ptr(sub);
  if constexpr (requires { e.sub_seq; }) e.sub_seq = sub == no_sub ? 0 : r.s.sub[sub].m;
  if constexpr (requires { e.write; }) e.write = r.in.d & 1u;
  if constexpr (requires { e.job; }) e.job = job_ptr(r);
  if constexpr (requires { e.cache; }) e.cache = cache_ptr;
  if constexpr (requires { e.region; }) e.region = device_ptr(r.in.c) + 0x800;  // one per registration
}
#define PLAIN(name) RECORD(name, { about(r, e); })
}  // namespace

Next run_driver_record(Run& r) {
  const uint32_t verb = r.in.d >> 2;
  switch (static_cast<Says>(r.in.a)) {
    case Says::fault: PLAIN(dev_fault); break;
    case Says::fault_done:
      RECORD(dev_fault_ret, {
        about(r, e);
        e.ret = -static_cast<int>(r.th.ret);
      });
      break;
    case Says::reg: PLAIN(reg); break;
    case Says::dereg:
      RECORD(dereg, {
        about(r, e);
        e.dirty = 1;
      });
      break;
    case Says::reg_hit: PLAIN(reg_hit); break;
    case Says::revalidated:
      RECORD(revalidate, {
        about(r, e);
        e.ok = 1;
      });
      break;
    case Says::not_revalidated: PLAIN(revalidate); break;
    case Says::job_begin:
      RECORD(job_begin, {
        about(r, e);
        e.by = mm_ptr;
      });
      break;
    case Says::job_end: PLAIN(job_end); break;
    case Says::quiesce: PLAIN(quiesce); break;
    case Says::resume: PLAIN(resume); break;
    case Says::buf_move: PLAIN(buf_move); break;
    case Says::buf_move_done: PLAIN(buf_move_ret); break;
    case Says::hole: PLAIN(dev_hole); break;
    case Says::ucache_insert: PLAIN(ucache_insert); break;
    case Says::ucache_hit: PLAIN(ucache_hit); break;
    case Says::ucache_put: PLAIN(ucache_put); break;
    case Says::ucache_evict:
      RECORD(ucache_evict, {
        about(r, e);
        e.freed = verb;
      });
      break;
    case Says::ucache_event: PLAIN(ucache_event); break;
    case Says::ctx_end: PLAIN(dev_ctx_end); break;
    case Says::pin_account:
      RECORD(pin_account, {
        about(r, e);
        e.pinned_vm = static_cast<int8_t>(r.s.var[r.in.b]);
      });
      break;
    case Says::time_passes:
      if (r.out.records) r.out.records->pass(kTimeslice);
      break;
    case Says::svm_range:
      RECORD(svm_range, {
        about(r, e);
        e.range = region_ptr(r);
        e.within_start = addr(0);
        e.within_end = addr(kVas);
        e.verb = verb;
        if (verb == MS_svm_verb_get_pages) e.device = kinds_of(r.th.pfn, r.lo(), r.hi());
        e.ret = -static_cast<int>(verb == MS_svm_verb_get_pages || verb == MS_svm_verb_evict ? r.th.ret : 0);
      });
      break;
    case Says::devmem:
      RECORD(devmem, {
        about(r, e);
        e.devmem = region_ptr(r) + 0x1000;
        if (verb == MS_devmem_verb_created) e.expires = r.out.records->last_time() + kTimeslice;
        e.verb = verb;
      });
      break;
  }
  return Next::advance;
}

}  // namespace mirrorscope::model
