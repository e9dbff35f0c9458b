// SPDX-License-Identifier: Apache-2.0
// P2P-01: memory of a PCI device is pinned by who says so, and not for long.
#include <cerrno>

#include "analyzer/rule.h"
#include "analyzer/words.h"
#include "schema/kernel_flags.h"

namespace mirrorscope::rules {

// On 6.1, where these bits have other numbers, no process gets such memory, and no pin has both.
class PeerPagePinned final : public RuleOf<PeerPagePinned> {
 public:
  // is_valid_gup_args() warns of it and pins nothing, whatever is mapped there.
  void on(const ev_pin& e, const Facts&, Judge& judge) {
    if ((e.gup_flags & kFollLongterm) && (e.gup_flags & kFollPciP2pdma))
      judge.broken(e.h, e.h.time, {},
                   fmt::format("{} pages at {} are to be pinned with both FOLL_PCI_P2PDMA and FOLL_LONGTERM", e.npages,
                               hex(e.start)));
  }

  void on(const ev_pin_ret& e, const Facts& f, Judge& judge) {
    if (e.ret == -EREMOTEIO) return judge.held();
    if (e.ret <= 0 || e.p2pdma == 0) return;
    if ((e.gup_flags & kFollPciP2pdma) && !(e.gup_flags & kFollLongterm)) return judge.held();
    std::vector<Evidence> evidence;
    if (f.has_entry) evidence.push_back({f.entry->at, "the pin"});
    judge.broken(e.h, f.has_entry ? f.entry->at.time : e.h.time, std::move(evidence),
                 fmt::format("{} pages were pinned at {}, {} of {} sampled are memory of a PCI device, {}", e.ret,
                             hex(e.start), e.p2pdma, e.sampled,
                             e.gup_flags & kFollPciP2pdma
                                 ? "for long: the device cannot be removed"
                                 : "and the caller did not say FOLL_PCI_P2PDMA: it may take them for system memory"));
  }
};

RULE(p2p_01_peer_page_pinned, PeerPagePinned,
     {.id = "P2P-01",
      .name = "peer_page_pinned",
      .level = Level::hard,
      .party = Party::driver,
      .says = "memory of a PCI device (P2PDMA) is pinned only with FOLL_PCI_P2PDMA, which is never asked for together "
              "with FOLL_LONGTERM",
      .because = "mm/gup.c, try_grab_folio(): -EREMOTEIO for who did not say it; is_valid_gup_args() warns of both: "
                 "the memory of a device "
                 "must come back when it is removed",
      .not_claimed = "get_user_pages*(), which makes no record; pages that were not sampled",
      .look_at =
          "the gup_flags of the caller (ITER_ALLOW_P2PDMA of an iov_iter), and whether its device can reach a peer"})

}  // namespace mirrorscope::rules
