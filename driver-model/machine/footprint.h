// SPDX-License-Identifier: Apache-2.0
// Which objects an instruction touches now, and which ones a thread can still touch later: what partial-order reduction rests on.
#pragma once

#include "driver-model/machine/model.h"

namespace mirrorscope::model {

// Of the thread's next instruction, exactly at this phase.
Touch touch_next(const Model& model, const State& s, unsigned thread);
// Of everything that the thread can still do.
Touch touch_later(const Model& model, const State& s, unsigned thread);
// Fills CompiledProgram::future of every program.
void find_futures(Model& model);

}  // namespace mirrorscope::model
