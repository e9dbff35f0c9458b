#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every line of README and the tutorials that explores a model do what is printed there? docs_explore.sh MIRRORSCOPE
set -uo pipefail
mirrorscope=$1
cd "$(dirname "$0")/../.." || exit 2
. tests/doc_commands.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0 lines=0
while IFS= read -r line; do
    explores "$line" || continue
    lines=$((lines + 1))
    expected=0
    [[ $line != *'# exit 1' ]] || expected=1
    code=0
    (cd "$work" && PATH=$(dirname "$mirrorscope"):$PATH bash -c "$line" >out.txt 2>&1) || code=$?
    [ $code = $expected ] || { echo "$line: exit $code"; tail -3 "$work/out.txt"; bad=1; }
done < <(commands README.md docs/tutorial-*.md)
[ $lines -gt 1 ] || { echo "only $lines lines explore"; bad=1; }
exit $bad
