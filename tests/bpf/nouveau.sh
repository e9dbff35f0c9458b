#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the hook of nouveau attach to a nouveau with SVM? 77: nobody has built one here, which takes minutes.
set -euo pipefail
build=$1 here=$(cd "$(dirname "$0")" && pwd) lab=$(cd "$(dirname "$0")/../lab" && pwd)
module=$("$lab/nouveau.sh" --have 7.x) || exit 77
exec "$lab/guest.sh" --kernel 7.x --timeout 900 --quiet -- env BUILD="$build" bash "$here/attach.guest.sh" 7.x "$module"
