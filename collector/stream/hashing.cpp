// SPDX-License-Identifier: Apache-2.0
// Which bytes of each record are addresses, and what they are replaced by.
#include "collector/stream/hashing.h"

#include <sodium.h>

#include <cstring>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {

constexpr bool is_identity(const FieldInfo& f) { return f.type == FieldType::ptr || f.type == FieldType::pfn; }

constexpr size_t most_identities = [] {
  size_t most = 0;
  for (const EventInfo& e : catalog::events) {
    size_t n = 1;  // header.mm
    for (const FieldInfo& f : e.fields) n += is_identity(f) ? f.count : 0;
    if (n > most) most = n;
  }
  return most;
}();

struct Offsets {
  uint8_t count = 0;
  std::array<uint16_t, most_identities> at{};
};
static_assert(most_identities < 256);

// By event id: where the identities are.
constexpr auto offsets = [] {
  std::array<Offsets, EV_LIMIT> table{};
  for (const EventInfo& e : catalog::events) {
    Offsets& o = table[e.id];
    o.at[o.count++] = offsetof(ev_header, mm);
    for (const FieldInfo& f : e.fields)
      for (uint16_t i = 0; is_identity(f) && i < f.count; ++i)
        o.at[o.count++] = static_cast<uint16_t>(f.offset + i * f.size);
  }
  return table;
}();

constexpr uint64_t lowest_error_pointer = static_cast<uint64_t>(-4095);  // include/linux/err.h: MAX_ERRNO
constexpr bool stays(uint64_t address) { return address == 0 || address >= lowest_error_pointer; }
// What a kernel address looks like to whoever reads a trace, with four levels of page tables.
constexpr bool looks_like_a_kernel_address(uint64_t value) { return value >> 48 == 0xffff; }

}  // namespace

Hashing::Hashing(Addresses addresses) : raw_(addresses == Addresses::raw) {
  static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);
  randombytes_buf(key_.data(), key_.size());
}

Hashing::~Hashing() { sodium_memzero(key_.data(), key_.size()); }

uint64_t Hashing::compute(uint64_t address) const {
  uint64_t input[2] = {address, 0};
  for (;; ++input[1]) {
    uint64_t output;
    crypto_shorthash(reinterpret_cast<unsigned char*>(&output), reinterpret_cast<const unsigned char*>(input),
                     sizeof(input), key_.data());
    if (output != 0 && !looks_like_a_kernel_address(output)) return output;  // an error pointer looks like one, too
  }
}

uint64_t Hashing::name(uint64_t address) {
  if (raw_ || stays(address)) return address;
  Known& known = known_[((address * 0x9e3779b97f4a7c15ull) >> 52) & (slots - 1)];
  if (known.address != address) known = {address, compute(address)};
  return known.name;
}

void Hashing::apply(ev_header* record) {
  if (raw_) return;
  auto* bytes = reinterpret_cast<std::byte*>(record);
  const Offsets& o = offsets[record->id];
  for (uint8_t i = 0; i < o.count; ++i) {
    uint64_t value;
    std::memcpy(&value, bytes + o.at[i], sizeof(value));
    value = name(value);
    std::memcpy(bytes + o.at[i], &value, sizeof(value));
  }
}

}  // namespace mirrorscope
