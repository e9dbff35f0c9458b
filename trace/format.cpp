// SPDX-License-Identifier: Apache-2.0
// How a checksum, a stream's file name and a uuid's text are made.
#include "trace/format.h"

#include <charconv>

#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h>  // makes XXH3_64bits take the widest vectors that the CPU has
#endif

namespace mirrorscope::trace {

uint64_t checksum_of(const void* bytes, size_t size) { return XXH3_64bits(bytes, size); }

uint64_t checksum_of(PacketHead head) {
  head.head_checksum = 0;
  return XXH3_64bits(&head, sizeof head);
}

std::string stream_name(uint16_t stream) { return stream == about_stream ? "about" : "cpu_" + std::to_string(stream); }

bool stream_named(std::string_view name, uint16_t& stream) {
  if (name == "about") {
    stream = about_stream;
    return true;
  }
  if (!name.starts_with("cpu_")) return false;
  const char* end = name.data() + name.size();
  const auto number = std::from_chars(name.data() + 4, end, stream);
  return number.ec == std::errc() && number.ptr == end && stream != about_stream && stream_name(stream) == name;
}

std::string to_text(const Uuid& uuid) {
  std::string text;
  for (size_t i = 0; i < uuid.size(); i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[uuid[i] >> 4];
    text += "0123456789abcdef"[uuid[i] & 15];
  }
  return text;
}

}  // namespace mirrorscope::trace
