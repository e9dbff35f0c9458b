#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Debian package of mirrorscope: program, manual pages, completion, units. As root it installs what building needs (some 150 MB of
# packages, none of those that only the tests want). Ten minutes on two cores; the last lines say where the package is and how it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
./scripts/install-deps.sh build
build=build/package
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMIRRORSCOPE_TESTS=OFF > /dev/null
cmake --build "$build"
(cd "$build" && cpack -G DEB > cpack.log 2>&1) || { tail "$build/cpack.log" >&2; exit 1; }
package=$(ls -t "$build"/mirrorscope_*.deb | head -1)
echo "package: $package ($(du -h "$package" | cut -f1))"
echo "next: sudo apt install ./$package"
