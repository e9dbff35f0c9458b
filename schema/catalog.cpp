// SPDX-License-Identifier: Apache-2.0
// How an id or a name is turned into its row.
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
constexpr auto by_id = [] {
  std::array<const EventInfo*, EV_LIMIT> rows{};
  for (const EventInfo& e : catalog::events) rows[e.id] = &e;
  return rows;
}();

constexpr bool ids_are_unique() {
  std::array<bool, EV_LIMIT> seen{};
  for (const EventInfo& e : catalog::events) {
    if (seen[e.id]) return false;
    seen[e.id] = true;
  }
  return true;
}
static_assert(ids_are_unique(), "two rows of events.def share an id");
}  // namespace

std::string_view to_string(EventArea area) {
  static constexpr std::string_view kNames[] = {"invalidation", "callback", "fault", "mapping", "DMA", "migration", "pin", "memory", "life", "recorder"};
  return area < EventArea::areas ? kNames[static_cast<size_t>(area)] : "?";
}

const EventInfo* event_info(uint32_t id) { return id < EV_LIMIT ? by_id[id] : nullptr; }

const EventInfo* event_named(std::string_view name) {
  for (const EventInfo& e : catalog::events)
    if (e.name == name) return &e;
  return nullptr;
}

std::string_view label_of(const EnumInfo& labels, uint32_t value) {
  for (const EnumValue& v : labels.values)
    if (v.value == value) return v.label;
  return {};
}

const LossInfo* loss_info(uint32_t cause) {
  for (const LossInfo& l : catalog::losses)
    if (l.id == cause) return &l;
  return nullptr;
}

}  // namespace mirrorscope
