// SPDX-License-Identifier: Apache-2.0
// The four steps of stream_file.h.
#include "trace/writing/stream_file.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

namespace mirrorscope::trace {

namespace {

constexpr uint64_t least_growth = uint64_t{64} << 10;
constexpr uint64_t most_growth = uint64_t{1} << 20;
constexpr std::byte zeros[packet_page] = {};

constexpr uint64_t whole_pages(uint64_t bytes) { return (bytes + packet_page - 1) / packet_page * packet_page; }

// All of it, in as many calls as it takes; the bytes that are on disk when it fails are in `done`.
int write_all(int fd, const void* bytes, size_t size, uint64_t offset, uint64_t& done) {
  for (done = 0; done < size;) {
    const ssize_t n =
        pwrite(fd, static_cast<const char*>(bytes) + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    done += static_cast<uint64_t>(n);
  }
  return 0;
}

int write_all(int fd, std::vector<iovec> parts, uint64_t offset) {
  for (size_t first = 0; first < parts.size();) {
    const ssize_t n = pwritev(fd, &parts[first], static_cast<int>(parts.size() - first), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return EIO;
    offset += static_cast<uint64_t>(n);
    for (size_t left = static_cast<size_t>(n); left > 0 || (first < parts.size() && parts[first].iov_len == 0);) {
      iovec& p = parts[first];
      const size_t here = std::min(left, p.iov_len);
      p.iov_base = static_cast<char*>(p.iov_base) + here;
      p.iov_len -= here;
      left -= here;
      if (p.iov_len == 0) first++;
    }
  }
  return 0;
}

// iovec has no const; nothing is written through it here.
iovec part(const void* bytes, size_t size) { return {const_cast<void*>(bytes), size}; }

}  // namespace

Result<StreamFile> StreamFile::create(const ClaimedFolder& folder, const std::string& name, const PacketHead& before) {
  auto fd = folder.make_file(name);
  if (!fd) return fd.error();
  StreamFile file;
  file.fd_ = *std::move(fd);
  file.folder_ = folder;
  file.name_ = name;
  file.last_ = before;
  return file;
}

PacketHead StreamFile::blank(uint64_t packet_seq, uint64_t bytes) const {
  PacketHead head = last_;
  head.time_begin = head.time_end;
  head.content_bits = sizeof head * 8;
  head.packet_bits = bytes * 8;
  head.packet_seq = packet_seq;
  head.records = head.first_seq = head.last_seq = 0;
  head.records_checksum = checksum_of(nullptr, 0);
  head.head_checksum = checksum_of(head);
  return head;
}

// Steps 1 and 2. If the disk gives only a part, what it gave is kept and used later.
Result<void> StreamFile::reserve(uint64_t end) {
  const uint64_t wanted = std::max(end, reserved_ + std::clamp(reserved_, least_growth, most_growth));
  const uint64_t next = last_.packet_seq + (reserved_ > end_ ? 1 : 0);
  std::vector<std::byte> pages(wanted - reserved_);
  for (uint64_t i = 0; i * packet_page < pages.size(); i++) {
    const PacketHead head = blank(next + i, packet_page);
    std::memcpy(&pages[i * packet_page], &head, sizeof head);
  }
  uint64_t done = 0;
  const int error = write_all(fd_.get(), pages.data(), pages.size(), reserved_, done);
  const uint64_t whole = done / packet_page * packet_page;
  // A limit (RLIMIT_FSIZE, some file systems) can stop a write inside a page.
  if (whole != done && ftruncate(fd_.get(), static_cast<off_t>(reserved_ + whole)) != 0)
    return fail(errno, "cannot cut a torn page off ", path());
  if (whole > 0) {
    reserved_ += whole;
    const PacketHead room = blank(last_.packet_seq, reserved_ - end_);
    uint64_t ignored = 0;
    if (const int e = write_all(fd_.get(), &room, sizeof room, end_, ignored))
      return fail(e, "cannot write ", path());
  }
  if (reserved_ < end) return fail(error, "cannot write ", path());
  return {};
}

Result<void> StreamFile::put(PacketHead head, std::span<const std::byte> records) {
  const uint64_t content = sizeof head + records.size();
  const uint64_t end = end_ + whole_pages(content);
  if (end > reserved_)
    if (auto room = reserve(end); !room) return room;

  head.content_bits = content * 8;
  head.packet_bits = (end - end_) * 8;
  head.records_checksum = checksum_of(records.data(), records.size());
  head.head_checksum = checksum_of(head);

  const PacketHead before = last_;
  last_ = head;
  last_.packet_seq++;
  const PacketHead rest = blank(last_.packet_seq, reserved_ - end);
  std::vector<iovec> parts{part(records.data(), records.size()), part(zeros, end - end_ - content)};
  if (reserved_ > end) parts.push_back(part(&rest, sizeof rest));
  int error = write_all(fd_.get(), std::move(parts), end_ + sizeof head);
  uint64_t ignored = 0;
  if (error == 0) error = write_all(fd_.get(), &head, sizeof head, end_, ignored);
  if (error != 0) {
    last_ = before;
    return fail(error, "cannot write ", path());
  }
  end_ = end;
  return {};
}

Result<void> StreamFile::close() {
  if (!fd_) return {};
  const int cut = ftruncate(fd_.get(), static_cast<off_t>(end_)) == 0 ? 0 : errno;
  const int closed = fd_.close() == 0 ? 0 : errno;
  const bool empty = end_ == 0;
  end_ = reserved_ = 0;
  if (cut != 0 || closed != 0) return fail(cut != 0 ? cut : closed, "cannot close ", path());
  return empty ? folder_->remove_file(name_) : Result<void>{};
}

}  // namespace mirrorscope::trace
