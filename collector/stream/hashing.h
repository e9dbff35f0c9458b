// SPDX-License-Identifier: Apache-2.0
// How kernel addresses and page frame numbers become identities that say nothing about where the kernel lies.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "schema/events.h"

namespace mirrorscope {

// SipHash-2-4 under a key that is drawn for each recording and never stored: within one trace equal addresses have
// equal names, across traces nothing can be compared, and nobody can go back to the address.
class Hashing {
 public:
  enum class Addresses { hashed, raw };
  explicit Hashing(Addresses addresses);
  ~Hashing();
  Hashing(const Hashing&) = delete;
  Hashing& operator=(const Hashing&) = delete;

  // The name of an address: never one that looks like a kernel address, so that none in a trace is one. 0 stays 0, and
  // an error pointer stays what it is.
  uint64_t name(uint64_t address);
  // Replaces every field of type ptr or pfn in a whole record, the header's mm included. The id must be a row of
  // events.def.
  void apply(ev_header* record);

 private:
  static constexpr size_t slots = 4096;  // the same few mms, subs and ranges come again and again
  struct Known {
    uint64_t address, name;
  };
  uint64_t compute(uint64_t address) const;

  const bool raw_;
  std::array<unsigned char, 16> key_;
  std::array<Known, slots> known_{};
};

}  // namespace mirrorscope
