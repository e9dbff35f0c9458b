// SPDX-License-Identifier: Apache-2.0
// How the symbols of an ELF file are read (libelf).
#include "collector/elf_functions.h"

#include <fcntl.h>
#include <gelf.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <vector>

#include "collector/owned_fd.h"

namespace mirrorscope {

namespace {

struct End {
  void operator()(Elf* elf) const { elf_end(elf); }
};

class Elffile {
 public:
  explicit Elffile(const std::filesystem::path& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    elf_version(EV_CURRENT);
    if (fd_) elf_.reset(elf_begin(fd_.get(), ELF_C_READ_MMAP, nullptr));
    if (elf_ && (elf_kind(elf_.get()) != ELF_K_ELF || gelf_getclass(elf_.get()) != ELFCLASS64)) elf_.reset();
  }
  explicit operator bool() const { return elf_ != nullptr; }
  Elf* get() const { return elf_.get(); }

  template <typename Visit>
  void each_section(uint32_t type, Visit visit) const {
    for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section; section = elf_nextscn(elf_.get(), section)) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) && header.sh_type == type) visit(section, header);
    }
  }

 private:
  OwnedFd fd_;
  std::unique_ptr<Elf, End> elf_;
};

// Offset in the file of an address at which it is mapped.
std::optional<uint64_t> offset_of(Elf* elf, uint64_t address) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count)) return {};
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr p;
    if (!gelf_getphdr(elf, static_cast<int>(i), &p) || p.p_type != PT_LOAD || !(p.p_flags & PF_X)) continue;
    if (address >= p.p_vaddr && address < p.p_vaddr + p.p_filesz) return address - p.p_vaddr + p.p_offset;
  }
  return {};
}

// `loaded`: the file that is mapped, whose segments count; a debug file has the symbols and no text.
void read_symbols(const Elffile& symbols, Elf* loaded, ElfFunctions& into) {
  for (const uint32_t type : {SHT_DYNSYM, SHT_SYMTAB})
    symbols.each_section(type, [&](Elf_Scn* section, const GElf_Shdr& header) {
      Elf_Data* data = elf_getdata(section, nullptr);
      if (!data || !header.sh_entsize) return;
      for (size_t i = 0; i < header.sh_size / header.sh_entsize; ++i) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, static_cast<int>(i), &symbol) || GELF_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_value) continue;
        const char* name = elf_strptr(symbols.get(), header.sh_link, symbol.st_name);
        if (!name || !*name) continue;
        if (const auto offset = offset_of(loaded, symbol.st_value)) into.emplace(name, *offset);
      }
    });
}

std::filesystem::path debug_file(const Elffile& file) {
  std::string id;
  file.each_section(SHT_NOTE, [&](Elf_Scn* section, const GElf_Shdr&) {
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Nhdr note;
    size_t name = 0, descriptor = 0;
    for (size_t at = 0; data && at < data->d_size;) {
      at = gelf_getnote(data, at, &note, &name, &descriptor);
      if (!at) return;
      if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4) continue;
      const auto* bytes = static_cast<const unsigned char*>(data->d_buf) + descriptor;
      for (size_t i = 0; i < note.n_descsz; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        id += digits[bytes[i] >> 4];
        id += digits[bytes[i] & 15];
      }
    }
  });
  if (id.size() < 4) return {};
  return "/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
}

}  // namespace

Result<ElfFunctions> elf_functions(const std::filesystem::path& path) {
  const Elffile file(path);
  if (!file) return fail(errno, path.string(), " is no program or library of this machine");
  ElfFunctions functions;
  read_symbols(file, file.get(), functions);
  if (const auto debug = debug_file(file); !debug.empty())
    if (const Elffile apart(debug); apart) read_symbols(apart, file.get(), functions);
  return functions;
}

}  // namespace mirrorscope
