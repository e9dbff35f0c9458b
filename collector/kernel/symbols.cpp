// SPDX-License-Identifier: Apache-2.0
// How /proc/kallsyms becomes a table by address and by name.
#include "collector/kernel/symbols.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "collector/kernel/read_again.h"

namespace mirrorscope {

namespace {

// The top half of the address space, and none of the error pointers.
bool of_the_kernel(uint64_t address) { return address >> 63 && address < static_cast<uint64_t>(-4095); }

// Where nobody says how long it is: BPF programs, and modules without /proc/modules.
constexpr uint64_t kLongest = 64 << 10;

}  // namespace

Result<Symbols> Symbols::open(const char* kallsyms, const char* modules) {
  Symbols symbols;
  symbols.fd_ = OwnedFd(::open(kallsyms, O_RDONLY | O_CLOEXEC));
  if (!symbols.fd_) return fail(errno, "cannot open ", kallsyms);
  symbols.modules_fd_ = OwnedFd(::open(modules, O_RDONLY | O_CLOEXEC));
  if (auto read = symbols.refresh(); !read) return read.error();
  return symbols;
}

Result<void> Symbols::refresh() {
  auto text = read_again(fd_.get(), size_t{16} << 20);
  if (!text) return Error{"/proc/kallsyms: " + text.error().message, text.error().code};
  parse(std::move(*text));
  learn_text();
  read_modules();
  return {};
}

void Symbols::learn_text() {
  const auto from_to = [this](std::string_view start, std::string_view end) {
    return Range{address_of(start).value_or(0), address_of(end).value_or(0)};
  };
  text_range_ = from_to("_stext", "_etext");
  init_range_ = from_to("_sinittext", "_einittext");
}

// "rdma_rxe 200704 0 - Live 0xffffffffc0a01000 (OE)": the size is that of all its memory, the address that of its text, so that the end may be too
// late (kernel/module/procfs.c, m_show()).
void Symbols::read_modules() {
  module_ranges_.clear();
  if (!modules_fd_) return;
  const auto text = read_again(modules_fd_.get(), size_t{16} << 10);
  if (!text) return;
  std::istringstream lines(std::string(text->begin(), text->end()));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name, uses, users, state;
    uint64_t size = 0, start = 0;
    if (fields >> name >> size >> uses >> users >> state >> std::hex >> start && start) module_ranges_[name] = {start, start + size};
  }
}

// "ffffffff81000000 T _stext" or "ffffffffc0a01000 t rxe_init\t[rdma_rxe]"
void Symbols::parse(std::vector<char> text) {
  text.push_back('\n');
  text_ = std::move(text);
  modules_.assign(1, "");
  entries_.clear();
  by_name_.clear();
  has_addresses_ = false;

  for (char *line = text_.data(), *end = line + text_.size(); line < end;) {
    char* eol = static_cast<char*>(memchr(line, '\n', static_cast<size_t>(end - line)));
    if (!eol) break;
    *eol = 0;
    uint64_t address = 0;
    const auto number = std::from_chars(line, eol, address, 16);
    char* name = const_cast<char*>(number.ptr) + 3;  // " T "
    if (number.ec == std::errc{} && name < eol) {
      const char type = name[-2];
      uint16_t module = 0;
      if (char* tab = static_cast<char*>(memchr(name, '\t', static_cast<size_t>(eol - name))); tab) {
        *tab = 0;
        const std::string_view in_brackets(tab + 2, static_cast<size_t>(eol - tab - 3));
        if (modules_.back() != in_brackets) {
          const auto known = std::find(modules_.begin() + 1, modules_.end(), in_brackets);
          module = static_cast<uint16_t>(known - modules_.begin());
          if (known == modules_.end()) modules_.emplace_back(in_brackets);
        } else {
          module = static_cast<uint16_t>(modules_.size() - 1);
        }
      }
      has_addresses_ |= address != 0;
      const bool code = type == 't' || type == 'T' || type == 'w' || type == 'W';
      entries_.push_back({address, static_cast<uint32_t>(name - text_.data()), module, code});
    }
    line = eol + 1;
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.address < b.address; });
  by_name_.reserve(entries_.size());
  for (uint32_t i = 0; i < entries_.size(); ++i) by_name_.emplace(name_of(entries_[i]), i);
}

Symbol Symbols::symbol(const Entry& entry, uint64_t address) const {
  return {entry.address, std::string(name_of(entry)), modules_[entry.module], address - entry.address};
}

bool Symbols::reaches(const Entry& entry, uint64_t address) const {
  if (entry.module == 0) return !text_range_.end || text_range_.has(address) || init_range_.has(address);
  const auto module = module_ranges_.find(modules_[entry.module]);
  return module == module_ranges_.end() ? address - entry.address < kLongest : module->second.has(address);
}

std::optional<Symbol> Symbols::at(uint64_t address) {
  if (!has_addresses_) return std::nullopt;
  if (auto found = containing(address)) return found;
  if (!of_the_kernel(address)) return std::nullopt;
  const auto in_a_module = [&] {
    return std::any_of(module_ranges_.begin(), module_ranges_.end(), [&](const auto& m) { return m.second.has(address); });
  };
  if (!in_a_module()) {
    read_modules();
    if (in_a_module() && refresh())
      if (auto found = containing(address)) return found;
  }
  return Symbol{address, "code_made_at_run_time", "", 0};
}

std::optional<Symbol> Symbols::containing(uint64_t address) const {
  if (!has_addresses_) return std::nullopt;
  auto next = std::upper_bound(entries_.begin(), entries_.end(), address,
                               [](uint64_t a, const Entry& entry) { return a < entry.address; });
  while (next != entries_.begin()) {
    --next;
    if (next->code) {
      // Aliases share an address: the first one in the file is the one that kernel messages use.
      while (next != entries_.begin() && (next - 1)->address == next->address && (next - 1)->code) --next;
      return reaches(*next, address) ? std::optional(symbol(*next, address)) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::optional<Symbol> Symbols::starting_at(uint64_t address) {
  auto found = containing(address);
  if (found && found->offset == 0) return found;
  if (!refresh()) return std::nullopt;
  found = containing(address);
  if (found && found->offset == 0) return found;
  return std::nullopt;
}

std::vector<Symbol> Symbols::named(std::string_view name) const {
  std::vector<Symbol> found;
  const auto [first, last] = by_name_.equal_range(name);
  for (auto it = first; it != last; ++it) found.push_back(symbol(entries_[it->second], entries_[it->second].address));
  return found;
}

std::optional<uint64_t> Symbols::address_of(std::string_view name, std::string_view module) const {
  if (!has_addresses_) return std::nullopt;
  for (const Symbol& place : named(name))
    if (place.module == module) return place.address;
  return std::nullopt;
}

}  // namespace mirrorscope
