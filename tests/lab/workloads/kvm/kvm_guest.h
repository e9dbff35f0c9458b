// SPDX-License-Identifier: Apache-2.0
// What does the virtual machine of kvm_tap run, and how does it talk to its host?
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lab {

// Everything below is 32 bits: the guest runs in protected mode without paging.
struct GuestRange {
  std::uint32_t start, end;
  std::uint32_t exact;  // 1: every page must hold the number of the pass before; 0: that or less, as zero
};

struct GuestControl {
  std::uint32_t pass;     // finished passes over all ranges
  GuestRange ranges[16];  // ended by one that starts at 0
};

constexpr std::uint32_t guest_control_at = 0x10000, guest_code_at = 0x11000;
constexpr std::size_t guest_control_size = 0x2000;

// One byte out to these ports is all the guest ever says.
constexpr std::uint16_t port_pass_done = 0x10;
constexpr std::uint16_t port_wrong = 0x11;  // esi: address of the page, eax: the pass it should know

std::span<const unsigned char> guest_code();

}  // namespace lab
