// SPDX-License-Identifier: Apache-2.0
// One record taken by the instruction that makes it: what must it say, and what follows from it?
#include <algorithm>
#include <cerrno>

#include "driver-model/conform/paths.h"

namespace mirrorscope::conform {

using model::Instr;
using model::Op;
using model::Says;

namespace {
// The errno of a recorded result, whatever stands there.
int errno_of(int64_t ret) { return ret < 0 ? static_cast<int>(std::min<uint64_t>(0 - static_cast<uint64_t>(ret), INT32_MAX)) : ret > 0 ? -1 : 0; }
bool same(uint64_t known, uint64_t shown) { return !known || !shown || known == shown; }
}  // namespace

// A driver may call a lock's purpose by another word than the profile: then nothing else in either is called so.
bool Paths::lock_fits(const Instr& in, const Scene& scene, uint32_t kind) const {
  const uint8_t own = model_.lock_kinds[in.a];
  return kind == own || (!scene.modelled && kind < lock_kinds_.size() && !scene.locks.test(own) && !lock_kinds_.test(kind));
}

void Paths::record(const Walk& w, const Scene& scene, const ev_header& r, std::vector<Walk>& out) const {
  const Instr& in = at(w);
  const Makes m = makes(in);
  const uint8_t phase = w.frame[w.depth - 1u].phase;
  if (!m.event) return;
  auto stay = [&](uint8_t next_phase) -> Walk& {
    out.push_back(w);
    out.back().frame[w.depth - 1u].phase = next_phase;
    return out.back();
  };
  auto go = [&](uint8_t pc) -> Walk& {
    Walk& to = stay(0);
    to.frame[w.depth - 1u].pc = pc;
    return to;
  };
  const auto behind = static_cast<uint8_t>(w.frame[w.depth - 1u].pc + 1);
  // kernel functions: the entry, then the return
  if (m.ret && r.id != (phase == 1 ? m.ret : m.event)) return;
  if (!m.ret && r.id != m.event) return;
  switch (r.id) {
    case EV_lock: case EV_unlock: {
      const uint32_t kind = r.id == EV_lock ? as<ev_lock>(r).kind : as<ev_unlock>(r).kind;
      if (!lock_fits(in, scene, kind)) return;
      // a driver may take for itself what the profile shares
      if (r.id == EV_lock && as<ev_lock>(r).exclusive != (in.op != Op::lock_read) && (scene.modelled || in.op != Op::lock_read)) return;
      go(behind);
      return;
    }
    case EV_read_begin_ret: {
      Walk& to = go(behind);
      if (Walk::tracked(in.b)) to.tok[in.b & 1] = as<ev_read_begin_ret>(r).ret;
      return;
    }
    case EV_range_fault: {
      const auto& e = as<ev_range_fault>(r);
      const bool writes = in.d & 1;
      if (!same(w.token(in.b), e.notifier_seq) || (w.mmap && !e.mmap_lock)) return;
      if (scene.modelled && writes != ((e.default_flags >> 62 & 1) != 0)) return;
      if (const uint64_t owner = in.d >> 4 ? scene.owner(in.d >> 4) : 0; in.d >> 4 ? !same(owner, e.owner) : scene.modelled && e.owner) return;
      stay(1);
      return;
    }
    case EV_range_fault_ret: go(behind).ret = errno_of(as<ev_range_fault_ret>(r).ret); return;
    case EV_sub_insert_ret: go(behind).ret = errno_of(as<ev_sub_insert_ret>(r).ret); return;
    case EV_pin: {
      const auto& e = as<ev_pin>(r);
      const bool writes = in.d & 1, longterm = in.d & model::longterm;
      if (scene.modelled && (writes != (e.gup_flags & 1) || longterm != ((e.gup_flags >> 8 & 1) != 0))) return;
      stay(1);
      return;
    }
    case EV_pin_ret: {
      const auto& e = as<ev_pin_ret>(r);
      const bool all = e.ret >= 0 && static_cast<uint64_t>(e.ret) == e.npages;
      Walk& to = go(behind);
      to.ret = all ? 0 : e.ret < 0 ? errno_of(e.ret) : ENOMEM;
      if (in.c == model::own_pfns) to.pins = e.ret > 0;
      return;
    }
    case EV_unpin:
      if (scene.modelled && as<ev_unpin>(r).dirty != (in.d & 1)) return;
      stay(1);
      return;
    case EV_unpin_ret: stay(2); return;  // it may come in pieces
    case EV_migrate_setup_ret: {
      const auto& e = as<ev_migrate_setup_ret>(r);
      go(behind).ret = e.ret ? errno_of(e.ret) : e.cpages ? 0 : ENOENT;
      return;
    }
    case EV_revalidate: {
      const auto& e = as<ev_revalidate>(r);
      if (in.op == Op::driver_record) {
        if ((static_cast<Says>(in.a) == Says::revalidated) == (e.ok != 0)) go(behind);
        return;
      }
      if (!same(w.token(in.b), e.seq)) return;
      // a callback that takes no lock may store a newer one between the answer and its record (i915_gem_userptr_invalidate())
      const bool overtaken = profile_.driver.pins_may_go_stale && e.ok && e.sub_seq > e.seq;
      if (e.sub && e.seq && e.sub_seq && (e.seq == e.sub_seq) != (e.ok != 0) && !overtaken) return;
      go(e.ok ? behind : in.target);
      return;
    }
    case EV_dev_map: {
      const auto& e = as<ev_dev_map>(r);
      const uint8_t access = in.a >> 4;
      const bool read_only = e.source == MS_page_source_hmm_read || e.source == MS_page_source_pin_read || e.source == MS_page_source_migrate_read;
      if (!scene.is_device(in.a & 0xf, e.ctx)) return;
      if (in.op == Op::dev_map && !same(w.token(in.d), e.seq)) return;
      if (e.write && read_only && access != model::writes_anyway) return;
      if (in.op == Op::dev_downgrade && e.write) return;
      stay(1);
      return;
    }
    case EV_dev_unmap: {
      const auto& e = as<ev_dev_unmap>(r);
      if (!scene.is_device(in.a & 0xf, e.ctx)) return;
      if (w.exact && e.start > w.cover) return;  // a page would be left out
      Walk& to = stay(1);
      if (w.exact) to.cover = std::max<uint64_t>(w.cover, e.end);
      return;
    }
    case EV_dma_begin: {
      const auto& e = as<ev_dma_begin>(r);
      if (!scene.is_device(in.a, e.ctx) || (scene.modelled && e.write != (in.b & 1u))) return;
      go(behind);
      return;
    }
    case EV_copy_begin: stay(1); return;
    case EV_svm_range: {
      const auto& e = as<ev_svm_range>(r);
      if (e.verb == in.d >> 2u) go(behind);
      return;
    }
    case EV_devmem:
      if (as<ev_devmem>(r).verb == in.d >> 2u) go(behind);
      return;
    default: break;
  }
  if (m.ret && phase != 1) stay(1);
  else go(behind);
}

}  // namespace mirrorscope::conform
