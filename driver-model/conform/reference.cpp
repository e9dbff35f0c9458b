// SPDX-License-Identifier: Apache-2.0
// The reference driver's own ways, mode by mode: driver-model/kernel/<mode>.c.
#include "driver-model/conform/reference.h"

#include <algorithm>

namespace mirrorscope::conform {

using namespace model;

namespace {
constexpr u8 device = 0, sub = 0, user = 1, ranges = 2;
Instr memory(u8 verb) { return says(Says::devmem, device, sub, writes, verb); }
Instr range_says(u8 verb) { return says(Says::svm_range, device, sub, writes, verb); }

// A program that a thread of the first scenario would run: it may begin whenever a task is in no other.
void add(Profile& p, Program program) {
  std::erase_if(p.driver.programs, [&](const Program& old) { return old.name == program.name; });
  p.driver.programs.push_back(program);
  Scenario also = p.scenarios.front();
  also.threads = {{program.name, program.name, 0, 1}};
  p.scenarios.push_back(also);
}
void replace_callback(Profile& p, Program program) {
  std::erase_if(p.driver.programs, [&](const Program& old) { return old.name == program.name; });
  p.driver.programs.push_back(std::move(program));
}

// An access or a job that finds its pages mapped (job.c, begin_faulting())
Program access() { return program("access", {dma_begin(device, "out"), label("out"), end()}); }

// A range moves by itself, when it is asked for; who finds nothing to move finalizes nothing. What is copied is said piece by piece, and holes
// are not (devmem.c, next_piece()).
std::vector<Instr> moved(std::vector<Instr> first, std::string_view setup) {
  const std::vector<Instr> rest{call(setup), if_ret(ENOENT, "nothing"), if_failed("out"),
                                maybe("moved"), label("piece"), copy_begin(), maybe("piece"), label("copied"), copy_end(), maybe("copied"),
                                label("moved"), migrate_pages(), label("nothing"), migrate_finalize(), label("out"), end()};
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}
Profile devmem(const Profile& pagemap) {
  Profile p = *profile_named("hmm_mirror");  // mirror.c, and pages that move
  p.name = pagemap.name;
  // its own page that the process may only read is given whatever was asked for (mm/hmm.c, hmm_vma_handle_pte()): once more, as nobody's
  for (Program& fault : p.driver.programs)
    for (size_t i = 0; i < fault.code.size(); ++i)
      if (fault.code[i].op == Op::if_ret && fault.code[i].b) fault.code.insert(fault.code.begin() + static_cast<std::ptrdiff_t>(++i), maybe("again"));
  add(p, program("to_device", moved({memory(MS_devmem_verb_created)}, "migrate_vma_to_device")));
  add(p, program("to_system", moved({}, "migrate_vma_to_ram")));
  add(p, program("migrate_to_ram", moved({memory(MS_devmem_verb_to_system)}, "migrate_vma_to_ram")));
  return p;
}

// drm_gpusvm looks, asks and locks out of sight; a fault is tried again from the start, and a callback meets any number of ranges (gpusvm.c). Who has
// begun to read finds the pages valid, or begins once more inside hmm_range_fault_unlocked_timeout() (7.3)
Profile gpusvm(Profile p) {
  const std::vector<Program> parts = p.driver.programs;
  for (Scenario& s : p.scenarios) std::erase_if(s.threads, [](const ThreadDef& t) { return t.program.starts_with("fault"); });
  std::erase_if(p.driver.programs, [](const Program& old) { return old.name.starts_with("fault"); });
  add(p, program("gpusvm_fault", {
      lock(ranges),
      label("next"),
      maybe("collected"), dev_unmap(device, sub), range_says(MS_svm_verb_removed), label("collected"),
      maybe("made"), sub_insert(sub), label("made"),
      label("check"), maybe("checked"), read_begin(sub), maybe("check"), range_fault(sub, reads), jump("check"), label("checked"),  // drm_gpusvm_check_pages()
      maybe("out"),  // no VMA is there
      maybe("found"), range_says(MS_svm_verb_created), jump("get pages"),
      label("found"), range_says(MS_svm_verb_found),
      label("get pages"), maybe("got pages"), read_begin(sub), maybe("get pages"), range_fault(sub, writes), jump("get pages"), label("got pages"),
      range_says(MS_svm_verb_get_pages),
      maybe("bound"),
      lock_read(user), maybe("stale"), range_says(MS_svm_verb_pages_valid), dev_map(device, sub, writes, shared_tok(0)), label("stale"), unlock(user),
      label("bound"), maybe("next"),
      label("out"), unlock(ranges), end()}));
  add(p, program("gpusvm_cleanup", {
      lock(ranges), maybe("removed"), dev_unmap(device, sub),
      label("removed"), maybe("out"), range_says(MS_svm_verb_removed), jump("removed"), label("out"), unlock(ranges), end()}));
  replace_callback(p, program("invalidate", {
      if_nonblock("refuse"),
      lock(user), set_seq(), dev_unmap(device), drain(device),
      label("range"), maybe("done"), maybe("kept"), range_says(MS_svm_verb_unmap_pages), label("kept"),
      unless_reason(MS_reason_unmap, "range"), range_says(MS_svm_verb_set_unmapped), jump("range"),
      label("done"), unlock(user), ret_true(),
      label("refuse"), ret_false()}));
  add(p, access());
  return p;
}
}  // namespace

Profile as_reference(const Profile& profile) {
  Profile p = profile;
  if (p.name == "pagemap") return devmem(profile);
  if (p.name == "gpusvm") return gpusvm(std::move(p));
  if (p.name == "odp_implicit") add(p, access());
  // a queue that meets an address without a translation stops itself, and so it does for its end (quiesce.c, quiesce_arm(), quiesce_remove())
  if (p.name == "kfd_quiesce")
    add(p, program("vm fault", {lock(user), maybe("stopped already"), says(Says::quiesce), label("stopped already"), unlock(user), end()}));
  return p;
}

}  // namespace mirrorscope::conform
