// SPDX-License-Identifier: Apache-2.0
// Which ways into the kernel hold user pages while data moves, and is the data right afterwards?
#include "pins/pin_users.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace lab {

PinUser::PinUser(Arena& arena, const PinFiles& files, Tally& tally, unsigned index, unsigned users, Rng rng, Beat& beat)
    : files_(files),
      tally_(tally),
      index_(index),
      users_(users),
      rng_(rng),
      beat_(beat),
      words_(extent_words),
      direct_(tally.at("pins", "o_direct")),
      fixed_(tally.at("pins", "io_uring_fixed")),
      registered_(tally.at("pins", "io_uring_registered")),
      vmsplice_(tally.at("pins", "vmsplice")),
      process_vm_(tally.at("pins", "process_vm")),
      refused_(tally.at("pins", "refused")),
      checked_(tally.at("verify", "words")) {
  std::uint64_t file_start = 0;
  for (auto& r : arena.regions()) {
    const std::vector<Versions> fresh(r.all.len / extent_size);
    // What the files hold is unknown until the first write: zero there is "no version at all".
    places_.push_back({&r, file_start, fresh, std::vector<Versions>(fresh.size(), {0, 0}),
                       std::vector<Versions>(fresh.size(), {0, 0})});
    file_start += r.all.len;
  }
}

std::size_t PinUser::file_size(Arena& arena) {
  std::size_t n = 0;
  for (auto& r : arena.regions()) n += r.all.len;
  return n;
}

Problem PinUser::open() {
  if (pipe2(pipe_, O_CLOEXEC)) return sys_problem("making a pipe", errno);
  fcntl(pipe_[1], F_SETPIPE_SZ, int(4 * extent_size));
  return ring_.open();
}

void PinUser::run(const std::atomic<bool>& stop) {
  Watchdog::adopt(beat_);
  while (!stop) {
    const Spot s = pick();
    beat_.doing("one transfer");
    switch (rng_.below(8)) {
      case 0:
        use_fixed();
        break;
      case 1:
      case 2:
        use_vmsplice(s);
        break;
      case 3:
      case 4:
        use_process_vm(s);
        break;
      default:
        files_.direct < 0 ? use_process_vm(s) : use_direct(s);
    }
  }
  for (const int fd : pipe_) close(fd);
  beat_.done();
}

PinUser::Spot PinUser::pick() {
  Place& p = places_[rng_.below(places_.size())];
  const auto owned = (p.memory.size() - index_ + users_ - 1) / users_;
  const auto e = index_ + rng_.below(owned) * users_;
  return {
      p.region,      e, p.region->all.at + e * extent_size, p.file_start + e * extent_size, &p.memory[e], &p.direct[e],
      &p.buffered[e]};
}

// FOLL_PIN for the time of one request since 6.5 (block/bio.c: bio_iov_iter_get_pages), a plain reference before.
void PinUser::use_direct(const Spot& s) {
  if (rng_.one_in(2) || s.direct->hi == 0) {
    if (store(s)) to_file(s, *s.direct, pwrite(files_.direct, s.at, extent_size, off_t(s.file_offset)));
  } else {
    from_file(s, *s.direct, pread(files_.direct, s.at, extent_size, off_t(s.file_offset)));
  }
  direct_++;
}

