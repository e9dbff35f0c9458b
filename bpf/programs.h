// SPDX-License-Identifier: Apache-2.0
// Which program feeds which event from which function: read from the compiled objects by bpf/programs.sh.
#pragma once

#include <array>
#include <string_view>

namespace mirrorscope::bpf
{

struct Program {
	std::string_view event; // as in schema/events.def; of a program that feeds no trace, what its name begins with
	std::string_view file;	// "kernel/hmm", "drivers/rxe_odp", "ucache/ucx": below bpf/
	std::string_view function; // what it hangs on; empty where that is found at run time: a driver's callback
};

// Sorted by event, file, function; each once, however many programs there are of it.
inline constexpr auto programs = std::to_array<Program>({
#include "mirrorscope_probes.programs.inc"
});

} // namespace mirrorscope::bpf
