// SPDX-License-Identifier: Apache-2.0
// Can the instruction run now, or does its thread have to wait for others?
#pragma once

#include "driver-model/machine/model.h"

namespace mirrorscope::model {

bool can_go_on(const Model& model, const State& s, unsigned thread, const Instr& in);

}  // namespace mirrorscope::model
