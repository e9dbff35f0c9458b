// SPDX-License-Identifier: Apache-2.0
// What becomes of records that cannot be written: a complaint that says why, and a loss of the right cause.
#include "collector/stream/trace_outlet.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mirrorscope {
namespace {

class Unwritten : public testing::Test {
 protected:
  Unwritten() {
    std::signal(SIGXFSZ, SIG_IGN);
    char name[] = "/tmp/outlet-test-XXXXXX";
    folder = mkdtemp(name);
    trace::Provenance from;
    from.origin = trace::Origin::written;
    outlet.emplace(*trace::Writer::create(folder, from), RecordTap{});
  }
  ~Unwritten() override { std::filesystem::remove_all(folder); }

  void record(uint16_t cpu) {
    ev_inv_end e{};
    e.h.id = EV_inv_end;
    e.h.cpu = cpu;
    e.h.time = ++now;
    EXPECT_TRUE(outlet->append(cpu, &e.h, sizeof e).ok());
  }
  // The `lost` records that this comes to.
  std::vector<ev_lost> losses() {
    struct Kept final : Outlet {
      std::vector<ev_lost> lost;
      Result<void> append(uint16_t, const ev_header* records, size_t bytes) override {
        for (auto at = reinterpret_cast<const char*>(records), end = at + bytes; at < end;
             at += record_sizes[reinterpret_cast<const ev_header*>(at)->id])
          if (reinterpret_cast<const ev_header*>(at)->id == EV_lost)
            lost.push_back(*reinterpret_cast<const ev_lost*>(at));
        return {};
      }
      void discarded(uint16_t, uint64_t) override {}
    } kept;
    Losses waiting(0, [](size_t) { return ProgramRuns{}; });
    outlet->add_losses(waiting);
    Hashing raw(Hashing::Addresses::raw);
    About about(kept, raw, 0);
    waiting.settle(about, 0);
    EXPECT_TRUE(about.flush().ok());
    return kept.lost;
  }

  std::filesystem::path folder;
  std::optional<TraceOutlet> outlet;
  uint64_t now = 1'000'000;
};

TEST_F(Unwritten, for_want_of_room_or_for_another_reason) {
  std::ofstream(folder / "cpu_1") << "somebody else's";
  rlimit before{}, none{};
  getrlimit(RLIMIT_FSIZE, &before);
  none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_FSIZE, &none);
  record(0);
  record(1);
  record(1);
  EXPECT_TRUE(outlet->flush().ok()) << "no reason to stop";
  const std::string said = outlet->complaint();
  EXPECT_NE(said.find("cpu_0: File too large; cannot create " + (folder / "cpu_1").string() + ": File exists"),
            std::string::npos)
      << said;
  EXPECT_EQ(outlet->complaint(), "");
  EXPECT_TRUE(losses().empty()) << "they can be tried again";
  EXPECT_TRUE(outlet->close().ok());
  setrlimit(RLIMIT_FSIZE, &before);

  EXPECT_EQ(outlet->lost(), 3u);
  EXPECT_EQ(outlet->unwritten(), (std::map<int, uint64_t>{{EFBIG, 1}, {EEXIST, 2}}));
  const auto lost = losses();
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].cause, static_cast<uint32_t>(MS_loss_disk_full));
  EXPECT_EQ(lost[0].on_cpu, 0);
  EXPECT_EQ(lost[0].count, 1u);
  EXPECT_EQ(lost[1].cause, static_cast<uint32_t>(MS_loss_unwritten));
  EXPECT_EQ(lost[1].on_cpu, 1);
  EXPECT_EQ(lost[1].count, 2u);
  EXPECT_TRUE(losses().empty()) << "told once";
}

}  // namespace
}  // namespace mirrorscope
