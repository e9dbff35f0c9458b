// SPDX-License-Identifier: Apache-2.0
// How kept rows are walked.
#include "query/tables/kept_table.h"

namespace mirrorscope::query {

namespace {
class KeptTable final : public Table {
 public:
  KeptTable(std::string name, std::string says, std::vector<Column> columns, double effort, MakeRows make)
      : Table(std::move(name), std::move(says), std::move(columns)), effort_(effort), make_(std::move(make)) {}

  std::unique_ptr<Rows> rows(const Wanted&) const override {
    if (!made_) made_ = make_();
    return std::make_unique<Walk>(*made_);
  }
  double size() const override { return 100; }
  double effort() const override { return made_ ? 100 : effort_; }

 private:
  class Walk final : public Rows {
   public:
    explicit Walk(const Result<std::vector<KeptRow>>& made) : made_(made) {}
    bool next() override { return made_.ok() && ++next_ <= (*made_).size(); }
    const Error* error() const override { return made_.ok() ? nullptr : &made_.error(); }
    int64_t id() const override { return static_cast<int64_t>(next_); }
    void value(size_t column, Cell& cell) const override {
      const KeptValue& v = (*made_)[next_ - 1][column];
      if (const auto* number = std::get_if<int64_t>(&v)) return cell.number(*number);
      if (const auto* text = std::get_if<std::string>(&v)) return cell.text(*text);
      cell.null();
    }

   private:
    const Result<std::vector<KeptRow>>& made_;
    size_t next_ = 0;
  };

  double effort_;
  MakeRows make_;
  mutable std::optional<Result<std::vector<KeptRow>>> made_;
};
}  // namespace

KeptRow from(const OpenTrace& trace, std::initializer_list<KeptValue> values) {
  KeptRow row{trace.shown(), trace.reader().provenance().host};
  row.insert(row.end(), values.begin(), values.end());
  return row;
}

std::unique_ptr<Table> kept_table(std::string name, std::string says, std::vector<Column> columns, double effort,
                                  MakeRows make) {
  columns.insert(columns.begin(), {{"trace", true, "the trace, as it was named"},
                                   {"host", true, "the machine that it was recorded on"}});
  return std::make_unique<KeptTable>(std::move(name), std::move(says), std::move(columns), effort, std::move(make));
}

}  // namespace mirrorscope::query
