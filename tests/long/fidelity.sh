#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fidelity.sh - tests/vm/fidelity.sh with nothing left out: every byte of 5 GiB, the NAR of a folder of 50,000 entries
export WHOLE=1
. tests/vm/fidelity.sh
