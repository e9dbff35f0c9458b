// SPDX-License-Identifier: Apache-2.0
// P2P-05: a device maps the private pages of its own kind only.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class ForeignDevicePage final : public RuleOf<ForeignDevicePage> {
 public:
  void on(const ev_dev_map& e, const Facts& f, Judge& judge) {
    if (!e.owner || !f.ctx || !f.ctx->stated) return;
    if (e.owner == f.ctx->owner) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the object names another owner"}},
                 fmt::format("{} is mapped to private memory of owner {}, and {} belongs to {}: it cannot reach it",
                             range_text(e.start, e.end), hex(e.owner), hex(e.ctx), hex(f.ctx->owner)),
                 f.sub ? f.sub->fn : 0);
  }
};

RULE(p2p_05_foreign_device_page, ForeignDevicePage,
     {.id = "P2P-05",
      .name = "foreign_device_page",
      .level = Level::hard,
      .party = Party::driver,
      .says = "device-private pages are mapped only by an object whose dev_private_owner is the owner of the pages",
      .because = "mm/hmm.c, hmm_vma_handle_pte(): pages of another owner are migrated to the system first; include/linux/hmm.h, "
                 "dev_private_owner",
      .not_claimed = "devices that share an owner because they are connected; objects that do not state their owner",
      .look_at = "what is compared before a device-private page is taken: pgmap->owner",
      .also = {EV_dev_ctx}})

}  // namespace mirrorscope::rules
