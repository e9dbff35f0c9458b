// SPDX-License-Identifier: Apache-2.0
// Which function lives at a kernel address, and where a function lives: /proc/kallsyms, read again when modules come and go.
//
// kallsyms says where a symbol starts, not where it ends. Behind the last one of a module, or of the kernel's text, there is other memory, and code
// in it that was made since kallsyms was read: BPF programs and trampolines, those of ftrace, kprobes' copies of instructions. The kernel's text ends
// at _etext, a module where /proc/modules says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/owned_fd.h"
#include "trace/result.h"

namespace mirrorscope {

struct Symbol {
  uint64_t address;  // where it starts
  std::string name;
  std::string module;  // empty for the kernel image, "bpf" for a BPF program or trampoline
  uint64_t offset;     // of the address that was asked for
};

class Symbols {
 public:
  // Opens and reads both files. The right to see addresses is the opener's and stays with the open file, so refresh() works after privileges
  // are gone (kallsyms_show_value() looks at file->f_cred, kernel/kallsyms.c and kernel/module/procfs.c). Without the second every module is as long
  // as its last symbol needs.
  static Result<Symbols> open(const char* kallsyms = "/proc/kallsyms", const char* modules = "/proc/modules");

  // False when every address reads as 0 (kernel.kptr_restrict, or no CAP_SYSLOG).
  bool has_addresses() const { return has_addresses_; }

  // The function that contains the address; kallsyms is read again if that may be in a module that is new. Code that belongs to none is
  // "code_made_at_run_time", which starts at the address. None for an address that is not the kernel's.
  std::optional<Symbol> at(uint64_t address);
  // The function that starts exactly there; reads kallsyms again if there is none.
  std::optional<Symbol> starting_at(uint64_t address);

  // Where a function or variable of this name starts, every place if there are several (static functions).
  std::vector<Symbol> named(std::string_view name) const;
  // The only or first place of that name in the kernel image or in that module.
  std::optional<uint64_t> address_of(std::string_view name, std::string_view module = {}) const;

  Result<void> refresh();

 private:
  struct Entry {
    uint64_t address;
    uint32_t name;    // offset into text_
    uint16_t module;  // index into modules_, 0 = the kernel image
    bool code;
  };
  struct Range {
    uint64_t start = 0, end = 0;
    bool has(uint64_t address) const { return start <= address && address < end; }
  };
  Symbol symbol(const Entry& entry, uint64_t address) const;
  // The function that contains the address, as of the last refresh(): the nearest one that starts before it, if that reaches so far.
  std::optional<Symbol> containing(uint64_t address) const;
  bool reaches(const Entry& entry, uint64_t address) const;
  void learn_text();
  void read_modules();
  std::string_view name_of(const Entry& entry) const { return text_.data() + entry.name; }
  void parse(std::vector<char> text);

  OwnedFd fd_, modules_fd_;
  bool has_addresses_ = false;
  Range text_range_, init_range_;                                // of the kernel image; the second is given back after boot
  std::unordered_map<std::string, Range> module_ranges_;
  std::vector<char> text_;                                       // what was read; names are ended by 0 in place
  std::vector<std::string> modules_;                             // [0] is empty
  std::vector<Entry> entries_;                                   // by address
  std::unordered_multimap<std::string_view, uint32_t> by_name_;  // into entries_
};

}  // namespace mirrorscope
