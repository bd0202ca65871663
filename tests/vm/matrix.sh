#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# matrix.sh - the rows of tests/vm/matrix that hold each of its values once; make check-matrix runs all rows
exec tests/lib/matrix ci
