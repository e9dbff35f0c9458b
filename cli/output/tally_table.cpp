// SPDX-License-Identifier: Apache-2.0
// How counted calls become columns.
#include "cli/output/tally_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>

#include "cli/output/output.h"
#include "report/folding.h"
#include "schema/catalog.h"

namespace mirrorscope::cli {

namespace {

struct Process {
  uint32_t tgid = 0;
  std::string comm;
  uint64_t invalidations = 0, faults = 0, retries = 0, migrated = 0, pins = 0, unpins = 0, pinned = 0;
  std::map<std::string, uint64_t> by_reason;
};

std::vector<Process> processes(const Tally& tally, TallyOrder order) {
  std::map<std::pair<uint32_t, std::string>, Process> all;
  for (const TallyRow& row : tally.rows) {
    Process& p = all[{row.tgid, row.comm}];
    p.tgid = row.tgid;
    p.comm = row.comm;
    switch (row.kind) {
      case MS_tally_invalidate:
        p.invalidations += row.calls;
        p.by_reason[row.what] += row.calls;
        break;
      case MS_tally_fault:
        p.faults += row.calls;
        p.retries += row.refused;
        break;
      case MS_tally_migrate:
        p.migrated += row.pages;
        break;
      case MS_tally_pin:
        p.pins += row.pages;
        break;
      case MS_tally_unpin:
        p.unpins += row.pages;
        break;
      default:
        break;
    }
    if (const auto pinned = tally.pinned.find(row.tgid); row.tgid && pinned != tally.pinned.end()) p.pinned = pinned->second;
  }
  std::vector<Process> sorted;
  for (auto& [key, p] : all) sorted.push_back(std::move(p));
  auto rank = [order](const Process& p) {
    switch (order) {
      case TallyOrder::faults:
        return p.faults;
      case TallyOrder::pinned:
        return p.pinned;
      case TallyOrder::invalidations:
        break;
    }
    return p.invalidations;
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Process& a, const Process& b) { return rank(a) > rank(b); });
  return sorted;
}

std::string number(uint64_t n, const TallyLook& look) {
  if (!look.rates) return grouped(n);
  const double rate = static_cast<double>(n) / look.seconds;
  if (rate == 0) return "0";
  return rate < 10 ? fmt::format("{:.1f}", rate) : grouped(static_cast<uint64_t>(std::llround(rate)));
}

// The columns that say whose a line is.
class WhoColumns {
 public:
  WhoColumns(const Tally& tally, const TallyLook& look) : by_(look.by) {
    for (const TallyRow& row : tally.rows) width_ = std::clamp(row.comm.size(), width_, kWidest);
  }
  std::string heads() const {
    if (!by_) return fmt::format("{:>7} {:<15}", "PID", "COMMAND");
    std::string head(kWorkloadSides[static_cast<size_t>(*by_)]);
    for (char& c : head) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return fmt::format("{:<{}}", head, width_);
  }
  std::string of(uint32_t tgid, const std::string& comm) const {
    if (by_) return fmt::format("{:<{}}", end_of_path(comm, width_), width_);
    return fmt::format("{:>7} {:<15.15}", tgid ? std::to_string(tgid) : "-",
                       tgid || !comm.empty() ? comm : "(no process)");
  }

 private:
  static constexpr size_t kWidest = 60;
  std::optional<WorkloadSide> by_;
  size_t width_ = 11;  // "(not known)"
};

}  // namespace

std::string_view kind_name(uint32_t kind) {
  constexpr std::array<std::string_view, MS_tally_kinds> names = {"invalidation", "callback", "fault", "migration",
                                                                  "pin",          "unpin",    "insert", "remove"};
  return kind < names.size() ? names[kind] : "?";
}

std::string in_time(uint64_t ns) {
  const auto n = static_cast<double>(ns);
  if (ns < 1'000) return fmt::format("{}ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.1f}us", n / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.2f}ms", n / 1e6);
  return fmt::format("{:.2f}s", n / 1e9);
}

std::vector<std::string> process_table(const Tally& tally, const TallyLook& look) {
  const char* per = look.rates ? "/s" : "";
  const WhoColumns who(tally, look);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {:>9}{:2} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8}{:2} {:>7} {:>8} {:>8} {:>8} {:>9}",
                              who.heads(), "INVALID", per, "unmap", "clear", "protect", "migrate", "other", "FAULTS",
                              per, "RETRIES", "MIGRATED", "PINS", "UNPINS", "PINNED") +
                  (look.findings ? "  FINDINGS" : ""));
  for (const Process& p : processes(tally, look.order)) {
    if (lines.size() > look.most) break;
    auto reason = [&](std::string_view name) {
      const auto found = p.by_reason.find(std::string(name));
      return found == p.by_reason.end() ? uint64_t{0} : found->second;
    };
    const uint64_t protect = reason("protection_vma") + reason("protection_page") + reason("soft_dirty");
    const uint64_t named = reason("unmap") + reason("clear") + protect + reason("migrate");
    lines.push_back(fmt::format("{} {:>11} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>7} {:>8} {:>8} {:>8} {:>9}",
                                who.of(p.tgid, p.comm), number(p.invalidations, look), number(reason("unmap"), look),
                                number(reason("clear"), look), number(protect, look), number(reason("migrate"), look),
                                number(p.invalidations - named, look), number(p.faults, look), number(p.retries, look),
                                number(p.migrated, look), number(p.pins, look), number(p.unpins, look),
                                in_bytes(p.pinned)));
    if (!look.findings) continue;
    const auto found = look.findings->find(p.tgid);
    lines.back() += fmt::format("  {:>8}", p.tgid && found != look.findings->end() ? grouped(found->second) : "-");
  }
  return lines;
}

std::vector<std::string> call_table(const Tally& tally, const TallyLook& look) {
  std::vector<const TallyRow*> rows;
  for (const TallyRow& row : tally.rows) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const TallyRow* a, const TallyRow* b) {
    return std::tuple(a->kind != MS_tally_callback, b->times.total) < std::tuple(b->kind != MS_tally_callback, a->times.total);
  });
  const WhoColumns who(tally, look);
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {:<12} {:<46} {:>10}{:2} {:>8} {:>11} {:>9} {:>9} {:>9}", who.heads(), "CALL", "OF",
                              "CALLS", look.rates ? "/s" : "", "REFUSED", "PAGES", "P50", "P99", "LONGEST"));
  for (const TallyRow* row : rows) {
    if (lines.size() > look.most) break;
    const bool timed = row->times.count != 0;
    lines.push_back(
        fmt::format("{} {:<12} {:<46.46} {:>12} {:>8} {:>11} {:>9} {:>9} {:>9}", who.of(row->tgid, row->comm),
                    kind_name(row->kind), row->what, number(row->calls, look), number(row->refused, look),
                    number(row->pages, look), timed ? in_time(row->times.percentile(0.5)) : "-",
                    timed ? in_time(row->times.percentile(0.99)) : "-", timed ? in_time(row->times.longest) : "-"));
  }
  return lines;
}

}  // namespace mirrorscope::cli
