#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# matrix.sh - the table tests/vm/matrix is whole: each value in a ci row, each pair of values in a row or excused
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

is "every pair is covered" "$(tests/lib/matrix pairs)" ""
names=$(awk '$1 == "row" { print $2 }' tests/vm/matrix)
is "each row has a name of its own" "$(sort <<<"$names" | uniq -d)" ""
is "no row has the name of a test" "$(for n in $names; do ls "tests/vm/$n.sh" 2>/dev/null; done)" ""
is "every line is of a known kind" "$(grep -vE '^(#|$|(kernel|machine|share|never|row) )' tests/vm/matrix)" ""
is "every row has a run or none, and all columns" "$(awk '$1 == "row" && !(NF == 9 || (NF == 10 && $NF == "ci"))' tests/vm/matrix)" ""
for column in 3:kernel 5:machine 8:share; do
	is "each ${column#*:} is explained" \
		"$(awk -v k="${column#*:}" -v c="${column%:*}" '$1 == k { known[$2] = 1 } $1 == "row" && !($c in known) { print $c }' tests/vm/matrix)" ""
done

# The judge can say no.
grep -vE '^row (riscv64|aarch64-6.12) ' tests/vm/matrix >"$tmp/less"
missing=$(MATRIX=$tmp/less tests/lib/matrix pairs)
is "two rows less: exit status" $? 1
has "two rows less: a value without a ci row" "$missing" '^arch=riscv64: in no ci row$'
has "two rows less: a pair in no row" "$missing" '^kernel=6.12 arch=aarch64: in no row$'
MATRIX=$tmp/less tests/lib/matrix riscv64 2>"$tmp/err"
is "no such row: exit status" $? 64

# A row that fails says why, on the page too, and how to run it again.
{
	grep -vE '^(kernel|row) ' tests/vm/matrix
	echo 'kernel none * no-such-suite'
	echo 'row broken none x86_64 q35 host host cifs new ci'
} >"$tmp/broken"
out=$(BUILD=$tmp/build MATRIX=$tmp/broken tests/lib/matrix all 2>&1)
is "a row that fails: exit status" $? 1
has "a row that fails" "$out" '^not ok 1 - broken: none x86_64 q35 '
has "a row that fails: the reason" "$out" '^# the demo system: .*no-such-suite'
has "a row that fails: again" "$out" '^# again: make check-vm ROW=broken$'
has "a row that fails: its cell on the page" "$(cat "$tmp/build/logs/matrix.html")" '<td class="bad">the demo system: .*no-such-suite'
has "what cannot be is a skip with its reason" "$out" '^ok [0-9]+ - kernel=cloud share=9p # SKIP Debian.s cloud kernels have no 9p$'
tap_end
