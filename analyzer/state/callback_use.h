// SPDX-License-Identifier: Apache-2.0
// Did a callback meet anything that its device had to give up, or did it hear of memory that the device does not use?
#pragma once

#include <bitset>
#include <optional>
#include <unordered_map>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

class CallbackUse {
 public:
  // A hook speaks of this driver's translations.
  void sees(const ev_dev_map& e, const Facts& f) {
    if (e.driver >= kDrivers || !f.mm) return;
    if (maps_.size() >= kMms && !maps_.contains(f.mm->ptr)) maps_.clear();
    Maps& maps = maps_[f.mm->ptr];
    if (maps.generation != f.mm->generation) maps = {f.mm->generation, {}};
    maps.drivers.set(e.driver);
  }
  void sees(const ev_mm_exit_ret& e) { maps_.erase(e.h.mm); }

  // At cb_enter: was there a translation of the sub in the range, or a look-up with it whose result has to be thrown away? Nothing for a sub whose
  // object is not known since it was made, or whose driver's translations have no hook.
  std::optional<bool> met(const ev_cb_enter& e, const Facts& f) const {
    if (!f.mm || !f.sub || e.end <= e.start) return {};
    const Ctx* ctx = object_of(*f.mm, e.sub);
    const auto maps = maps_.find(f.mm->ptr);
    if (!ctx || maps == maps_.end() || maps->second.generation != f.mm->generation || ctx->driver >= kDrivers) return {};
    if (!maps->second.drivers.test(ctx->driver)) return {};
    if (!f.sub->faults.empty() || !f.sub->unchecked.empty()) return true;
    bool any = false;
    const bool all = f.mm->mappings.overlapping(e.start, e.end - 1, [&](const Mapping& m) {
      any = m.sub == e.sub;
      return !any;
    });
    if (!any && !all) return {};
    return any;
  }

  static const Ctx* object_of(const Mm& mm, uint64_t sub) {
    for (const Ctx* ctx : mm.ctxs)
      if (ctx->sub == sub && ctx->stated) return ctx;
    return nullptr;
  }

  static constexpr size_t kMms = 16384;  // followed at a time; with more it begins anew

 private:
  static constexpr size_t kDrivers = 64;

  struct Maps {
    uint64_t generation = 0;  // of the mm
    std::bitset<kDrivers> drivers;
  };
  std::unordered_map<uint64_t, Maps> maps_;  // by mm: drivers that have mapped in it
};

}  // namespace mirrorscope
