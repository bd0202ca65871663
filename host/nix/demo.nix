# SPDX-License-Identifier: MIT
# demo.nix: the demo system, a closure laid out as NixOS lays out its own. Plain derivations, no
# nixpkgs, no network: what comes from the host is named on the command line (scripts/demo-system
# does that), and every builder is busybox from one of these inputs.
#
# Each input is a folder of the host, by its absolute path:
#   busybox   bin/: busybox, static, and a link for each applet; the guest's
#   builder   the same for this host, where the guest has another architecture
#   kernel    bzImage
#   modules   lib/modules/RELEASE
#   nixFiles  lib/: ld.so and the libraries; libexec/: nix, nix-store; null: no Nix in the guest
{
  busybox,
  builder ? busybox,
  kernel,
  modules,
  nixFiles ? null,
  release, # uname -r of that kernel
  system ? builtins.currentSystem, # which builds,
  guestSystem ? system, # and which boots
}:

let
  fromHost =
    name: path:
    builtins.path {
      inherit name;
      path = /. + path;
    };

  inputs = {
    busybox = fromHost "busybox" busybox;
    kernel = fromHost "linux-${release}" kernel;
    modules = fromHost "linux-modules-${release}" modules;
    builder = fromHost "busybox" builder;
  }
  // (if nixFiles == null then { } else { nixFiles = fromHost "nix-files" nixFiles; });

  # run NAME SCRIPT ENV: a derivation built by SCRIPT, with ENV in its environment.
  run =
    name: script: env:
    derivation (
      {
        inherit name system;
        inherit (inputs) busybox;
        builder = "${inputs.builder}/bin/busybox";
        args = [
          "ash"
          "-eu"
          script
        ];
        PATH = "${inputs.builder}/bin";
      }
      // env
    );

  etc = builtins.path {
    name = "etc";
    path = ./demo/etc;
  };
  nix =
    if nixFiles == null then
      null
    else
      run "nix" ./demo/nix.sh {
        inherit (inputs) nixFiles;
        inherit etc;
      };
  sw = run "system-path" ./demo/sw.sh { inherit nix; };
  stage2 = run "stage-2" ./demo/stage-2.sh {
    init = ./demo/init.sh;
    activate = ./demo/activate.sh;
  };
  toplevel = run "storeboot-demo-${release}" ./demo/toplevel.sh {
    inherit (inputs) kernel modules;
    inherit etc stage2 sw guestSystem;
    kernelParams = "loglevel=4";
  };
in
{
  inherit toplevel;

  # The closure as Nix writes it down inside a build: real input for `storeboot reginfo`.
  registration-graph = run "registration-graph" ./demo/registration-graph.sh {
    exportReferencesGraph = [
      "graph"
      toplevel
    ];
  };
}
