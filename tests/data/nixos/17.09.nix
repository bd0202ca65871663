# SPDX-License-Identifier: MIT
# 17.09.nix: what host/nix/module.nix meets there is as in 18.09, but for lib
import ./18.09.nix
