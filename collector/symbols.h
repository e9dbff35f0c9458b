// SPDX-License-Identifier: Apache-2.0
// Which function lives at a kernel address, and where a function lives: /proc/kallsyms, read again when modules come and go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

struct Symbol {
  uint64_t address;
  std::string name;
  std::string module;   // empty for the kernel image
  uint64_t offset = 0;  // of the address that was asked for
};

class Symbols {
 public:
  // Opens /proc/kallsyms. The right to see addresses is the opener's and stays with the open file, so refresh() works after privileges
  // are gone (kallsyms_show_value() looks at file->f_cred, kernel/kallsyms.c).
  static Result<Symbols> open();
  Symbols(Symbols&&) noexcept;
  Symbols& operator=(Symbols&&) = delete;
  ~Symbols();

  // False when every address reads as 0 (kernel.kptr_restrict or no CAP_SYSLOG).
  bool has_addresses() const { return has_addresses_; }
  // The function that contains the address; reads kallsyms again if the address is in no known function and modules have changed.
  std::optional<Symbol> at(uint64_t address);
  // Where a function (or a variable) starts; nothing if there is none. Ambiguous names (static functions) give the first one and
  // say so in count().
  std::optional<uint64_t> address_of(std::string_view name, std::string_view module = {}) const;
  size_t count(std::string_view name, std::string_view module = {}) const;

  Result<void> refresh();

 private:
  explicit Symbols(int fd) : fd_(fd) {}
  struct Entry {
    uint64_t address;
    uint32_t name;    // offset into text_
    uint16_t module;  // index into modules_, 0 = kernel image
    bool code;
  };
  const Entry* find(uint64_t address) const;

  int fd_;
  bool has_addresses_ = false;
  std::string text_;                  // names, one after the other, each ended by 0
  std::vector<std::string> modules_;  // [0] is empty
  std::vector<Entry> entries_;        // sorted by address
  std::unordered_multimap<std::string_view, uint32_t> by_name_;  // into entries_
};

}  // namespace mirrorscope
