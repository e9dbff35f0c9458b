// SPDX-License-Identifier: Apache-2.0
// How /proc/kallsyms becomes a table by address and by name.
#include "collector/symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace mirrorscope {

namespace {

Result<std::vector<char>> read_all(int fd) {
  if (lseek(fd, 0, SEEK_SET) < 0) return fail(errno, "cannot go back to the start of /proc/kallsyms");
  std::vector<char> text(size_t{16} << 20);
  for (size_t used = 0;;) {  // a read gives a page at most, however much is asked for
    if (used == text.size()) text.resize(2 * used);
    const ssize_t got = read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno, "cannot read /proc/kallsyms");
    used += static_cast<size_t>(got);
    if (got > 0) continue;
    text.resize(used);
    text.shrink_to_fit();
    return text;
  }
}

}  // namespace

Result<Symbols> Symbols::open() {
  Symbols symbols;
  symbols.fd_ = OwnedFd(::open("/proc/kallsyms", O_RDONLY | O_CLOEXEC));
  if (!symbols.fd_) return fail(errno, "cannot open /proc/kallsyms");
  if (auto read = symbols.refresh(); !read) return read.error();
  return symbols;
}

Result<void> Symbols::refresh() {
  auto text = read_all(fd_.get());
  if (!text) return text.error();
  parse(std::move(*text));
  return {};
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

std::optional<Symbol> Symbols::at(uint64_t address) const {
  if (!has_addresses_) return std::nullopt;
  auto next = std::upper_bound(entries_.begin(), entries_.end(), address,
                               [](uint64_t a, const Entry& entry) { return a < entry.address; });
  while (next != entries_.begin()) {
    --next;
    if (next->code) {
      // Aliases share an address: the first one in the file is the one that kernel messages use.
      while (next != entries_.begin() && (next - 1)->address == next->address && (next - 1)->code) --next;
      return symbol(*next, address);
    }
  }
  return std::nullopt;
}

std::optional<Symbol> Symbols::starting_at(uint64_t address) {
  auto found = at(address);
  if (found && found->offset == 0) return found;
  if (!refresh()) return std::nullopt;
  found = at(address);
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
