# SPDX-License-Identifier: MIT
# eval.nix: host/nix/module.nix evaluated with a machine of one of the years; a configuration on top
{
  era, # 2010, 13.10, 15.09, 17.09, 18.09 or today
  configuration ? { },
  toplevel ? "/nix/store/00000000000000000000000000000000-nixos-system-orb",
  busybox ? null, # bin/: for what is to be built
  registration ? null, # a file, in place of what nixpkgs makes of a closure
}:

let
  standIn = import ./lib.nix;
  lib = if era == "2010" then standIn.old else standIn.new era;

  # What module.nix takes from nixpkgs.
  run =
    name: env: script:
    derivation (
      (removeAttrs env [ "meta" ])
      // {
        inherit name;
        system = builtins.currentSystem;
        builder = "${busybox}/bin/busybox";
        args = [
          "ash"
          "-euc"
          script
        ];
        PATH = "${busybox}/bin";
        buildCommand = script; # to look at
      }
    );
  pkgs = {
    inherit lib;
    qemu_kvm = {
      name = "qemu-kvm-0.12.4";
    };
    runCommand = run;
    # Made by storeboot from the host's database, where it is to be built.
    closureInfo =
      { rootPaths }:
      if busybox == null then
        "/closure-of-${toString (builtins.length rootPaths)}"
      else
        run "closure-info" { inherit registration; } "mkdir $out; cp $registration $out/registration";
    writeText = builtins.toFile;
    writeScript =
      name: text:
      if busybox == null then
        text
      else
        run name { inherit text; passAsFile = [ "text" ]; } "cp \"$textPath\" $out; chmod +x $out";
  };
  system.system.build.toplevel = toplevel;
in

standIn.evaluate [
  ../../../host/nix/module.nix
  (./. + "/${era}.nix")
  system
  configuration
] ({ inherit pkgs; } // (if era == "2010" then { } else { inherit lib; }))
