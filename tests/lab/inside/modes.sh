#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# In the guest, before the reference driver is loaded: which of its modes does this kernel have? What they need is loaded.
set -euo pipefail
modes="mirror implicit registration fence quiesce pinned"
case $(uname -r) in
  7.*) lab-modprobe drm_gpusvm_helper >&2
       modes+=" devmem gpusvm" ;;
esac
echo "$modes"
