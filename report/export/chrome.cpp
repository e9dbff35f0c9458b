// SPDX-License-Identifier: Apache-2.0
// Records as Chrome's JSON trace events: calls are B and E of their task, points are instants, values are args.
#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "report/export/exporter.h"
#include "report/render/json.h"
#include "report/slices.h"
#include "report/values.h"

namespace mirrorscope {

namespace {
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

class Chrome final : public Exporter, Slices::Sink {
 public:
  Chrome(std::ostream& out, const Names& names) : out_(out), names_(names) { out_ << "{\"displayTimeUnit\":\"ns\",\"traceEvents\":["; }

  void record(const ev_header& h) override {
    if (h.cpu == MS_ABOUT_CPU && h.id != EV_lost) return;
    introduce(h);
    slices_.see(h);
  }

  void finish() override {
    slices_.finish();
    out_ << "\n]}\n";
  }

 private:
  void introduce(const ev_header& h) {
    if (processes_.insert(h.tgid).second) name("process_name", h.tgid, h.tgid);
    if (threads_.insert(h.tid).second) name("thread_name", h.tgid, h.tid);
  }

  void name(std::string_view what, uint32_t tgid, uint32_t tid) {
    const std::string text = tid ? names_.task(tid) : "mirrorscope";
    put(fmt::format(R"("name":"{}","ph":"M","pid":{},"tid":{},"args":{{"name":{}}})", what, tgid, tid, quoted(text)));
  }

  void begin(const ev_header& h) override { event('B', h, h.time, &h); }
  void end(const ev_header& entry, uint64_t time, const ev_header* exit) override { event('E', entry, time, exit); }
  void instant(const ev_header& h) override { event('i', h, h.time, &h); }

  // Times are microseconds there.
  void event(char phase, const ev_header& call, uint64_t time, const ev_header* values) {
    put(fmt::format(R"("name":{},"cat":"{}","ph":"{}",{}"ts":{}.{:03},"pid":{},"tid":{},"args":{})", quoted(function_of(call, names_)),
                    event_info(call.id)->name, phase, phase == 'i' ? R"("s":"t",)" : "", time / 1000, time % 1000, call.tgid, call.tid,
                    values ? record_to_json(*values) : R"({"return":"not in the trace"})"));
  }

  void put(const std::string& members) {
    out_ << (first_ ? "\n{" : ",\n{") << members << '}';
    first_ = false;
  }

  std::ostream& out_;
  const Names& names_;
  Slices slices_{*this};
  std::set<uint32_t> processes_, threads_;
  bool first_ = true;
};
}  // namespace

std::unique_ptr<Exporter> chrome_exporter(std::ostream& out, const Names& names) { return std::make_unique<Chrome>(out, names); }

}  // namespace mirrorscope
