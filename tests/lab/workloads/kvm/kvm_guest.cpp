// SPDX-License-Identifier: Apache-2.0
// What does the virtual machine of kvm_tap run, and how does it talk to its host?
#include "kvm/kvm_guest.h"

// In each pass it reads the first word of every page, compares it with what the last pass left there, and writes this
// pass's number: a page that KVM still maps after the host replaced it shows up as a wrong word, here or when the host
// looks.
asm(R"(
.pushsection .rodata
.code32
kvm_tap_guest_start:
  movl  $0x10000, %ebx          # guest_control_at
1:                              # a pass
  movl  (%ebx), %eax            # GuestControl.pass
  leal  4(%ebx), %edi           # GuestControl.ranges
2:                              # a range
  movl  (%edi), %esi
  testl %esi, %esi
  jz    6f
  movl  4(%edi), %ecx
  movl  8(%edi), %edx
3:                              # a page
  cmpl  %eax, (%esi)
  je    5f
  ja    4f                      # newer than anything written
  testl %edx, %edx
  jz    5f
4:
  outb  %al, $0x11              # port_wrong
5:
  leal  1(%eax), %ebp
  movl  %ebp, (%esi)
  addl  $4096, %esi
  cmpl  %ecx, %esi
  jb    3b
  addl  $12, %edi
  jmp   2b
6:
  incl  (%ebx)
  outb  %al, $0x10              # port_pass_done
  jmp   1b
kvm_tap_guest_end:
.code64
.popsection
)");

extern "C" const unsigned char kvm_tap_guest_start[], kvm_tap_guest_end[];

namespace lab {

static_assert(guest_control_at == 0x10000 && port_pass_done == 0x10 && port_wrong == 0x11,
              "the code above has these numbers");
static_assert(sizeof(GuestRange) == 12 && offsetof(GuestControl, ranges) == 4, "the code above has these offsets");

std::span<const unsigned char> guest_code() { return {kvm_tap_guest_start, kvm_tap_guest_end}; }

}  // namespace lab
