# SPDX-License-Identifier: MIT
# matrix.nix: kernels x shares x states of the disk, each a run of run-in-vm.nix: one attribute set, so that
#   nix-build matrix.nix -j 4
#   nix-build matrix.nix --builders @machines --max-jobs 0 --keep-going
# spread them over the cores of this machine, or over the machines that Nix knows. -A vm-KERNEL-SHARE-DISK builds one, with _ for each dot.
{
  tools, # as for run-in-vm.nix
  systems, # NAME = what is booted; a kernel is a system that has it
  shares ? [
    "cifs"
    "9p"
    "virtiofs"
    "image"
  ],
  disks ? [
    "none"
    "new"
    "used"
  ],
  command,
  more ? { }, # further arguments of run-in-vm.nix, for each of them
}:

let
  run = args: import ./run-in-vm.nix ({ inherit tools; } // more // args);

  # What begins with an empty disk leaves a used one.
  states = {
    none = args: run (args // { diskSize = null; });
    new = run;
    used =
      args:
      run (
        args
        // {
          disk = "${
            run (
              args
              // {
                name = "${args.name}-before";
                command = "true";
                keepDisk = true;
              }
            )
          }/disk.qcow2";
        }
      );
  };

  each =
    system: share: disk:
    let
      # nix-build passes over names that begin with a digit or have a dot in them, without a word.
      name = builtins.replaceStrings [ "." ] [ "_" ] "vm-${system}-${share}-${disk}";
    in
    {
      inherit name;
      value = states.${disk} {
        inherit name;
        system = systems.${system};
        inherit share command;
      };
    };

  concatMap = f: list: builtins.concatLists (map f list);
in
builtins.listToAttrs (
  concatMap (
    system: concatMap (share: map (each system share) disks) shares
  ) (builtins.attrNames systems)
)
