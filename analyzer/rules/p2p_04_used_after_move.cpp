// SPDX-License-Identifier: Apache-2.0
// P2P-04: after move_notify an importer uses the old place of a buffer no more.
#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::rules {
class UsedAfterMove final : public RuleOf<UsedAfterMove> {
 public:
  void on(const ev_dma_begin& e, const Facts& f, Judge& judge) { used(e.h, f, judge, "an access begins"); }
  void on(const ev_job_begin& e, const Facts& f, Judge& judge) { used(e.h, f, judge, "work is armed"); }

  // Of what move_notify took away a device that faults is given the new place in the midst of its access.
  void on(const ev_dma_end& e, const Facts& f, Judge& judge) {
    if (!f.ctx || !f.ctx->stated || !f.has_dma || f.ctx->mappings || !f.ctx->move_notified) return;
    if (f.ctx->move_notified.time + Mirror::kClockSlack >= f.dma.at.time) return;
    judge.broken(e.h, f.ctx->begun.time, {{f.ctx->move_notified, "move_notify returned"}, {f.dma.at, "the access began"}},
                 fmt::format("an access to {} is over ({}) and {} was not mapped anew since its buffer was moved: the device {}",
                             range_text(f.dma.start, f.dma.end), e.ret, hex(f.ctx->ptr),
                             e.ret ? "finds no translation" : "has used one of before"));
  }

 private:
  static void used(const ev_header& h, const Facts& f, Judge& judge, std::string_view what) {
    if (!f.ctx || !f.ctx->stated) return;
    if (f.ctx->move_notified && !f.ctx->mappings) return;  // its end tells
    if (!f.ctx->move_notified || f.ctx->move_notified.time + Mirror::kClockSlack >= h.time) return judge.held();
    judge.broken(h, f.ctx->begun.time, {{f.ctx->move_notified, "move_notify returned"}},
                 fmt::format("{} on {} with the bus addresses of before the buffer was moved", what, hex(f.ctx->ptr)));
  }
};

RULE(p2p_04_used_after_move, UsedAfterMove,
     {.id = "P2P-04",
      .name = "used_after_move",
      .level = Level::hard,
      .party = Party::driver,
      .says = "when move_notify has returned, nothing begins to use the old mapping of the buffer; the buffer is mapped anew first",
      .because = "include/linux/dma-buf.h, struct dma_buf_attach_ops: move_notify \"all mappings ... must be considered invalid\"; "
                 "drivers/infiniband/hw/mlx5/odp.c, pagefault_dmabuf_mr()",
      .not_claimed = "what was in flight: the exporter waits for its fences",
      .look_at = "whether the importer's callback takes the translations away or only remembers to, and who maps the buffer again",
      .also = {EV_buf_move_ret, EV_dev_ctx, EV_dev_map},
      .any_event = true})

}  // namespace mirrorscope::rules
