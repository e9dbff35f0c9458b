// SPDX-License-Identifier: Apache-2.0
// What does a registration cache look like that does everything right, and in which ways can it be told not to?
#pragma once

#include <infiniband/verbs.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "rdma/verbs.h"

namespace lab {

struct CachedMr {
  char* start = nullptr;
  std::size_t length = 0;
  unsigned users = 0;
  bool found = true;  // false: waits for its last user
  ibv_mr* mr = nullptr;
};

// Registrations by address, kept until forget() says that the addresses are given away. One thread.
class RegCache {
 public:
  explicit RegCache(const RdmaDevice& device, bool free_in_use = false) : device_(device), free_in_use_(free_in_use) {}
  RegCache(const RegCache&) = delete;
  // Deregisters everything, unless it is told to leave it.
  ~RegCache();
  void leave_everything() { leave_ = true; }

  // A registration that covers this; null: the device refused.
  CachedMr* get(char* start, std::size_t length);
  void put(CachedMr* region);
  // The hook: these addresses are about to be given away. Who uses the region meanwhile keeps it to the end.
  void forget(char* start, std::size_t length);
  // What an eviction for want of room does: drops what nobody uses.
  void shrink();

 private:
  void deregister(CachedMr& region);
  void sweep();
  const RdmaDevice& device_;
  const bool free_in_use_;
  bool leave_ = false;
  std::vector<std::unique_ptr<CachedMr>> regions_;
};

}  // namespace lab
