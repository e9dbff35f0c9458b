// SPDX-License-Identifier: Apache-2.0
// Where the reference driver (driver-model/kernel) goes another way than the profile that its mode stands for: said in the profiles' language.
#pragma once

#include "driver-model/profiles/profile.h"

namespace mirrorscope::conform {

// The profile as the reference driver's mode has it. The profile itself where they are the same.
model::Profile as_reference(const model::Profile& profile);

}  // namespace mirrorscope::conform
