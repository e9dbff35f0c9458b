// SPDX-License-Identifier: Apache-2.0
// Can a PCI device's memory, mapped into a process, be pinned by who may reach a peer, and by nobody else?
#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "disturb/arena.h"
#include "pins/uring.h"
#include "rdma/verbs.h"
#include "rng.h"
#include "stamp.h"
#include "tally.h"

using namespace lab;

namespace {

constexpr std::size_t bytes = 16 * page_size, words = bytes / 8, places = 64;  // of the disk, 4 MiB are used
using Word = volatile std::uint64_t;  // the memory is a device's: 8 bytes at a time, no vector instructions

struct Settings {
  std::uint64_t seconds = 0, rounds = 20, pace_us = 0, seed = 1;
  std::string disk = "/dev/nvme0n1", other, device;
  bool json = false;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli("p2p_pins", "a PCI device's memory in a process: transfers that may use it, and pins that are refused",
          "Each round maps memory of the device (/sys/bus/pci/devices/*/p2pmem/allocate: ZONE_DEVICE pages, "
          "PCI_P2PDMA) and ordinary\n"
          "memory, moves stamped data between both by O_DIRECT writes and reads of the disk, verifies it, and tries "
          "what must fail.\n"
          "Needs such memory (guest.sh --nvme-cmb 64M, then lab-modprobe nvme). The disk's content is overwritten.\n"
          "Examples:\n"
          "  p2p_pins --rounds 10 --device rxe0 --other /dev/loop0\n"
          "  p2p_pins --seconds 60 --pace 2000");
  cli.text("--disk", "PATH", "block device whose driver reaches peers (default /dev/nvme0n1)", s.disk);
  cli.text("--other", "PATH", "block device whose driver does not: O_DIRECT with peer memory must fail there", s.other);
  cli.text("--device", "NAME", "RDMA device that must refuse to register peer memory", s.device);
  cli.number("--rounds", "how often", s.rounds);
  cli.number("--seconds", "how long, instead of --rounds", s.seconds);
  cli.number("--pace", "microseconds between two rounds", s.pace_us);
  cli.number("--seed", "seed of the random choices", s.seed);
  cli.report(s.json);
  cli.parse(argc, argv);
  return s;
}

std::string find_memory() {
  glob_t found{};
  if (glob("/sys/bus/pci/devices/*/p2pmem/allocate", 0, nullptr, &found) || !found.gl_pathc)
    cannot_run(
        "p2p_pins: no PCI device here has memory to give (p2pmem/allocate); is it a 7.x kernel, and is nvme loaded?");
  std::string path = found.gl_pathv[0];
  globfree(&found);
  return path;
}

int open_disk(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
  if (fd < 0) cannot_run("p2p_pins: " + *sys_problem("opening " + path + " with O_DIRECT", errno));
  return fd;
}

class Peers {
 public:
  Peers(const Settings& s, Tally& tally)
      : tally_(tally),
        rng_(rng_for(s.seed, 0)),
        disk_(open_disk(s.disk)),
        memory_(open(find_memory().c_str(), O_RDWR | O_CLOEXEC)) {
    if (memory_ < 0) cannot_run("p2p_pins: " + *sys_problem("opening p2pmem/allocate", errno));
    if (!s.other.empty()) other_ = open_disk(s.other);
    if (!s.device.empty()) {
      if (auto p = device_.open(s.device, -1, false)) cannot_run("p2p_pins: " + *p);
      registers_ = true;
    }
    if (auto p = ring_.open()) cannot_run("p2p_pins: " + *p);
    if (pipe2(pipe_, O_CLOEXEC)) cannot_run("p2p_pins: " + *sys_problem("making a pipe", errno));
    plain_ = map(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);
    fixed_ = map(-1, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE);
  }

  void round() {
    peer_ = map(memory_, MAP_SHARED);
    there_and_back();
    refused();
    // The device's memory goes back when nothing has a reference on it (drivers/pci/p2pdma.c, p2pdma_folio_free()).
    munmap(peer_, bytes);
  }

 private:
  static char* map(int fd, int flags) {
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED)
      cannot_run("p2p_pins: " + *sys_problem(fd < 0 ? "mmap" : "mapping the device's memory", errno));
    return static_cast<char*>(at);
  }

  // FOLL_PIN | FOLL_PCI_P2PDMA: blk_queue_pci_p2pdma() is true of the disk (block/bio.c, bio_iov_iter_get_pages()),
  // whatever memory it is.
  void there_and_back() {
    const auto place = rng_.below(places);
    write_words(peer_, place);
    move("o_direct_write_peer", pwrite(disk_, peer_, bytes, at(place)));
    move("o_direct_read_memory", pread(disk_, plain_, bytes, at(place)));
    check(plain_, place, "memory");
    write_words(plain_, place);
    move("o_direct_write_memory", pwrite(disk_, plain_, bytes, at(place)));
    std::memset(plain_, 0, bytes);
    move("o_direct_read_peer", pread(disk_, peer_, bytes, at(place)));
    check(peer_, place, "peer memory");
  }

