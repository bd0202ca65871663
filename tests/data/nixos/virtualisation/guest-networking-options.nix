# SPDX-License-Identifier: MIT
# guest-networking-options.nix: in place of NixOS's own, which has some of qemu-vm.nix's options since 2026
{ lib, ... }:
{
  options.virtualisation.vlans = lib.mkOption { default = [ 1 ]; };
}
