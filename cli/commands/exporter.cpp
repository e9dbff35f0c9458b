// SPDX-License-Identifier: Apache-2.0
// What `mirrorscope exporter` serves to Prometheus, and the files that go with it.
#include "cli/subcommand.h"

#if MIRRORSCOPE_LIVE

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>
#include <sys/utsname.h>

#include <cstdio>
#include <memory>
#include <mutex>

#include "cli/options/scope.h"
#include "cli/output/refusal.h"
#include "collector/session/tallying.h"
#include "host/settings.h"
#include "schema/shown.h"
#include "tally/endpoint.h"
#include "tally/metrics.h"

namespace mirrorscope::cli {

namespace {

struct ExporterArguments {
  Scope scope;
  std::string listen = "127.0.0.1:9435", print;
  uint64_t processes = 30;
  std::optional<WorkloadSide> whose;
  bool once = false;
};

int exporter_cannot(const std::string& sentence) { return refuse("exporter", sentence + "."); }

std::string kernel_release() {
  utsname name{};
  return uname(&name) == 0 ? shown(name.release) : "unknown";
}

// What a scrape reads: the counters of the kernel, then and there. Scrapes come in threads of the server.
class Source final : public prometheus::Collectable {
 public:
  Source(Tallying& tallying, size_t processes, std::optional<WorkloadSide> whose)
      : tallying_(tallying), metrics_(processes, MIRRORSCOPE_VERSION, kernel_release(), whose) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard lock(mutex_);
    read();
    std::vector<HostStorm> settings;
    for (const HostSetting& s : read_host("/"))
      if (s.bearing != Bearing::limits) settings.push_back({std::string(s.path), s.bearing == Bearing::storms});
    return metrics_.collect(settings);
  }
  // Callbacks that appear are found, and processes that have ended make room, although nobody scrapes.
  void look() const {
    const std::lock_guard lock(mutex_);
    read();
  }
  std::string broken() const {
    const std::lock_guard lock(mutex_);
    return broken_;
  }

 private:
  void read() const {
    if (auto tally = tallying_.read())
      metrics_.take(*tally);
    else
      broken_ = tally.error().message;
  }

  mutable std::mutex mutex_;
  Tallying& tallying_;
  mutable Metrics metrics_;
  mutable std::string broken_;
};

int serve(const ExporterArguments& a, Tallying& tallying, const std::shared_ptr<Source>& source) {
  std::string refused;
  const auto endpoint = Endpoint::open(a.listen, source, refused);
  if (!endpoint) return exporter_cannot("cannot listen on " + a.listen + ": the address is taken, or no address (" + refused + ")");
  std::fprintf(stderr, "mirrorscope exporter: http://%s/metrics; Ctrl-C ends\n", a.listen.c_str());
  for (;;) {
    auto why = tallying.wait(std::chrono::seconds(5));
    if (!why) return exporter_cannot(why.error().message);
    if (*why) break;
    source->look();
    if (const std::string broken = source->broken(); !broken.empty()) return exporter_cannot(broken);
  }
  return exit_ok;
}

int run(const ExporterArguments& a) {
  if (!a.print.empty()) {
    const std::string text = a.print == "dashboard" ? grafana_dashboard() : a.print == "alerts" ? prometheus_rules() : metrics_page();
    std::fputs(text.c_str(), stdout);
    return exit_ok;
  }
  auto tallying = Tallying::start({a.scope, true, a.whose.has_value()});
  if (!tallying) return exporter_cannot(tallying.error().message);
  const auto source = std::make_shared<Source>(*tallying, a.processes, a.whose);
  if (a.once) {
    std::fputs(prometheus::TextSerializer().Serialize(source->Collect()).c_str(), stdout);
    return exit_ok;
  }
  const int code = serve(a, *tallying, source);
  tallying->end();
  return code;
}

}  // namespace

void add_exporter(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<ExporterArguments>();
  auto* sub = app.add_subcommand("exporter", "Serve counts and latencies of this machine to Prometheus");
  sub->add_option("-l,--listen", a->listen, "address and port")->type_name("ADDRESS:PORT")->capture_default_str();
  sub->add_option("--processes", a->processes, "so many command names get series of their own, the others are \"(other)\"; one that is idle for five minutes makes room")
      ->type_name("N")
      ->capture_default_str();
  add_side(*sub, "--whose", a->whose,
           "one label more on what is counted per process: its job, step, pod, container, unit or cgroup; --processes "
           "then counts pairs of both");
  add_filters(*sub, a->scope);
  sub->add_option("--print", a->print, "print what goes with it, and end: dashboard (Grafana), alerts (Prometheus), docs")
      ->check(CLI::IsMember({"dashboard", "alerts", "docs"}))
      ->group("Output");
  sub->add_flag("--once", a->once, "print the metrics once, and end")->group("Output");
  sub->footer(
      "Invalidations, callbacks, faults, migrations and pins, counted in the kernel; docs/metrics.md lists them. Nothing is\n"
      "recorded, and no address or process number leaves the machine. Needs root at the start, or the capabilities that\n"
      "'mirrorscope doctor' lists; keeps CAP_BPF and CAP_PERFMON. The systemd unit is mirrorscope-exporter.service.\n"
      "On a loopback address requests are answered that are for localhost or that address: no page in a browser can read them.\n"
      "\n"
      "Examples:\n"
      "  sudo mirrorscope exporter\n"
      "  curl -s http://127.0.0.1:9435/metrics | grep callback_seconds_count\n"
      "  mirrorscope exporter --print alerts > /etc/prometheus/mirrorscope.yml\n"
      "\n"
      "Exit codes: 0 ended as told, 2 cannot count or cannot listen.");
  sub->callback([a, &exit_code] { exit_code = run(*a); });
}

}  // namespace mirrorscope::cli

#else

namespace mirrorscope::cli {

void add_exporter(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("exporter", "Serve counts and latencies to Prometheus (not in this build)");
  sub->allow_extras();
  sub->callback([&exit_code] {
    std::fputs("mirrorscope exporter: this build cannot watch a kernel, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
    exit_code = exit_unusable;
  });
}

}  // namespace mirrorscope::cli

#endif
