// SPDX-License-Identifier: Apache-2.0
// A record that outlives its packet: a copy of its bytes, shared by all who keep it.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include "schema/catalog.h"

namespace mirrorscope {

class KeptRecord {
 public:
  KeptRecord() = default;
  explicit KeptRecord(const ev_header& record)
      : words_(std::make_shared_for_overwrite<uint64_t[]>((record_sizes[record.id] + 7u) / 8)) {
    std::memcpy(words_.get(), &record, record_sizes[record.id]);
  }

  explicit operator bool() const { return words_ != nullptr; }
  // Null if nothing is kept; stays where it is as long as anybody keeps it.
  const ev_header* get() const { return reinterpret_cast<const ev_header*>(words_.get()); }
  const ev_header& operator*() const { return *get(); }
  const ev_header* operator->() const { return get(); }

 private:
  std::shared_ptr<uint64_t[]> words_;
};

}  // namespace mirrorscope
