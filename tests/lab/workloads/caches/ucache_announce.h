// SPDX-License-Identifier: Apache-2.0
// How does a registration cache say what it does, for `mirrorscope record --ucache` (bpf/ucache/announced.bpf.c)?
//
// Functions that do nothing and that a uprobe is put on. Outside of a recording each costs a call.
#pragma once

#include <cstddef>

#define MIRRORSCOPE_ANNOUNCE(name, ...)                                                           \
  extern "C" [[gnu::noipa, gnu::used, gnu::visibility("default")]] inline void mirrorscope_ucache_##name(__VA_ARGS__) { \
    asm volatile("" ::: "memory");                                                                \
  }

// Before a region is registered; when it is, it has one user.
MIRRORSCOPE_ANNOUNCE(enter, const void* /*cache*/)
MIRRORSCOPE_ANNOUNCE(insert, const void* /*cache*/, const void* /*region*/, const void* /*start*/, std::size_t /*length*/)
MIRRORSCOPE_ANNOUNCE(hit, const void* /*cache*/, const void* /*region*/, const void* /*start*/, std::size_t /*length*/)
MIRRORSCOPE_ANNOUNCE(put, const void* /*cache*/, const void* /*region*/)
// Found no more. `freed`: and its registration is gone, which need not be said of memory that the kernel registered.
MIRRORSCOPE_ANNOUNCE(evict, const void* /*cache*/, const void* /*region*/, int /*freed*/)
// It hears that addresses are about to be given away.
MIRRORSCOPE_ANNOUNCE(event, const void* /*cache*/, const void* /*start*/, std::size_t /*length*/)
MIRRORSCOPE_ANNOUNCE(end, const void* /*cache*/)

#undef MIRRORSCOPE_ANNOUNCE
