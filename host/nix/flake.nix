# SPDX-License-Identifier: MIT
# flake.nix: default.nix and module.nix for those who use flakes; nothing of its own.
{
  description = "storeboot: boots a system straight from the host's Nix store in QEMU";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      each =
        f:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = f (import ./default.nix { pkgs = nixpkgs.legacyPackages.${name}; });
          }) [ "x86_64-linux" "aarch64-linux" ]
        );
    in
    {
      packages = each (all: {
        default = all.storeboot;
        inherit (all) storeboot;
      });
      lib = each (all: { inherit (all) runInVm matrix tools; });
      nixosModules.default = ./module.nix;
    };
}
