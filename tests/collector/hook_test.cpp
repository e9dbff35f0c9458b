// SPDX-License-Identifier: Apache-2.0
// What is read from a hook's file, who compiles it, and what is said when the driver is not as the hook thinks.
#include "collector/hooks/hook.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "collector/hooks/hook_bcc.h"
#include "schema/catalog.h"

namespace mirrorscope {
namespace {

constexpr auto text = R"(#include "bpf/hook.bpf.h"
/* ENTRY(dev_map__comment, not_at_the_beginning) */
EXIT(dev_ctx__mine, my_driver_watch)
{
	return 0;
}
ENTRY( dev_map__mine , my_driver_write_table )
{
	return 0;
}
)";

HookSource hook(std::string of = text) { return *parse_hook("my.bpf.c", std::move(of)); }

ProbeState state(std::string_view event, std::string function, uint32_t how, std::string why) {
  ProbeState s;
  s.event = event_named(event)->id;
  s.function = std::move(function);
  s.how = how;
  s.why = std::move(why);
  if (s.why.empty()) s.fd = 3;
  return s;
}

TEST(Hook, HasTheFunctionsThatBeginALine) {
  const HookSource h = hook();
  ASSERT_EQ(h.functions.size(), 2u);
  EXPECT_EQ(h.functions[0].program, "dev_ctx__mine");
  EXPECT_EQ(h.functions[0].event, "dev_ctx");
  EXPECT_EQ(h.functions[0].function, "my_driver_watch");
  EXPECT_TRUE(h.functions[0].at_return);
  EXPECT_EQ(h.functions[1].function, "my_driver_write_table");
  EXPECT_FALSE(h.functions[1].at_return);
}

TEST(Hook, ThatFeedsNoEventIsRefusedByName) {
  const auto bad = parse_hook("my.bpf.c", "ENTRY(dev_mapped__mine, my_driver_write_table)\n");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("there is no event dev_mapped"), std::string::npos) << bad.error().message;
  EXPECT_FALSE(parse_hook("my.bpf.c", "int main(void) { return 0; }\n"));
  EXPECT_FALSE(read_hook("/nowhere/my.bpf.c"));
  EXPECT_FALSE(read_hook("/"));
}

TEST(Hook, IsARegularFileOfReasonableSize) {
  char folder[] = "/tmp/hook-test-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string fifo = std::string(folder) + "/fifo", large = std::string(folder) + "/large", fits = std::string(folder) + "/fits";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  alarm(20);  // what waits for ever fails here
  EXPECT_EQ(read_hook(fifo).error().message, "cannot read the hook " + fifo + ": it is no regular file");
  EXPECT_EQ(read_hook("/dev/zero").error().message, "cannot read the hook /dev/zero: it is no regular file");
  std::ofstream(fits) << text;
  std::ofstream(large) << text;
  ASSERT_EQ(truncate(large.c_str(), off_t{1} << 40), 0);
  EXPECT_TRUE(read_hook(fits));
  EXPECT_EQ(read_hook(large).error().message, "cannot read the hook " + large + ": it is larger than 1048576 bytes");
  alarm(0);
  std::filesystem::remove_all(folder);
}

TEST(Hook, WithALineThatIsAMillionCharactersLong) {
  EXPECT_FALSE(parse_hook("my.bpf.c", "ENTRY(" + std::string(1'000'000, 'a')));
  EXPECT_EQ(hook("ENTRY(" + std::string(1'000'000, ' ') + "\n" + text).functions.size(), 2u);
}

TEST(Hook, GoesToBccOnlyForAFunctionThatIsThereWithoutType) {
  const FunctionPlace typed{.typed = true, .there = true}, untyped{.typed = false, .there = true}, absent{};
  EXPECT_EQ(compiler_for(std::vector{typed, typed}), HookCompiler::clang);
  EXPECT_EQ(compiler_for(std::vector{typed, untyped}), HookCompiler::bcc);
  EXPECT_EQ(compiler_for(std::vector{absent, typed}), HookCompiler::clang);
  EXPECT_EQ(compiler_for(std::vector{absent}), HookCompiler::clang);
}

TEST(Hook, WhoseDriverIsNotLoadedIsNotCompiled) {
  const FunctionPlace there{.typed = false, .there = true}, absent{};
  EXPECT_TRUE(is_anywhere(hook(), std::vector{absent, there}));
  const auto nowhere = is_anywhere(hook(), std::vector{absent, absent});
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message.find("(my_driver_watch, my_driver_write_table): load the driver's module first"), std::string::npos)
      << nowhere.error().message;
}

TEST(Hook, SaysWhatIsMissingAndFailsWhenNothingIsThere) {
  const ProbeState watch = state("dev_ctx", "my_driver_watch", MS_probe_how_fexit, "");
  const ProbeState no_watch = state("dev_ctx", "my_driver_watch", MS_probe_how_absent, "no such function");
  const ProbeState no_write = state("dev_map", "my_driver_write_table", MS_probe_how_absent, "no such function");
  const ProbeState write = state("dev_map", "my_driver_write_table", MS_probe_how_kprobe, "");
  // the same function under another event is another probe's
  const ProbeState other = state("dev_unmap", "my_driver_write_table", MS_probe_how_kprobe, "");

  EXPECT_TRUE(what_is_missing(hook(), std::vector{watch, write})->empty());
  const auto one = what_is_missing(hook(), std::vector{watch, no_write, other});
  ASSERT_TRUE(one);
  ASSERT_EQ(one->size(), 1u);
  EXPECT_NE(one->front().find("my_driver_write_table(): no such function"), std::string::npos) << one->front();
  const auto none = what_is_missing(hook(), std::vector{no_watch, no_write});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("(my_driver_watch, my_driver_write_table): no such function"), std::string::npos) << none.error().message;
}

TEST(Hook, OfWhichOneProgramIsRefusedIsNotThereAtAll) {
  const ProbeState watch = state("dev_ctx", "my_driver_watch", MS_probe_how_withheld, "it is not whole");
  const ProbeState write = state("dev_map", "my_driver_write_table", MS_probe_how_refused, "invalid mem access");
  const auto none = what_is_missing(hook(), std::vector{watch, write});
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("my_driver_write_table(): invalid mem access"), std::string::npos) << none.error().message;
}

TEST(Hook, ThatIsSwitchedOffIsNotMissing) {
  const ProbeState off = state("dev_ctx", "my_driver_watch", MS_probe_how_off, "not wanted");
  EXPECT_TRUE(what_is_missing(hook("EXIT(dev_ctx__mine, my_driver_watch)\n"), std::vector{off})->empty());
}

TEST(Hook, GetsAKprobeProgramForEachFunctionFromBcc) {
  const std::string whole = text_for_bcc(hook());
  EXPECT_EQ(whole.find("#line 1 \"my.bpf.c\"\n#include"), 0u) << "what the compiler says must name the user's lines";
  EXPECT_NE(whole.find("int dev_ctx__mine__kp(struct pt_regs *ctx)"), std::string::npos);
  EXPECT_NE(whole.find("saved_call(&call, ctx)"), std::string::npos);
  EXPECT_NE(whole.find("body_dev_map__mine(entry.call.arg, false)"), std::string::npos);
  EXPECT_EQ(whole.find("int dev_map__comment__kp"), std::string::npos);
}

}  // namespace
}  // namespace mirrorscope
