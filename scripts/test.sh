#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does everything work? Installs what is needed, builds, runs every test, the ones on real kernels too. The last line counts.
#
# What takes long and rarely breaks, the label `long`, is run with --long first, on top of the others. Other arguments go to ctest:
# ./scripts/test.sh -R rules
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --long ]; then shift; else set -- -LE '^long$' "$@"; fi

./scripts/install-deps.sh
cmake --preset release > build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
rm -f build-configure.log
echo "test: building"
cmake --build --preset release -- --quiet

# kernels are fetched before the clock of any test runs
for kernel in 7.x 6.12 6.1; do
  echo "test: kernel $kernel: $(cat "$(tests/lab/kernel.sh "$kernel")/version")"
done

results=build/release/results.xml
code=0
ctest --test-dir build/release --output-on-failure --no-tests=error -j "$(nproc)" --output-junit results.xml "$@" || code=$?

# what the failed ones said, again and shortly, where somebody who sees only the end finds it; not those that wait for another that failed
failed_list=build/release/Testing/Temporary/LastTestsFailed.log
if [ "$code" != 0 ] && [ -s "$failed_list" ]; then
  while IFS=: read -r _ name; do
    awk -v name="$name" '/^[0-9]+\/[0-9]+ Testing: / { on = ($3 == name) } on' build/release/Testing/Temporary/LastTest.log > build/release/failed.txt
    grep -q '^Failed test dependencies' build/release/failed.txt && continue
    echo "== $name, the first failures and the last lines:"
    { grep -aE -A2 'Failure$|: no$|^NOT OK' build/release/failed.txt || true; } | cut -c1-240 | head -12
    echo "--"
    { grep -avE '^(-+|<end of output>|Test time =.*|Test (Passed|Failed)\.|".*)$|^$' build/release/failed.txt || true; } | tail -6 | cut -c1-240
  done < "$failed_list"
fi

[ -s "$results" ] || { echo "test: ctest left no results" >&2; exit 1; }
count() { grep -o "<testsuite [^>]*>\|$1=\"[0-9]*\"" "$results" | grep -o "^$1=\"[0-9]*\"" | head -1 | tr -dc 0-9; }
total=$(count tests) failed=$(count failures) skipped=$(count skipped) disabled=$(count disabled)
skipped=$((${skipped:-0} + ${disabled:-0}))
echo "$((total - failed - skipped)) passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && exit "$code"
exit 1
