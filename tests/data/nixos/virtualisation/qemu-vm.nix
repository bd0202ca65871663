# SPDX-License-Identifier: MIT
# qemu-vm.nix: in place of NixOS's own: whatever is imported beside it that declares its options fails
{ lib, ... }:
{
  options.virtualisation.memorySize = lib.mkOption { default = 1024; };
}
