// SPDX-License-Identifier: Apache-2.0
// Threads that run one after the other, and what is left then: state, records, what the oracle saw.
#pragma once

#include <string>
#include <vector>

#include "driver-model/machine/compile.h"
#include "driver-model/machine/step.h"
#include "schema/catalog.h"

namespace mirrorscope::model {

// One sub over all pages whose callback only stores the sequence.
inline Parts watched() {
  Parts p;
  p.programs = {program("invalidate", {set_seq(), ret_true()})};
  p.subs = {{.lo = 0, .hi = kVas, .invalidate = "invalidate", .finish = {}}};
  p.devices = {{.sub = 0}};
  return p;
}

struct Lone {
  Model model;
  State s;
  Records records;
  Outcome out;

  explicit Lone(const Parts& parts) : model(compile(parts)), s(model.initial), out{0, &records} { settle(model, s, out); }
  // Steps of one thread, until it ends or waits; how many there were.
  unsigned run(unsigned t, unsigned most = 1000) {
    unsigned n = 0;
    for (; n < most && ready(model, s, t); ++n) step(model, s, t, 0, out);
    return n;
  }
  // Until the next instruction is of this kind.
  void run_to(unsigned t, Op op) {
    while (ready(model, s, t) && next(t) != op) step(model, s, t, 0, out);
  }
  Op next(unsigned t) const {
    const Thread& th = s.thread[t];
    const Frame& f = th.frame[th.depth - 1];
    return model.programs[f.program].code[f.pc].op;
  }
  bool over(unsigned t) const { return s.thread[t].depth == 0; }
  // "inv_start(unmap) cb_enter ...".
  std::string story() {
    std::string text;
    records.each([&](const ev_header& h) {
      if (!text.empty()) text += ' ';
      text += event_info(h.id)->name;
      if (h.id == EV_inv_start) {
        const auto& e = reinterpret_cast<const ev_inv_start&>(h);
        text += "(" + std::string(label_of(catalog::enum_reason, e.reason)) + ")";
      }
    });
    return text;
  }
};

}  // namespace mirrorscope::model
