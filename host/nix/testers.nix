# SPDX-License-Identifier: MIT
# testers.nix: NixOS's tests with storeboot's module in every machine:
#   (import .../host/nix/testers.nix { inherit pkgs; }).runNixOSTest { name = ...; nodes = ...; testScript = ...; }
#
# The test and its driver are nixpkgs' own (nixos/lib/testing), of 24.05 and newer. `config` is the module's
# options for every machine, below `virtualisation`: { storeboot.share = "9p"; }.
{
  pkgs ? import <nixpkgs> { },
  config ? { },
}:

let
  module = {
    imports = [ ./module.nix ];
    virtualisation = config;
  };

  # Modules that a specialisation cannot leave out, as qemu-vm.nix, which this replaces. Since 2026 a test has
  # containers beside its machines, and one option for each.
  storeboot =
    { options, ... }:
    {
      _file = ./testers.nix;
      config =
        if options ? extraBaseNodeModules then
          { extraBaseNodeModules = module; }
        else
          { extraBaseModules = module; };
    };

  with' = test: {
    imports = [
      test
      storeboot
    ];
  };
in
{
  inherit storeboot;
  runNixOSTest = test: pkgs.testers.runNixOSTest (with' test);
}
