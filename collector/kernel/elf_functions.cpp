// SPDX-License-Identifier: Apache-2.0
// How the symbols of an ELF file are read (libelf).
#include "collector/kernel/elf_functions.h"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "trace/owned_fd.h"

namespace mirrorscope {

namespace {

// A file of somebody else's making is read here with root's power: what is done is linear in its size, and its size has a limit.
constexpr off_t largest_file = off_t{4} << 30;          // a browser with all its symbols has half of that
constexpr uint64_t largest_section = uint64_t{1} << 30;  // of names or symbols
constexpr size_t longest_name = 1024;                    // of a function that a hook could ask for
constexpr size_t most_notes = 64;
constexpr size_t longest_build_id = 64;

struct End {
  void operator()(Elf* elf) const { elf_end(elf); }
};

class Elffile {
 public:
  explicit Elffile(const std::filesystem::path& path) : fd_(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    elf_version(EV_CURRENT);
    struct stat is {};
    if (!fd_ || fstat(fd_.get(), &is) != 0 || !S_ISREG(is.st_mode) || is.st_size > largest_file) return;
    // Read and not mapped: a file that shrinks meanwhile is an error then, and no SIGBUS.
    elf_.reset(elf_begin(fd_.get(), ELF_C_READ, nullptr));
    if (elf_ && (elf_kind(elf_.get()) != ELF_K_ELF || gelf_getclass(elf_.get()) != ELFCLASS64)) elf_.reset();
  }
  explicit operator bool() const { return elf_ != nullptr; }
  Elf* get() const { return elf_.get(); }

  // Of all sections of a type the first so many.
  template <typename Visit>
  void sections(uint32_t type, size_t most, Visit visit) const {
    for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section && most > 0; section = elf_nextscn(elf_.get(), section)) {
      GElf_Shdr header;
      if (!gelf_getshdr(section, &header) || header.sh_type != type) continue;
      visit(section, header);
      --most;
    }
  }

 private:
  OwnedFd fd_;
  std::unique_ptr<Elf, End> elf_;
};

// Where in the file the code is that is mapped at an address.
class Segments {
 public:
  explicit Segments(Elf* elf) {
    size_t count = 0;
    if (elf_getphdrnum(elf, &count)) return;
    for (size_t i = 0; i < count; ++i) {
      GElf_Phdr p;
      if (!gelf_getphdr(elf, static_cast<int>(i), &p)) break;
      if (p.p_type == PT_LOAD && (p.p_flags & PF_X)) code_.push_back({p.p_vaddr, p.p_filesz, p.p_offset});
    }
    std::stable_sort(code_.begin(), code_.end(), [](const Code& a, const Code& b) { return a.address < b.address; });
  }
  std::optional<uint64_t> offset_of(uint64_t address) const {
    const auto behind = std::upper_bound(code_.begin(), code_.end(), address, [](uint64_t at, const Code& c) { return at < c.address; });
    if (behind == code_.begin()) return {};
    const Code& c = *(behind - 1);
    if (address - c.address >= c.size) return {};
    return address - c.address + c.offset;
  }

 private:
  struct Code {
    uint64_t address, size, offset;
  };
  std::vector<Code> code_;
};

// `loaded`: those of the file that is mapped; a debug file has the symbols and no text. There is one table of each kind (ELF gABI, "Sections").
void read_symbols(const Elffile& symbols, const Segments& loaded, ElfFunctions& into) {
  for (const uint32_t type : {SHT_DYNSYM, SHT_SYMTAB})
    symbols.sections(type, 1, [&](Elf_Scn* section, const GElf_Shdr& header) {
      Elf_Scn* names_section = elf_getscn(symbols.get(), header.sh_link);
      GElf_Shdr names_header;
      if (!names_section || !gelf_getshdr(names_section, &names_header)) return;
      if (header.sh_size > largest_section || names_header.sh_size > largest_section || names_header.sh_type != SHT_STRTAB) return;
      Elf_Data* data = elf_getdata(section, nullptr);
      const Elf_Data* names = elf_getdata(names_section, nullptr);
      if (!data || !names || !names->d_buf) return;
      const size_t count = data->d_size / sizeof(Elf64_Sym);
      for (size_t i = 0; i < count; ++i) {
        GElf_Sym symbol;
        if (!gelf_getsym(data, static_cast<int>(i), &symbol) || GELF_ST_TYPE(symbol.st_info) != STT_FUNC || !symbol.st_value) continue;
        if (symbol.st_name >= names->d_size) continue;
        const char* name = static_cast<const char*>(names->d_buf) + symbol.st_name;
        const size_t most = std::min(longest_name + 1, names->d_size - symbol.st_name), length = strnlen(name, most);
        if (length == 0 || length == most) continue;
        if (const auto offset = loaded.offset_of(symbol.st_value)) into.emplace(std::string(name, length), *offset);
      }
    });
}

std::filesystem::path debug_file(const Elffile& file) {
  std::string id;
  file.sections(SHT_NOTE, most_notes, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (!id.empty() || header.sh_size > largest_section) return;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Nhdr note;
    size_t name = 0, descriptor = 0, at = 0;
    for (size_t n = 0; n < most_notes && data && at < data->d_size; ++n) {
      at = gelf_getnote(data, at, &note, &name, &descriptor);
      if (!at) return;
      if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || note.n_descsz > longest_build_id) continue;
      const auto* bytes = static_cast<const unsigned char*>(data->d_buf) + descriptor;
      for (size_t i = 0; i < note.n_descsz; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        id += digits[bytes[i] >> 4];
        id += digits[bytes[i] & 15];
      }
      return;
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
  const Segments loaded(file.get());
  read_symbols(file, loaded, functions);
  if (const auto debug = debug_file(file); !debug.empty())
    if (const Elffile apart(debug); apart) read_symbols(apart, loaded, functions);
  return functions;
}

}  // namespace mirrorscope
