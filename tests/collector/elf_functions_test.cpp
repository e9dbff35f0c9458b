// SPDX-License-Identifier: Apache-2.0
// Where the functions of a file are, and that a file of somebody's own making takes no longer than its size allows.
#include "collector/kernel/elf_functions.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

namespace mirrorscope {
namespace {

namespace fs = std::filesystem;

// A file of segments, sections, names and symbols, in that order, as many as one likes and as wrong as one likes.
struct Crafted {
  std::vector<Elf64_Phdr> segments;
  std::vector<Elf64_Sym> symbols;
  std::string names{'\0'};
  size_t tables = 1;  // section headers that all lead to the same symbols
  size_t notes = 0;   // section headers that all lead to the same text
  std::string note_text;

  void code(uint64_t address, uint64_t size, uint64_t offset) {
    segments.push_back({PT_LOAD, PF_R | PF_X, offset, address, address, size, size, 4096});
  }
  void function(const std::string& name, uint64_t address) {
    symbols.push_back({static_cast<Elf64_Word>(names.size()), ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, address, 8});
    names += name + '\0';
  }
  void write(const fs::path& file) const {
    Elf64_Ehdr head{};
    std::memcpy(head.e_ident, ELFMAG, SELFMAG);
    head.e_ident[EI_CLASS] = ELFCLASS64;
    head.e_ident[EI_DATA] = ELFDATA2LSB;
    head.e_ident[EI_VERSION] = EV_CURRENT;
    head.e_type = ET_DYN;
    head.e_machine = EM_X86_64;
    head.e_version = EV_CURRENT;
    head.e_ehsize = sizeof head;
    head.e_phentsize = sizeof(Elf64_Phdr);
    head.e_shentsize = sizeof(Elf64_Shdr);
    head.e_phoff = sizeof head;
    head.e_phnum = static_cast<Elf64_Half>(segments.size());
    head.e_shoff = head.e_phoff + segments.size() * sizeof(Elf64_Phdr);
    std::vector<Elf64_Shdr> sections(2 + tables + notes);
    head.e_shnum = static_cast<Elf64_Half>(sections.size());
    const uint64_t names_at = head.e_shoff + sections.size() * sizeof(Elf64_Shdr),
                   symbols_at = (names_at + names.size() + 7) / 8 * 8;
    const uint64_t notes_at = symbols_at + symbols.size() * sizeof(Elf64_Sym);
    sections[1] = {0, SHT_STRTAB, 0, 0, names_at, names.size(), 0, 0, 1, 0};
    for (size_t i = 0; i < tables; ++i)
      sections[2 + i] = {0, SHT_DYNSYM,       0, 0, symbols_at, symbols.size() * sizeof(Elf64_Sym), 1, 0,
                         8, sizeof(Elf64_Sym)};
    for (size_t i = 0; i < notes; ++i)
      sections[2 + tables + i] = {0, SHT_NOTE, 0, 0, notes_at, note_text.size(), 0, 0, 4, 0};
    std::ofstream out(file, std::ios::binary);
    const auto put = [&out](const auto& bytes) {
      out.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size() * sizeof(bytes[0])));
    };
    out.write(reinterpret_cast<const char*>(&head), sizeof head);
    put(segments);
    put(sections);
    put(names);
    out.seekp(static_cast<std::streamoff>(symbols_at));
    put(symbols);
    put(note_text);
  }
};

class ElfFile : public testing::Test {
 protected:
  ElfFile() {
    char name[] = "/tmp/elf-test-XXXXXX";
    folder = mkdtemp(name);
  }
  ~ElfFile() override { fs::remove_all(folder); }
  Result<ElfFunctions> functions_of(const Crafted& crafted) {
    crafted.write(folder / "elf");
    const auto began = std::chrono::steady_clock::now();
    auto found = elf_functions(folder / "elf");
    took = std::chrono::steady_clock::now() - began;
    return found;
  }
  fs::path folder;
  std::chrono::duration<double> took{};
};

TEST_F(ElfFile, has_functions_where_its_segments_say) {
  Crafted c;
  c.code(0x401000, 0x1000, 0x1000);
  c.code(0x7000, 0x100, 0x3000);  // not in order
  c.function("first", 0x401000);
  c.function("inside", 0x401fff);
  c.function("behind", 0x402000);
  c.function("other", 0x7010);
  c.function("", 0x401010);
  const auto found = functions_of(c);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, (ElfFunctions{{"first", 0x1000}, {"inside", 0x1fff}, {"other", 0x3010}}));
}

TEST_F(ElfFile, of_this_very_test_is_read) {
  const auto found = elf_functions("/proc/self/exe");
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->contains("main"));
}

TEST_F(ElfFile, with_many_segments_and_symbols) {
  Crafted c;
  for (uint64_t i = 0; i < 60000; ++i) c.code(1 << 20, 1, 0);
  c.code(uint64_t{1} << 40, uint64_t{1} << 30, 0);
  for (uint64_t i = 0; i < 200000; ++i) c.function("f" + std::to_string(i), (uint64_t{1} << 40) + i);
  const auto found = functions_of(c);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 200000u);
  EXPECT_LT(took.count(), 20);  // it was some minutes
}

TEST_F(ElfFile, with_many_tables_of_the_same_symbols) {
  Crafted c;
  c.code(0x1000, 0x100000, 0x1000);
  for (uint64_t i = 0; i < 50000; ++i) c.function("f" + std::to_string(i), 0x1000 + i);
  c.tables = 60000;
  const auto found = functions_of(c);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 50000u);
  EXPECT_LT(took.count(), 20);
}

TEST_F(ElfFile, with_one_endless_name) {
  Crafted c;
  c.code(0x1000, 0x1000000, 0x1000);
  c.names = '\0' + std::string(8 << 20, 'a');  // and no end
  for (uint32_t i = 0; i < 300000; ++i)
    c.symbols.push_back({1 + i, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x1000 + i, 8});
  const auto found = functions_of(c);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
  EXPECT_LT(took.count(), 20);
}

TEST_F(ElfFile, with_many_notes) {
  Crafted c;
  c.code(0x1000, 0x1000, 0x1000);
  c.function("f", 0x1000);
  c.notes = 60000;
  for (int i = 0; i < 100000; ++i) c.note_text += std::string("\4\0\0\0\4\0\0\0\7\0\0\0GNU\0abcd", 20);
  const auto found = functions_of(c);
  ASSERT_TRUE(found.ok());
  EXPECT_LT(took.count(), 20);
}

TEST_F(ElfFile, that_is_none_is_refused) {
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  std::ofstream(folder / "text") << "text";
  Crafted().write(folder / "large");
  ASSERT_EQ(truncate((folder / "large").c_str(), off_t{1} << 40), 0);
  for (const char* name : {"fifo", "text", "large", "none"}) EXPECT_FALSE(elf_functions(folder / name).ok()) << name;
  EXPECT_FALSE(elf_functions("/dev/zero").ok());
}

}  // namespace
}  // namespace mirrorscope
