// SPDX-License-Identifier: Apache-2.0
// Which registers of a thread can still matter at an instruction: what is dead need not tell two states apart.
#pragma once

#include "driver-model/machine/model.h"

namespace mirrorscope::model {

// Fills CompiledProgram::live of every program.
void find_live(Model& model);

}  // namespace mirrorscope::model
