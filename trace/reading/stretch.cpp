// SPDX-License-Identifier: Apache-2.0
// How a Stretch moves: what is in memory already is copied, each byte is read once.
#include "trace/reading/stretch.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace mirrorscope::trace {

namespace {
constexpr size_t page = 4096;
constexpr size_t largest_kept = 4 * Stretch::most_ahead;  // a huge packet is an exception
}

Buffer::Buffer(size_t least) : size_(std::max(page, (least + page - 1) / page * page)) {
  bytes_.reset(static_cast<std::byte*>(std::aligned_alloc(page, size_)));
  if (!bytes_) throw std::bad_alloc();
}

Buffer BufferStore::take(size_t least) {
  if (free_.empty() || free_.back().size() < least) return Buffer(std::max(least, Stretch::most_ahead));
  Buffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void BufferStore::give_back(std::vector<Buffer>& buffers) {
  for (Buffer& buffer : buffers)
    if (buffer.size() <= largest_kept) free_.push_back(std::move(buffer));
  buffers.clear();
}

void Stretch::enter(std::shared_ptr<const Source> source) {
  source_ = std::move(source);
  end_ = source_->size();
  begin_ = 0;
  length_ = 0;
  error_ = 0;
  ahead_ = least_ahead;
}

std::span<const std::byte> Stretch::at(uint64_t offset, size_t least, bool as_records) {
  least = offset < end_ ? static_cast<size_t>(std::min<uint64_t>(least, end_ - offset)) : 0;
  const uint64_t here = offset - begin_;
  error_ = 0;
  if (offset < begin_ || here > length_ || length_ - here < least || (as_records && here % 8 != 0)) {
    move_to(offset, least);
    return {buffer_.data(), length_};
  }
  return {buffer_.data() + here, static_cast<size_t>(length_ - here)};
}

void Stretch::move_to(uint64_t offset, size_t least) {
  const bool overlaps = offset >= begin_ && offset < begin_ + length_;
  const std::byte* kept = overlaps ? buffer_.data() + (offset - begin_) : nullptr;
  const size_t kept_length = overlaps ? static_cast<size_t>(begin_ + length_ - offset) : 0;
  const uint64_t left = offset < end_ ? end_ - offset : 0;
  const size_t wanted = std::max(static_cast<size_t>(std::min<uint64_t>(std::max(least, ahead_), left)), kept_length);
  ahead_ = std::min(ahead_ * 4, most_ahead);

  const bool elsewhere = lent_ && store_ != nullptr;
  const bool misfit = buffer_.size() < wanted || (buffer_.size() > largest_kept && wanted <= most_ahead);
  if (elsewhere || misfit) {
    Buffer next = store_ != nullptr ? store_->take(wanted)
                                 : Buffer(std::max(wanted, static_cast<size_t>(std::min<uint64_t>(left, most_ahead))));
    if (kept_length > 0) std::memcpy(next.data(), kept, kept_length);
    std::swap(buffer_, next);
    if (elsewhere) store_->leave(std::move(next));
  } else if (kept_length > 0) {
    std::memmove(buffer_.data(), kept, kept_length);
  }
  lent_ = false;
  begin_ = offset;
  length_ = kept_length;
  if (length_ >= wanted) return;
  const uint64_t from = begin_ + length_;
  const size_t asked = wanted - length_;
  const Source::Got got = source_->read(from, {buffer_.data() + length_, asked});
  length_ += got.bytes;
  if (got.bytes == asked) return;
  if (got.error == 0) end_ = from + got.bytes;
  if (length_ < least) error_ = got.error;
}

}  // namespace mirrorscope::trace
