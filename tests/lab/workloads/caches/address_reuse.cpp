// SPDX-License-Identifier: Apache-2.0
// How does an address get other memory behind it, with and without the C library being asked?
#include "caches/address_reuse.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace lab {

namespace {

constexpr int rights = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE;

char* map(char* at, std::size_t bytes) {
  // not by mmap(), whose hooks tell the cache when it is given an address
  const long got = syscall(SYS_mmap, at, bytes, rights, kind | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0L);
  if (got == -1) cannot_run(*sys_problem("mmap", errno));
  return reinterpret_cast<char*>(got);
}

}  // namespace

void AddressReuse::read_settings(const char* program, const char* library, int argc, char** argv) {
  Cli cli(program, std::string("memory comes and goes under the registration cache of ") + library,
          "Each round maps a buffer, lets the device write into it, unmaps it, maps other memory at the same address "
          "and lets the\n"
          "device write there. How it is unmapped:\n"
          "  munmap   by the C library's function, which the library's hooks know\n"
          "  syscall  by the system call itself, as an allocator with its own ways does it\n");
  cli.text("--unmap", "HOW", "one of those (default munmap)", unmap);
  cli.number("--rounds", "how many", rounds);
  cli.number("--transfers", "through each registration", transfers);
  cli.number("--bytes", "of the buffer", bytes);
  cli.parse(argc, argv);
  if (unmap != "munmap" && unmap != "syscall") cannot_run("--unmap takes munmap or syscall, not '" + unmap + "'");
}

int AddressReuse::run(Transport& transport) const {
  char* source = map(nullptr, bytes);
  std::uint64_t lost = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    char* buffer = map(nullptr, bytes);
    bool arrived = true;
    const auto transfer = [&] {
      for (std::uint64_t i = 0; i < transfers; ++i) {
        std::memset(source, static_cast<int>('a' + i), bytes);
        transport.write(source, buffer, bytes);
        arrived &= !std::memcmp(source, buffer, bytes);
      }
    };
    transfer();
    const long gone = unmap == "syscall" ? syscall(SYS_munmap, buffer, bytes) : munmap(buffer, bytes);
    if (gone) cannot_run(*sys_problem("munmap", errno));
    map(buffer, bytes);
    transfer();
    munmap(buffer, bytes);
    lost += !arrived;
  }
  std::printf("%s: %llu rounds, in %llu the data did not arrive\n", unmap.c_str(),
              static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(lost));
  return exit_ok;
}

}  // namespace lab