// FOLL_PIN | FOLL_LONGTERM from registering to unregistering (io_uring/rsrc.c): several extents, several transfers
// each. What a disturber unmaps meanwhile stays pinned: the transfer works on pages that the process no longer sees.
void PinUser::use_fixed() {
  constexpr unsigned n = 4;
  Spot spots[n];
  iovec buffers[n];
  for (unsigned i = 0; i < n; i++) {
    spots[i] = pick();
    buffers[i] = {spots[i].at, extent_size};
  }
  beat_.doing("registering buffers");
  if (ring_.register_buffers(buffers, n)) {
    refused_++;
    return;
  }
  registered_++;
  for (unsigned i = 0; i < 4 * n; i++) {
    const unsigned which = i % n;
    const Spot& s = spots[which];
    const bool out = rng_.one_in(2) || s.buffered->hi == 0;
    beat_.doing("a transfer through a registered buffer");
    if (out && !store(s)) continue;
    const int moved = ring_.transfer(out, files_.buffered, s.at, extent_size, s.file_offset, which);
    out ? to_file(s, *s.buffered, moved) : from_file(s, *s.buffered, moved);
    fixed_++;
  }
  beat_.doing("unregistering buffers");
  ring_.unregister_buffers();
}

// References from vmsplice until the pipe is read (fs/splice.c: iter_to_pipe).
void PinUser::use_vmsplice(const Spot& s) {
  iovec from{s.at, extent_size};
  const auto in = vmsplice(pipe_[1], &from, 1, SPLICE_F_NONBLOCK);
  vmsplice_++;
  if (in <= 0) {
    refused_++;
    return;
  }
  std::size_t have = 0;
  while (have < std::size_t(in)) {
    const auto n = read(pipe_[0], reinterpret_cast<char*>(words_.data()) + have, std::size_t(in) - have);
    if (n <= 0) break;
    have += std::size_t(n);
  }
  if (have == extent_size) check(s, words_.data(), *s.memory, "vmsplice");
}

// FOLL_PIN on our own pages for the time of the copy (mm/process_vm_access.c), in both directions.
void PinUser::use_process_vm(const Spot& s) {
  process_vm_++;
  if (rng_.one_in(2) && !store(s)) return;
  if (load(s, words_.data())) check(s, words_.data(), *s.memory, "process_vm_readv");
}

// A new version into memory. false: refused, so either version may be there now.
bool PinUser::store(const Spot& s) {
  const auto version = std::uint16_t(s.memory->hi + 1 ? s.memory->hi + 1 : 1);
  s.memory->hi = version;
  stamp_fill(words_.data(), extent_words, s.region->id, s.extent * extent_words, version);
  iovec from{words_.data(), extent_size}, to{s.at, extent_size};
  if (process_vm_writev(getpid(), &from, 1, &to, 1, 0) != ssize_t(extent_size)) return refused_++, false;
  s.memory->lo = version;
  return true;
}

bool PinUser::load(const Spot& s, std::uint64_t* words) {
  iovec to{words, extent_size}, from{s.at, extent_size};
  if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == ssize_t(extent_size)) return true;
  refused_++;
  return false;
}

// After memory was written to the file: it holds what memory held, or, after a failure, nothing that could be named.
void PinUser::to_file(const Spot& s, Versions& file, long moved) {
  const bool whole = moved == long(extent_size);
  file = whole ? *s.memory : Versions{0, 0};
  if (!whole) refused_++;
}

void PinUser::from_file(const Spot& s, const Versions& file, long moved) {
  if (moved != long(extent_size)) {
    // Some of it may have arrived: only a new store makes memory certain again.
    refused_++;
    store(s);
    return;
  }
  *s.memory = file;
  if (load(s, words_.data())) check(s, words_.data(), file, "a read from the file");
}

void PinUser::check(const Spot& s, const std::uint64_t* words, Versions allowed, const char* through) {
  checked_ += extent_words;
  const auto first = s.extent * extent_words;
  const auto bad = stamp_check(words, extent_words, s.region->id, first, allowed, s.region->zone == Zone::wild);
  if (bad == extent_words) return;
  char text[240];
  std::snprintf(text, sizeof text, "region %u (zone %d) offset %#zx by %s: found %#llx, allowed versions %u..%u",
                s.region->id, int(s.region->zone), (first + bad) * 8, through,
                static_cast<unsigned long long>(words[bad]), allowed.lo, allowed.hi);
  tally_.mismatch(text);
}

}  // namespace lab
