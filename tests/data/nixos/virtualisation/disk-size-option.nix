# SPDX-License-Identifier: MIT
# disk-size-option.nix: in place of NixOS's own, which has one of qemu-vm.nix's options since 24.11, for image modules
{ lib, ... }:
{
  options.virtualisation.diskSize = lib.mkOption { default = "auto"; };
  options.virtualisation.diskSizeAutoSupported = lib.mkOption { default = true; };
}
