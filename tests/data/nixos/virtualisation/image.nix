# SPDX-License-Identifier: MIT
# image.nix: as NixOS's image modules (amazon-image.nix) set what disk-size-option.nix declares
{ lib, ... }:
{
  virtualisation.diskSize = lib.mkOverride 1490 (4 * 1024);
  virtualisation.diskSizeAutoSupported = true;
}
