#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The questions of this folder to a recording of a real kernel: recording.sh MIRRORSCOPE TRACE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for question in tables filters recipes; do PYTHONDONTWRITEBYTECODE=1 python3 "$here/$question.py" "$@"; done
