// SPDX-License-Identifier: Apache-2.0
// What does Debian's libfabric.a need to become a shared library again, one that is not stripped?
//
// Uprobes need the names of functions, and those of the MR cache are not exported (bpf/ucache/libfabric.bpf.c).
// libfabric.so.1 is stripped and its debug symbols are in another archive; the objects of the archive libfabric.a have
// them, but were compiled for a program, not for a library: they reach three variables of the C library directly. Here
// they are, beside them.
#include <dlfcn.h>
#include <netinet/in.h>

#include <cstdio>

#undef stderr

extern "C" {
extern const in6_addr in6addr_loopback;
const in6_addr in6addr_loopback = IN6ADDR_LOOPBACK_INIT;
FILE* stderr;
// The end of the heap. libfabric's brk() writes it; the C library looks it up and finds this one first, since it is
// exported under its version.
void* __curbrk;
}

namespace {
[[gnu::constructor]] void find_stderr() { stderr = *static_cast<FILE**>(dlsym(RTLD_NEXT, "stderr")); }
}  // namespace
