# SPDX-License-Identifier: MIT
# 13.10.nix: the same machine; what module.nix meets there is less of lib (lib.nix)
import ./15.09.nix
