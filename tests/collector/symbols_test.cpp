// SPDX-License-Identifier: Apache-2.0
// Does a name end where its function, its module or the kernel's text does?
#include "collector/kernel/symbols.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace mirrorscope {
namespace {

// As the kernel writes them (kernel/kallsyms.c, s_show(); kernel/module/procfs.c, m_show()).
constexpr const char* kKallsyms =
    "ffffffff81000000 T _stext\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81001000 t first\n"
    "ffffffff81001800 T last_of_the_kernel\n"
    "ffffffff81002000 T _etext\n"
    "ffffffff82000000 D some_data\n"
    "ffffffff83000000 T _sinittext\n"
    "ffffffff83000100 t at_boot\n"
    "ffffffff83001000 T _einittext\n"
    "ffffffffc0100000 t rxe_first\t[rdma_rxe]\n"
    "ffffffffc0100400 t rxe_last\t[rdma_rxe]\n"
    "ffffffffc0200000 t handshake_exit\t[bluetooth]\n"
    "ffffffffc0300000 t bpf_prog_0123456789abcdef_sd_devices\t[bpf]\n"
    "ffffffffc0300100 t bpf_trampoline_6442548392\t[bpf]\n";
constexpr const char* kModules =
    "rdma_rxe 8192 0 - Live 0xffffffffc0100000\n"
    "bluetooth 4096 2 rfcomm,bnep, Live 0xffffffffc0200000 (E)\n";

class SymbolsOf : public testing::Test {
 protected:
  SymbolsOf() {
    std::string name = (std::filesystem::temp_directory_path() / "symbols.XXXXXX").string();
    folder_ = mkdtemp(name.data());
    write("kallsyms", kKallsyms);
    write("modules", kModules);
  }
  ~SymbolsOf() override { std::filesystem::remove_all(folder_); }
  void write(const char* file, const std::string& text) { std::ofstream(folder_ / file) << text; }
  void add(const char* file, const std::string& text) { std::ofstream(folder_ / file, std::ios::app) << text; }
  Symbols open() { return std::move(*Symbols::open((folder_ / "kallsyms").c_str(), (folder_ / "modules").c_str())); }
  static std::string shown(const std::optional<Symbol>& s) {
    if (!s) return "nothing";
    return s->name + (s->offset ? "+" + std::to_string(s->offset) : "") + (s->module.empty() ? "" : " [" + s->module + "]");
  }
  std::filesystem::path folder_;
};

TEST_F(SymbolsOf, an_address_in_a_function_has_its_name) {
  Symbols s = open();
  EXPECT_EQ(shown(s.at(0xffffffff81001010)), "first+16");
  EXPECT_EQ(shown(s.at(0xffffffff81001fff)), "last_of_the_kernel+2047");
  EXPECT_EQ(shown(s.at(0xffffffff83000101)), "at_boot+1");
  EXPECT_EQ(shown(s.at(0xffffffffc0100001)), "rxe_first+1 [rdma_rxe]");
  EXPECT_EQ(shown(s.at(0xffffffffc0101fff)), "rxe_last+7167 [rdma_rxe]");
  EXPECT_EQ(shown(s.at(0xffffffffc0300004)), "bpf_prog_0123456789abcdef_sd_devices+4 [bpf]");
  EXPECT_EQ(shown(s.at(0xffffffffc0300104)), "bpf_trampoline_6442548392+4 [bpf]");
}

TEST_F(SymbolsOf, what_lies_behind_the_last_one_has_not) {
  Symbols s = open();
  for (const uint64_t address : {0xffffffff81002000, 0xffffffff82000010, 0xffffffff83001000, 0xffffffffc0102000, 0xffffffffc0201000,
                                 0xffffffffe6f3f318, 0xffffffffc0320000}) {
    // _etext and _einittext are the ends themselves
    EXPECT_EQ(shown(s.at(address)), "code_made_at_run_time") << std::hex << address;
    EXPECT_EQ(s.at(address)->address, address);
  }
}

TEST_F(SymbolsOf, an_address_of_no_kernel_has_none) {
  Symbols s = open();
  for (const uint64_t address : {uint64_t{0}, uint64_t{0x7fff12345678}, static_cast<uint64_t>(-14)}) EXPECT_EQ(shown(s.at(address)), "nothing");
}

TEST_F(SymbolsOf, a_module_that_came_since_is_read) {
  Symbols s = open();
  EXPECT_EQ(shown(s.at(0xffffffffc0400010)), "code_made_at_run_time");
  add("kallsyms", "ffffffffc0400000 t mine\t[my_driver]\n");
  add("modules", "my_driver 4096 0 - Live 0xffffffffc0400000 (OE)\n");
  EXPECT_EQ(shown(s.at(0xffffffffc0400010)), "mine+16 [my_driver]");
  EXPECT_EQ(shown(s.starting_at(0xffffffffc0400000)), "mine [my_driver]");
}

TEST_F(SymbolsOf, a_module_that_went_since_is_no_name) {
  Symbols s = open();
  write("kallsyms", std::string(kKallsyms).substr(0, std::string(kKallsyms).find("ffffffffc0200000")));
  write("modules", "rdma_rxe 8192 0 - Live 0xffffffffc0100000\n");
  ASSERT_TRUE(s.refresh());
  EXPECT_EQ(shown(s.at(0xffffffffc0200010)), "code_made_at_run_time");
}

TEST_F(SymbolsOf, nothing_starts_where_code_was_made_at_run_time) {
  Symbols s = open();
  EXPECT_EQ(shown(s.starting_at(0xffffffffe6f3f318)), "nothing");
}

TEST_F(SymbolsOf, without_a_list_of_modules_a_name_is_as_long_as_a_function_can_be) {
  Symbols s = std::move(*Symbols::open((folder_ / "kallsyms").c_str(), (folder_ / "no-such").c_str()));
  EXPECT_EQ(shown(s.at(0xffffffffc0100404)), "rxe_last+4 [rdma_rxe]");
  EXPECT_EQ(shown(s.at(0xffffffffc0280000)), "code_made_at_run_time");
}

}  // namespace
}  // namespace mirrorscope
