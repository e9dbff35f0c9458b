#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does a row with padding, a row that is no multiple of 8 bytes, or a doubled id fail to compile, in C++ and for BPF?
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# compiles SCHEMA_COPY: does it compile?
compiles() {
  c++ -std=c++20 -fsyntax-only -I"$1" "$1/schema/catalog.cpp" 2>/dev/null &&
    echo '#include "schema/events.h"' | clang -target bpf -fsyntax-only -I"$1" -x c - 2>/dev/null
}
copy() { rm -rf "$work/$1"; mkdir -p "$work/$1"; cp -r "$source/schema" "$work/$1/"; }

copy whole
compiles "$work/whole" || { echo "the schema itself does not compile"; exit 1; }
try() { # NAME ROW
  copy "$1"
  echo "$2" >> "$work/$1/schema/events.def"
  if compiles "$work/$1"; then echo "accepted: $1"; exit 1; fi
}
try padding 'EVENT(250, a_row, a_row, point, life, kernel, mm, "x", FIELD(u32, a, "x") FIELD(u64, b, "x") FIELD(u32, c, "x"))'
try no_multiple_of_8 'EVENT(250, a_row, a_row, point, life, kernel, mm, "x", FIELD(u32, a, "x"))'
try doubled_id 'EVENT(1, a_row, a_row, point, life, kernel, mm, "x", FIELD(u64, a, "x"))'
try id_out_of_range 'EVENT(256, a_row, a_row, point, life, kernel, mm, "x", FIELD(u64, a, "x"))'
