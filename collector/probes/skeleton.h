// SPDX-License-Identifier: Apache-2.0
// Where the generated skeleton meets C++: inside the namespace, because it names struct ms_cpu and struct ms_config.
#pragma once

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "bpf/shared.h"

namespace mirrorscope {
#include "mirrorscope_probes.skel.h"
}  // namespace mirrorscope
