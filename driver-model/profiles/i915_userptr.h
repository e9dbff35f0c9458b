// SPDX-License-Identifier: Apache-2.0
// What both forms of i915's userptr have in common: how a submission gets its pages, and how the object ends.
#pragma once

#include "driver-model/profiles/profile.h"

namespace mirrorscope::model::i915 {

inline constexpr u8 object = 1;  // obj->base.resv
inline constexpr u8 gpu = 0, bo = 0;
inline constexpr u8 notifier_seq = 0, page_ref = 1;
inline constexpr u8 pvec = shared_pfns(0);

// i915_gem_object_userptr_submit_init(), and its userptr_unbind()
inline Program submit_init() {
  return program("userptr_submit_init", {
      label("again"),
      at("begin", read_begin(bo)),
      lock(object),
      at("same", if_tok_differs(0, shared_tok(notifier_seq), "get pages")),
      if_no_pfns(pvec, "get pages"),
      unlock(object),
      end(),
      label("get pages"),
      at("idle", drain(gpu)),  // i915_gem_object_unbind(..., I915_GEM_OBJECT_UNBIND_ACTIVE)
      at("unbind", dev_unmap(gpu, bo)),
      at("drop", unpin(pvec)),  // put_pages() dirties, drop_ref() unpins
      set_var(page_ref, 0),
      unlock(object),
      at("pin", pin(own_pfns)),
      if_failed("fault"),
      lock(object),
      if_var(page_ref, 0, "first"),
      if_retry(bo, "collided", shared_tok(notifier_seq)),
      unlock(object),
      unpin(own_pfns, false),  // somebody else was faster
      end(),
      label("first"),
      at("check", if_retry(bo, "collided")),
      copy_pfns(own_pfns, pvec),
      at("keep", clear_pfns(own_pfns)),  // pvec = NULL
      copy_tok(0, shared_tok(notifier_seq)),
      set_var(page_ref, 1),
      unlock(object),
      end(),
      label("collided"),
      unlock(object),
      at("give back", unpin(own_pfns, false)),
      jump("again"),
      label("fault"),
      unpin(own_pfns, false),
      end(),
  });
}

// The last handle is closed: i915_gem_userptr_put_pages(), i915_gem_userptr_release()
inline Program close() {
  return program("gem_close", {
      lock(object),
      drain(gpu),
      dev_unmap(gpu, bo),
      at("dirty", unpin(pvec)),
      unlock(object),
      sub_remove(bo),
      says(Says::ctx_end, gpu),
      end(),
  });
}

}  // namespace mirrorscope::model::i915
