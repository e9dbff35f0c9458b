// SPDX-License-Identifier: Apache-2.0
// P2P-03: a buffer that a pinned registration uses is not moved.
#include "analyzer/discipline.h"
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class PinnedBufferMoved final : public RuleOf<PinnedBufferMoved> {
 public:
  void on(const ev_buf_move& e, const Facts& f, Judge& judge) {
    if (!f.ctx) return judge.unknown();
    if (promise(*f.ctx, *mirror_) != Discipline::pin || !f.ctx->mappings) return judge.held();
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->begun, "the registration was made, with pinned pages"}},
                 fmt::format("the buffer behind {} is moved: its device has bus addresses that nobody can take back", hex(e.ctx)));
  }
};

RULE(p2p_03_pinned_buffer_moved, PinnedBufferMoved,
     {.id = "P2P-03",
      .name = "pinned_buffer_moved",
      .level = Level::hard,
      .party = Party::driver,
      .says = "an exporter moves no buffer that an importer has pinned",
      .because = "drivers/dma-buf/dma-buf.c, dma_buf_pin(): \"must be pinned ... to prevent it from being moved\"; importers without "
                 "move_notify cannot follow",
      .not_claimed = "whether exporter or importer forgot: dma_buf_pin() has no row",
      .look_at = "the exporter's pin count of the buffer",
      .also = {EV_dev_ctx, EV_dev_map, EV_dev_unmap}})

}  // namespace mirrorscope::rules
