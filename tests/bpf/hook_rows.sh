#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which events does a hook's file feed from which functions? hook_rows.sh FILE prints a line "EVENT FUNCTION" for each of its programs.
set -euo pipefail
sed -nE 's/^(ENTRY|EXIT)(_SELDOM)?\(([a-z_0-9]+), *([a-zA-Z_0-9]+)\)$/\3 \4/p' "$1" | sed -E 's/__[a-z0-9_]+ / /'
