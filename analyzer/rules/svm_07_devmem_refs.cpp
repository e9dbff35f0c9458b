// SPDX-License-Identifier: Apache-2.0
// SVM-07: device memory is released exactly once, when its last reference goes.

#include "analyzer/rule.h"
#include "analyzer/state/history.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class DevmemRefs final : public RuleOf<DevmemRefs> {
 public:
  void on(const ev_devmem& e, const Facts&, Judge& judge) {
    Devmem* known = live_.find([&](const Devmem& d) { return d.ptr == e.devmem; });
    if (e.verb == MS_devmem_verb_created) {
      if (known) live_.take(known);
      live_.add({e.devmem, 1, false, e.h, EventRef::of(e.h)});
      return;
    }
    if (!known) return judge.unknown();
    Devmem& d = *known;
    d.last = e.h;
    const auto broken = [&](std::string_view what) {
      judge.broken(e.h, d.created.time, {{d.created, "it was made"}}, fmt::format("device memory {} {}", hex(e.devmem), what));
    };
    switch (e.verb) {
      case MS_devmem_verb_get:
        if (d.refs == 0) return broken("is taken up again after its last reference went");
        ++d.refs;
        break;
      case MS_devmem_verb_put:
        if (d.refs == 0) return broken("loses a reference that it does not have");
        --d.refs;
        break;
      case MS_devmem_verb_released:
        if (d.released) return broken("is released twice");
        d.released = true;
        if (d.refs) return broken(fmt::format("is released with {} references", d.refs));
        judge.held();
        break;
      default:
        break;
    }
  }

  void finish(uint64_t, const Mirror&, Judge& judge) override {
    for (const Devmem& d : live_)
      if (!d.refs && !d.released)
        judge.broken(d.last, d.created.time, {{d.created, "it was made"}},
                     fmt::format("device memory {} lost its last reference and is never released", hex(d.ptr)));
  }

 private:
  struct Devmem {
    uint64_t ptr;
    uint32_t refs;
    bool released;
    ev_header last;
    EventRef created;
  };
  History<Devmem, 256> live_;  // released ones too, until they are pushed out: a second release would still be noticed
};

RULE(svm_07_devmem_refs, DevmemRefs,
     {.id = "SVM-07",
      .name = "devmem_refs",
      .level = Level::hard,
      .party = Party::driver,
      .says = "each piece of device memory is released once, when its last reference has gone; a migration consumes the caller's, on "
              "success and on error",
      .because = "drivers/gpu/drm/drm_pagemap.c, drm_pagemap_migrate_to_devmem() \"devmem_allocation ... reference is consumed\", except "
                 "for its early -EOPNOTSUPP; drm_pagemap_zdd_destroy()",
      .not_claimed = "more than 256 pieces at a time",
      .look_at = "the error paths of the caller",
      .also = {}})

}  // namespace mirrorscope::rules
