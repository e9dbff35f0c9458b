// SPDX-License-Identifier: Apache-2.0
// Does a library's registration cache notice that an address leads to other memory now? What is the same for every
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli.h"

namespace lab {

// A library that writes through a device, and registers what it writes to by its own cache.
class Transport {
 public:
  virtual ~Transport() = default;
  // Registers `to`, lets the device write there what lies at `from`, gives the registration back.
  virtual void write(const char* from, char* to, std::size_t bytes) = 0;
};

struct AddressReuse {
  std::uint64_t rounds = 5, transfers = 3, bytes = 65536;
  std::string unmap = "munmap";

  void read_settings(const char* program, const char* library, int argc, char** argv);
  // Each round: transfers into a buffer, other memory at its address, transfers there. Says in how many the data did
  // not arrive.
  int run(Transport& transport) const;
};

}  // namespace lab
