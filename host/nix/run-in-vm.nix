# SPDX-License-Identifier: MIT
# run-in-vm.nix: a derivation that boots a system in QEMU, inside Nix's build sandbox, and runs a command in it.
#
# It succeeds if the command does; a command that fails has the console in the build's log. $out holds what the
# command left in its own $out, a folder that is there; and
#   stdout          what it wrote there; that is in the build's log as well, and its stderr only there
#   console.log     what the guest said on its console
#   events.json     all that happened, each step of the boot with its microseconds
#   timings.svg     the same as a drawing
#   disk.qcow2      with keepDisk: the guest's disk as the run left it
#
# The guest's store is the sandbox's own: what this derivation depends on, and nothing else. So what the command
# shall find there is named in it, as ever in Nix. Plain derivations: nothing here is of nixpkgs.
{
  # The programs: store paths with storeboot, QEMU, its qemu-img, what the share needs (smbd and bwrap
  # for cifs), and sh, cat, chmod, cp, mkdir, tee and GNU's tar in their bin: busybox's reads on behind an archive.
  tools,
  system, # what is booted: a NixOS toplevel, or another folder that `storeboot run` takes
  command, # text for the guest's sh
  name ? "vm-run",
  memory ? "384M",
  cores ? 1,
  share ? "cifs", # the share, as for `storeboot run --share`
  diskSize ? "512M", # of the guest's disk; null: it has none, and its root lies in memory
  disk ? null, # an image that the disk begins as: another run's disk.qcow2
  keepDisk ? false,
  outSize ? "16G", # what the command's $out may hold at most; only what is used is taken
  register ? true, # tell the guest's Nix of the closures of system and command; it must have one
  kvm ? false, # build on machines with the system feature kvm alone. Without it KVM is used where it is there
  options ? [ ], # more of storeboot's: [ "--timeout" "600" "--no-stage2" ]
  platform ? builtins.currentSystem, # of the machine that runs it
}:

let
  all = if builtins.isList tools then tools else [ tools ];
  shell = "${builtins.head all}/bin/sh";

  run =
    label: script: words: env:
    derivation (
      {
        name = label;
        system = platform;
        builder = shell;
        args = [
          "-eu"
          script
        ]
        ++ words;
        tools = all;
      }
      // env
    );

  # A store path of its own, so that what the text refers to is in its closure.
  script = run "${name}-command" ./run-in-vm/command.sh [ ] {
    inherit command;
    guest = ./run-in-vm/guest.sh;
  };

  # Nix's database is not to be seen in there, so this is made of the files; once for each closure.
  registration =
    path:
    run "registration" ./run-in-vm/registration.sh [ ] {
      exportReferencesGraph = [
        "graph"
        path
      ];
    };
in
run name ./run-in-vm/builder.sh
  (
    [
      "${system}"
      "--memory"
      memory
      "--cores"
      (toString cores)
      "--share"
      share
      "--disk"
      "xchg,size=${outSize},serial=xchg,raw"
    ]
    ++ (
      if diskSize == null then
        [
          "--root"
          "tmpfs"
        ]
      else
        [
          "--image"
          "disk.qcow2"
          "--disk-size"
          diskSize
        ]
    )
    ++ (
      if register then
        [ ]
      else
        [
          "--append"
          "regInfo="
        ]
    )
    ++ options
  )
  {
    inherit script;
    # The launcher wants to know the closure in each case: that is what an image is made of.
    registrations = [
      (registration system)
      (registration script)
    ];
    disk = if disk == null then "" else "${disk}";
    inherit keepDisk;
    requiredSystemFeatures = if kvm then [ "kvm" ] else [ ];
  }
