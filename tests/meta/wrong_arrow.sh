#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does a wrong arrow between layers fail configure, and a wrong #include fail to compile?
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(arrow CXX)
list(APPEND CMAKE_MODULE_PATH ${PROJECT}/cmake)
include(warnings)
include(layers)
ms_layer(trace SOURCES a.cpp USES analyzer)
CMAKE
echo > "$work/a.cpp"
if out=$(cmake -S "$work" -B "$work/build" -DPROJECT="$source" 2>&1); then
  echo "trace -> analyzer was accepted"; exit 1
fi
grep -q 'trace must not use analyzer' <<< "$(tr -s '\n ' ' ' <<< "$out")" || { echo "$out"; exit 1; }
# a source of trace/ sees schema/ and nothing of analyzer/
build=${1:?build directory}
echo '#include "schema/catalog.h"' > "$work/right.cpp"
echo '#include "analyzer/rule.h"' > "$work/wrong.cpp"
flags=(-std=c++20 -fsyntax-only -I"$build/include/trace" -I"$build/include/schema")
c++ "${flags[@]}" "$work/right.cpp"
if c++ "${flags[@]}" "$work/wrong.cpp" 2>/dev/null; then echo "trace/ can include analyzer/"; exit 1; fi
