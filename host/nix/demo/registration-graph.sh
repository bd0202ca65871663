# SPDX-License-Identifier: MIT
# registration-graph.sh: keeps the file that exportReferencesGraph wrote, as it is.
# shellcheck shell=dash disable=SC2154 # out: set by the derivation

cp graph "$out"