  // Who does not say FOLL_PCI_P2PDMA gets -EREMOTEIO (mm/gup.c, try_grab_folio()), and process_vm_readv() makes -EFAULT
  // of it. What pins for long never says so (is_valid_gup_args()). If it wants to write it does not come so far: the
  // mapping is of a file with page_mkwrite(), which nobody may write to for long (writable_file_mapping_allowed()).
  void refused() {
    iovec peer{peer_, bytes}, plain{plain_, bytes};
    must("io_uring_register", -ring_.register_buffers(&peer, 1), EFAULT);
    must("process_vm_readv", answer(process_vm_readv(getpid(), &plain, 1, &peer, 1, 0)), EFAULT);
    // no pin, a reference (fs/splice.c, iter_to_pipe()): get_user_pages_fast(), of which there is no record
    must("vmsplice", answer(vmsplice(pipe_[1], &peer, 1, SPLICE_F_NONBLOCK)), EREMOTEIO);
    if (other_ >= 0) must("o_direct_other_disk", answer(pwrite(other_, peer_, bytes, 0)), EREMOTEIO);
    if (registers_) {
      must("register_mr_write", registered(IBV_ACCESS_LOCAL_WRITE), EFAULT);
      must("register_mr_read", registered(0), EREMOTEIO);
    }
    // and ordinary memory may be pinned for long, and for the other disk
    iovec fixed{fixed_, bytes};
    must("io_uring_register_memory", -ring_.register_buffers(&fixed, 1), 0);
    ring_.unregister_buffers();
    if (other_ >= 0) must("o_direct_other_disk_memory", answer(pwrite(other_, fixed_, bytes, 0)), 0);
  }

  long registered(int access) {
    ibv_mr* mr = ibv_reg_mr(device_.pd(), peer_, bytes, access);
    if (!mr) return -errno;
    ibv_dereg_mr(mr);
    return 0;
  }

  static long answer(long result) { return result < 0 ? -errno : 0; }
  static off_t at(std::uint64_t place) { return off_t(place * bytes); }

  void move(const char* name, long moved) {
    tally_.at("pins", name)++;
    if (moved == long(bytes)) return;
    tally_.mismatch(std::string(name) + " moved " + std::to_string(moved) +
                    " bytes: " + (moved < 0 ? std::strerror(errno) : "too few"));
  }

  void must(const char* name, long got, int expected) {
    tally_.at(expected ? "refused" : "pins", name)++;
    if (got == -expected) return;
    tally_.mismatch(std::string(name) + " answers " + std::to_string(got) + ", not " + std::to_string(-expected));
  }

  void write_words(char* to, std::uint64_t place) {
    version_ = std::uint16_t(version_ + 1 ? version_ + 1 : 1);
    for (std::size_t i = 0; i < words; i++) reinterpret_cast<Word*>(to)[i] = stamp_word(1, place * words + i, version_);
  }

  void check(char* in, std::uint64_t place, const char* where) {
    tally_.at("verify", "words") += words;
    for (std::size_t i = 0; i < words; i++) {
      const std::uint64_t found = reinterpret_cast<Word*>(in)[i], wanted = stamp_word(1, place * words + i, version_);
      if (found == wanted) continue;
      char text[160];
      std::snprintf(text, sizeof text, "word %zu of %s: found %#llx, not %#llx", i, where,
                    static_cast<unsigned long long>(found), static_cast<unsigned long long>(wanted));
      return tally_.mismatch(text);
    }
  }

  Tally& tally_;
  Rng rng_;
  RdmaDevice device_;
  Uring ring_;
  bool registers_ = false;
  int disk_, memory_, other_ = -1, pipe_[2] = {-1, -1};
  std::uint16_t version_ = 0;
  char *peer_ = nullptr, *plain_ = nullptr, *fixed_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  Tally tally;
  tally.note("program", "p2p_pins");
  tally.note("disk", s.disk);
  Peers peers(s, tally);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(s.seconds);
  Counter& rounds = tally.at("rounds", "done");
  while (s.seconds ? std::chrono::steady_clock::now() < end : rounds < s.rounds) {
    peers.round();
    rounds++;
    if (s.pace_us) usleep(useconds_t(s.pace_us));
  }
  tally.print(s.json);
  return tally.mismatches() ? exit_wrong : exit_ok;
}
