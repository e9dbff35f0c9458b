// SPDX-License-Identifier: Apache-2.0
// How an option struct of libbpf is made: LIBBPF_OPTS without the GNU extensions of C that it is written with.
#pragma once

namespace mirrorscope {

// All zero but for its own size, by which libbpf knows which fields exist.
template <class Opts>
Opts libbpf_opts() {
  Opts opts{};
  opts.sz = sizeof(Opts);
  return opts;
}

}  // namespace mirrorscope
