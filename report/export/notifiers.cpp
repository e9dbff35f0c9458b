// SPDX-License-Identifier: Apache-2.0
// What interval notifiers cost, per callback function as CSV: docs/wide-notifiers.md reads it.
#include "report/export/csv_cell.h"
#include "report/export/exporter.h"
#include "report/notifier_costs.h"

namespace mirrorscope {

namespace {
class Notifiers final : public Exporter {
 public:
  Notifiers(std::ostream& out, const Names& names) : out_(out), names_(names) {}

  void record(const ev_header& h) override { costs_.see(h); }

  void finish() override {
    out_ << "callback";
    for (size_t i = 0; i < std::tuple_size_v<NotifierCosts::Row>; ++i) out_ << ',' << to_string(static_cast<Cost>(i));
    out_ << "\r\n";
    for (const auto& [fn, row] : costs_.rows()) {
      out_ << csv_cell(names_.symbol(fn));
      for (const uint64_t n : row) out_ << ',' << n;
      out_ << "\r\n";
    }
  }

 private:
  std::ostream& out_;
  const Names& names_;
  NotifierCosts costs_;
};
}  // namespace

std::unique_ptr<Exporter> notifiers_exporter(std::ostream& out, const Names& names) { return std::make_unique<Notifiers>(out, names); }

}  // namespace mirrorscope
