// SPDX-License-Identifier: Apache-2.0
// Steps that make no record, instruction by instruction, as driver-model/machine runs them.
#include <cerrno>

#include "driver-model/conform/paths.h"

namespace mirrorscope::conform {

using model::Instr;
using model::Op;

namespace {
// The range that a record is about, where it has one.
bool range_of(const ev_header& h, uint64_t& lo, uint64_t& hi) {
  switch (h.id) {
#define RANGE(name)                    \
  case EV_##name:                      \
    lo = as<ev_##name>(h).start;       \
    hi = as<ev_##name>(h).end;         \
    return true;
    RANGE(dev_map) RANGE(dev_unmap) RANGE(dereg) RANGE(revalidate) RANGE(range_fault)
#undef RANGE
    default: return false;
  }
}
}  // namespace

// A real driver's hooks do not say everything: locks that are inside another module or that serialise nothing but themselves, what is
// unmapped where nothing was mapped, the end of an object.
bool Paths::may_be_silent(const Instr& in, const Scene& scene) const {
  switch (in.op) {
    case Op::lock: case Op::lock_read: case Op::trylock: case Op::unlock: {
      if (in.a == model::mmap_lock) return true;
      if (scene.modelled) return false;
      const uint8_t own = model_.lock_kinds[in.a];
      bool fits = false;
      for (uint32_t kind = 0; kind < lock_kinds_.size(); ++kind) fits = fits || (scene.locks.test(kind) && lock_fits(in, scene, kind));
      return own == MS_lock_kind_other || own == MS_lock_kind_ranges || !fits;
    }
    case Op::dev_unmap: return !scene.modelled && !scene.callback;
    case Op::driver_record: return !scene.modelled && (makes(in).event == EV_dev_ctx_end || makes(in).event == EV_pin_account);
    default: return false;
  }
}

// A CPU fault on a page of the device runs the driver's migrate_to_ram (mm/memory.c, do_swap_page()).
void Paths::enter_fault(const Walk& w, std::vector<Walk>& out) const {
  if (to_ram_ < 0 || w.depth == w.frame.size()) return;
  for (uint8_t i = 0; i < w.depth; ++i)
    if (w.frame[i].program == to_ram_) return;
  Walk to = w;
  to.frame[to.depth++] = {static_cast<uint8_t>(to_ram_), 0, 0};
  out.push_back(to);
}

void Paths::silent(const Walk& w, const Scene& scene, const ev_header& next, std::vector<Walk>& out) const {
  if (w.over != Walk::running) return;
  if (!w.depth) {
    for (uint8_t p : roots_) {
      Walk to;
      to.depth = 1;
      to.frame[0] = {p, 0, 0};
      out.push_back(to);
      // a worker is another task each time that it has something to do
      const auto& code = model_.programs[p].code;
      for (size_t pc = 0; !scene.modelled && pc + 1 < code.size(); ++pc)
        if (code[pc].op == Op::await_var) {
          to.frame[0].pc = static_cast<uint8_t>(pc + 1);
          out.push_back(to);
        }
    }
    return;
  }
  const Instr& in = at(w);
  const uint8_t phase = w.frame[w.depth - 1u].phase;
  auto to = [&](uint8_t pc) -> Walk& {
    out.push_back(w);
    Walk::Frame& f = out.back().frame[w.depth - 1u];
    f.pc = pc;
    f.phase = 0;
    return out.back();
  };
  const auto behind = static_cast<uint8_t>(w.frame[w.depth - 1u].pc + 1);
  auto branch = [&](bool jumps, bool stays) {
    if (jumps) to(in.target);
    if (stays) to(behind);
  };
  auto leave = [&](Walk::Over over) {
    Walk left = w;
    left.frame[--left.depth] = {};
    if (!left.depth) {
      if (scene.callback) left.over = over;
      else left = Walk{};
    }
    out.push_back(left);
  };
  switch (in.op) {
    case Op::jump: to(in.target); break;
    case Op::end: leave(Walk::returned_true); break;
    case Op::ret_true: leave(Walk::returned_true); break;
    case Op::ret_false: leave(Walk::returned_false); break;
    case Op::finish_later: to(behind).later = true; break;
    case Op::set_seq: to(behind).stored = true; break;
    case Op::call: {
      const bool own = in.target < own_;
      if (own || (in.target != model::kNoProgram && model_.programs[in.target].name.starts_with("migrate_vma"))) {
        if (w.depth == w.frame.size()) break;
        Walk& called = to(behind);
        called.frame[called.depth++] = {in.target, 0, 0};
      } else {  // the kernel's: its records are the other half's
        to(behind).ret = Walk::kUnknown;
        enter_fault(w, out);
      }
      break;
    }
    case Op::if_ret: {
      const bool unknown = w.ret == Walk::kUnknown, is = in.b ? w.ret != 0 : w.ret == in.a;
      branch(unknown || is, unknown || !is);
      break;
    }
    case Op::if_nonblock: branch(!scene.blockable, scene.blockable); break;
    case Op::if_reason: {
      const bool unknown = !scene.callback && !scene.modelled;  // in the middle of a callback that was entered before a loss
      const bool is = scene.callback && (scene.reason == in.a) != (in.b == 1);
      branch(unknown || is, unknown || !is);
      break;
    }
    case Op::if_owner: branch(scene.owned, !scene.owned || !scene.modelled); break;
    case Op::if_mixed: {
      branch(false, true);
      to(in.target).ret = EOPNOTSUPP;
      break;
    }
    case Op::maybe: case Op::if_var: case Op::unless_var: case Op::if_tok_differs: case Op::if_no_pfns: case Op::if_mapped:
    case Op::unless_meets: case Op::next_page: case Op::count_to: case Op::mmget: case Op::folio_lock:
      branch(true, true);
      break;
    case Op::translate: branch(true, true); break;
    case Op::await_var:
      to(behind);
      if (!scene.modelled && !scene.callback && w.depth == 1) out.push_back(Walk{});
      break;
    case Op::narrow: case Op::clip: to(behind).exact = false; break;
    case Op::widen: to(behind); break;  // what the range is, it still has to be
    case Op::copy_tok: {
      Walk& copied = to(behind);
      if (Walk::tracked(in.b)) copied.tok[in.b & 1] = w.token(in.a);
      break;
    }
    case Op::peek_seq: {
      Walk& peeked = to(behind);
      if (Walk::tracked(in.b)) peeked.tok[in.b & 1] = 0;
      break;
    }
    case Op::copy_pfns: case Op::clear_pfns: {
      Walk& changed = to(behind);
      if (in.a == model::own_pfns && in.op == Op::clear_pfns) changed.pins = false;
      if (in.op == Op::copy_pfns && in.b == model::own_pfns) changed.pins = true;
      break;
    }
    case Op::lock: case Op::lock_read: case Op::unlock:
      if (!may_be_silent(in, scene)) break;
      if (in.a == model::mmap_lock) to(behind).mmap = in.op != Op::unlock;
      else to(behind);
      break;
    case Op::trylock:
      branch(true, may_be_silent(in, scene));
      break;
    case Op::drain: {
      uint64_t lo = w.lo, hi = w.hi;
      if (w.exact || range_of(next, lo, hi) ? scene.at_rest(in.a, lo, hi) : true) to(behind);
      break;
    }
    case Op::dev_map:
      // a shared array may have been emptied meanwhile
      if (phase || in.c & 0x10) to(behind);
      break;
    case Op::dev_downgrade: to(behind); break;
    case Op::dev_unmap: case Op::dev_zap:
      if (phase ? !w.exact || w.cover >= w.hi : may_be_silent(in, scene)) to(behind);
      break;
    case Op::migrate_copy:
      if (phase || in.a) to(behind);
      break;
    case Op::dma_begin: to(in.target); break;
    case Op::range_fault:
      if (phase) enter_fault(w, out);
      break;
    case Op::pin:
      if (in.d & model::reference) {
        to(behind).ret = Walk::kUnknown;
      } else if (phase) {
        enter_fault(w, out);
      }
      break;
    case Op::unpin:
      if (in.d & model::reference || phase == 2 || in.c & 0x10 || !w.pins) to(behind).pins = false;
      break;
    case Op::driver_record:
      if (!makes(in).event || may_be_silent(in, scene)) to(behind);
      break;
    case Op::sub_insert: case Op::sub_remove: case Op::read_begin: case Op::if_retry: case Op::migrate_setup:
    case Op::migrate_setup_done: case Op::migrate_pages: case Op::migrate_finalize:
      break;
    default: to(behind); break;
  }
}

}  // namespace mirrorscope::conform
