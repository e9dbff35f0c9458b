// SPDX-License-Identifier: Apache-2.0
// What interval notifiers cost, per callback: insertions, callbacks and how many of them met nothing, waits of readers and how much of them was
// for other ranges, look-ups that were in vain. docs/wide-notifiers.md reads it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string_view>

#include "analyzer/losses/intake.h"
#include "analyzer/state/callback_use.h"
#include "analyzer/state/episode_waits.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

enum class Cost : uint8_t {
  inserted,
  removed,
  callbacks,
  callback_ns,
  judged,       // callbacks of which it is known whether they met a translation or look-up,
  useless,      // and of these, that met none
  read_begins,
  waits,        // of these, that waited for an invalidation to end
  wait_ns,
  stretched,    // of these, for the invalidation of another range, too
  stretch_ns,
  lookups,      // hmm_range_fault()
  busy,         // of these, that returned -EBUSY
  checks,       // of a look-up's sequence, before its result is used
  stale,        // of these, that said that it is not to be used
  costs
};
std::string_view to_string(Cost cost);

class NotifierCosts {
 public:
  using Row = std::array<uint64_t, static_cast<size_t>(Cost::costs)>;

  // Every record, in time order.
  void see(const ev_header& record);
  // By address of the callback.
  const std::map<uint64_t, Row>& rows() const { return rows_; }

 private:
  Row* row();
  void add(Row& row, Cost cost, uint64_t n = 1) { row[static_cast<size_t>(cost)] += n; }
  void on(const ev_sub_insert_ret& e);
  void on(const ev_sub_remove_ret& e);
  void on(const ev_cb_enter& e);
  void on(const ev_cb_ret& e);
  void on(const ev_read_begin_ret& e);
  void on(const ev_range_fault_ret& e);
  void on(const ev_revalidate& e);

  Intake intake_{TraceFacts{}};
  Mirror mirror_;
  Facts facts_;
  CallbackUse use_;
  EpisodeWaits waits_;
  std::map<uint64_t, Row> rows_;
};

}  // namespace mirrorscope
