# SPDX-License-Identifier: MIT
# module.nix: a NixOS system as a VM that storeboot boots, in place of NixOS's own qemu-vm.nix.
#
# `system.build.vm` has bin/run-NAME-vm, one call of `storeboot run`, and `system`. The options have the
# names that qemu-vm.nix gives them, of 2010 or of today; README.md, beside this file, has the table and what is
# left out. A value that no run can honour is an assertion's failure, never passed over.
#
# One file for every NixOS since 2010. What sets the guest's own options is apart: guest.nix asks which
# of them exist; guest-2010.nix cannot, for in the module system of before 2013 an answer would depend on itself.
{
  config,
  pkgs,
  options,
  lib ? pkgs.lib, # 2010 gives none
  ...
}:

let
  legacy = !(lib ? evalModules);
  cfg = config.virtualisation;
  inherit (lib) concatStringsSep optional optionals;
  inherit (lib) types;

  # 2010 merges what has no type by what it is, and has few types.
  mk =
    type: default: description:
    lib.mkOption ({ inherit default description; } // (if legacy then { } else { inherit type; }));
  enum = values: if types ? enum then types.enum values else types.str; # came with 14.04

  # A machine of a NixOS test (nixos/lib/testing/network.nix): the test connects its cards and sets their addresses.
  inTest = !legacy && options ? virtualisation.test;

  toplevel = config.system.build.toplevel;
  name =
    if !legacy && options ? system && options.system ? name then
      config.system.name
    else if config.networking.hostName == "" then
      "noname"
    else
      config.networking.hostName;

  # --- the run ----------------------------------------------------------------------------------------------

  quote = s: "'" + builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString s) + "'";
  flag = condition: words: if condition then [ words ] else [ ];
  numbered = list: builtins.genList (i: {
    n = toString i;
    value = builtins.elemAt list i;
  }) (builtins.length list);

  defaultDiskSize = if legacy then 512 else 1024;
  disk =
    if cfg.diskImage == null then
      [ "--root tmpfs" ]
    else
      [
        "--image \"\${NIX_DISK_IMAGE:-${toString cfg.diskImage}}\""
        "--disk-size ${toString (if cfg.diskSize == "auto" then defaultDiskSize else cfg.diskSize)}M"
      ];

  # How the disks are connected: the root disk's name in the guest, by its serial where SCSI's layer names disks in
  # the order in which it finds them; and the drivers.
  interfaces = {
    virtio = {
      root = "/dev/vda";
      modules = [ "virtio_blk" ];
    };
    scsi = {
      root = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_storeboot-root";
      modules = [
        "virtio_scsi"
        "sd_mod"
      ];
    };
    ide = {
      root = "/dev/disk/by-id/ata-QEMU_HARDDISK_storeboot-root";
      modules = [
        "ahci"
        "sd_mod"
      ];
    };
  };
  interface = interfaces.${cfg.qemu.diskInterface};

  words = [
    (quote toplevel)
    "--name ${quote name}"
    "--memory ${toString cfg.memorySize}M"
    "--cores ${toString cfg.cores}"
  ]
  ++ disk
  ++ map emptyDisk (numbered cfg.emptyDiskImages)
  ++ flag (cfg.qemu.diskInterface != "virtio") "--disk-interface ${cfg.qemu.diskInterface}"
  ++ [
    (if cfg.graphics then "--graphics" else "--serial")
    "--share ${share}"
  ]
  ++ flag cfg.graphics "--resolution ${toString cfg.resolution.x}x${toString cfg.resolution.y}"
  ++ flag cfg.useEFIBoot "--efi"
  ++ flag cfg.tpm.enable "--tpm"
  ++ flag cfg.useHostCerts "--host-certs"
  ++ flag cfg.qemu.guestAgent.enable "--guest-agent"
  ++ flag cfg.storeboot.cache "--cache"
  ++ flag cfg.writableStore "--writable-store=${if cfg.writableStoreUseTmpfs then "tmpfs" else "disk"}"
  ++ map (name: "--bind ${bind cfg.sharedDirectories.${name}}") (builtins.attrNames cfg.sharedDirectories)
  ++ map (id: "--load-credential ${quote "${id}:${credential id}"}") (builtins.attrNames cfg.credentials)
  ++ (
    # Nix's sandbox, where tests run, has no Nix database to ask.
    if inTest then
      [
        "--reginfo ${
          pkgs.closureInfo { rootPaths = [ toplevel ] ++ cfg.pathsInNixDB ++ cfg.additionalPaths; }
        }/registration"
      ]
    else
      map (path: "--register ${quote path}") (cfg.pathsInNixDB ++ cfg.additionalPaths)
  )
  ++ [ "--network ${if cfg.restrictNetwork then "restricted" else "open"}" ]
  ++ map (
    port: if from port == "host" then "--forward ${forward port}" else "--guest-forward ${guestForward port}"
  ) cfg.forwardPorts
  ++ map (n: "--vlan ${toString n}") ownVlans
  ++ map (console: "--append ${quote "console=${console}"}") cfg.qemu.consoles
  ++ flag (!legacy) "--reboot" # in 2010 the VM ended
  ++ flag cfg.qemu.forceAccel "--accel kvm"
  ++ map quote cfg.storeboot.options
  ++ (if builtins.isList cfg.qemu.options then cfg.qemu.options else [ cfg.qemu.options ]);

  # Nobody's VM has a card that was not asked for; a test connects the default network itself.
  ownVlans =
    if !inTest && (legacy || options.virtualisation.vlans.isDefined or (cfg.vlans != [ 1 ])) then
      cfg.vlans
    else
      [ ];

  # A size, or since 2026 a size and what QEMU is told, of which a run takes the serial.
  emptyDisk =
    { n, value }:
    let
      size = value.size or value;
      serial = value.driveConfig.deviceExtraOpts.serial or "empty${n}";
    in
    "--disk ${quote "./${name}-empty${n}.qcow2"},size=${toString size}M,serial=${serial}";
  isEmptyDisk =
    d:
    builtins.isInt d
    || builtins.isAttrs d
    && builtins.attrNames (removeAttrs d [ "driveConfig" ]) == [ "size" ]
    && builtins.attrNames (removeAttrs (d.driveConfig or { }) [ "deviceExtraOpts" ]) == [ ]
    && builtins.attrNames (removeAttrs (d.driveConfig.deviceExtraOpts or { }) [ "serial" ]) == [ ];

  credential =
    id:
    let
      text = cfg.credentials.${id}.text or null;
    in
    if text != null then pkgs.writeText id text else cfg.credentials.${id}.source;

  # As in qemu-vm.nix the source can have variables and quotes of a shell's; without quotes it needs some.
  bind =
    directory:
    let
      inherit (directory) source target;
      owner = directory.owner or null;
    in
    (if builtins.match ".*[\"'].*" source == null then "\"${source}\"" else source)
    + ":"
    + quote (target + (if owner == null then "" else ":owner=${owner}"));

  from = port: port.from or "host";
  end = e: (if e.address or "" == "" then "" else "${e.address}:") + toString e.port;

  # [ADDRESS:]PORT:[ADDRESS:]PORT[/udp], and the other way ADDRESS:PORT:[ADDRESS:]PORT
  forward = port: "${end port.host}:${end port.guest}" + (if port.proto or "tcp" == "udp" then "/udp" else "");
  guestForward = port: "${end port.guest}:${end port.host}";

  # Where nixpkgs has what a run needs it is found there, the host's own behind it.
  hostPkgs = cfg.host.pkgs;
  tools =
    optional (cfg.storeboot.package != null) cfg.storeboot.package
    ++ optional (cfg.qemu.package != null) cfg.qemu.package
    ++ optionals (hostPkgs != null) (
      builtins.concatMap (tool: optional (builtins.hasAttr tool hostPkgs) (builtins.getAttr tool hostPkgs)) [
        "samba"
        "bubblewrap"
        "virtiofsd"
        "erofs-utils"
        "swtpm"
      ]
    );

  script = ''
    #! /bin/sh
    # Boots ${name} in QEMU; more arguments are more of `storeboot run`'s, or QEMU's.
    export PATH=${concatStringsSep "" (map (tool: "${tool}/bin:${tool}/sbin:") tools)}$PATH
    exec storeboot run ${concatStringsSep " \\\n  " words} "$@"
  '';

  vm =
    pkgs.runCommand "nixos-vm"
      {
        preferLocalBuild = true;
        meta.mainProgram = "run-${name}-vm";
      }
      ''
        mkdir -p $out/bin
        ln -s ${toplevel} $out/system
        ln -s ${pkgs.writeScript "run-${name}-vm" script} $out/bin/run-${name}-vm
      '';

  # --- the root, which NixOS wants to know of -----------------------------------------------------------------

  share = if cfg.useNixStoreImage then "image" else cfg.storeboot.share;
  root = {
    device = if cfg.diskImage == null then "tmpfs" else interface.root;
    fsType = if cfg.diskImage == null then "tmpfs" else "ext3";
  };

  # --- what no run can honour ------------------------------------------------------------------------------------

  assertions =
    map
      (a: {
        assertion = !a.asked;
        message = "storeboot: ${a.what}";
      })
      [
        {
          asked = builtins.any (
            port: from port == "guest" && (port.proto or "tcp" != "tcp" || port.guest.address or "" == "")
          ) cfg.forwardPorts;
          what = "virtualisation.forwardPorts: one from the guest is TCP, and has a guest.address in 10.0.2.0/24 that nobody has";
        }
        {
          asked = cfg.qemu.networkingOptions != [ ];
          what = "virtualisation.qemu.networkingOptions: the network is storeboot's; add a second card with virtualisation.qemu.options";
        }
        {
          asked = !inTest && cfg.interfaces != { };
          what = "virtualisation.interfaces: the cards of a machine in a NixOS test; elsewhere virtualisation.vlans has numbers of networks";
        }
        {
          asked = config.testing.initrdBackdoor or false;
          what = "testing.initrdBackdoor: it is a part of NixOS's own initramfs, which is not used";
        }
        {
          asked = inTest && takesEth0 != [ ];
          what = "networking.${concatStringsSep ", networking." takesEth0}: takes eth0, and the store comes over it";
        }
        {
          asked = !builtins.hasAttr cfg.qemu.diskInterface interfaces;
          what = "virtualisation.qemu.diskInterface = \"${cfg.qemu.diskInterface}\": want virtio, scsi or ide";
        }
        {
          asked = !builtins.all isEmptyDisk cfg.emptyDiskImages;
          what = "virtualisation.emptyDiskImages: each is a size in MiB, or { size, driveConfig.deviceExtraOpts.serial }";
        }
        {
          asked = builtins.any (c: c.source or null == null && c.text or null == null) (builtins.attrValues cfg.credentials);
          what = "virtualisation.credentials: each has a source or a text";
        }
        {
          asked = builtins.any (path: builtins.hasAttr path cfg.fileSystems) [ "/" "/hostfs" "/nix/store" ];
          what = "virtualisation.fileSystems: /, /hostfs and /nix/store are what stage 1 mounts; virtualisation.diskImage and virtualisation.storeboot.share say how";
        }
        {
          asked = builtins.any (fs: fs.neededForBoot or false) (builtins.attrValues cfg.fileSystems);
          what = "virtualisation.fileSystems: neededForBoot: stage 1 mounts the root and the store alone";
        }
        {
          asked = cfg.useBootLoader;
          what = "virtualisation.useBootLoader: there is no boot loader; the kernel is booted directly, with storeboot's own initramfs";
        }
        {
          asked = cfg.useSecureBoot;
          what = "virtualisation.useSecureBoot: it is for a signed boot loader, and there is none; the kernel is booted directly";
        }
        {
          asked = cfg.storeboot.cache && share == "image";
          what = "virtualisation.storeboot.cache: the image alone is the store already; leave one of the two out";
        }
      ];

  # The bridges and bonds with eth0 in them, by their options.
  takesEth0 = builtins.concatMap (
    kind:
    let
      all = config.networking.${kind} or { };
    in
    map (n: "${kind}.${n}") (
      builtins.filter (n: builtins.elem "eth0" (map toString (all.${n}.interfaces or [ ]))) (builtins.attrNames all)
    )
  ) [ "bonds" "bridges" ];

  guest = import (if legacy then ./guest-2010.nix else ./guest.nix) {
    inherit
      config
      lib
      options
      cfg
      assertions
      vm
      root
      inTest
      ;
    overlay = cfg.writableStore || cfg.storeboot.cache;
    diskModules = interface.modules;
  };

  directory = types.submodule {
    options = {
      source = mk types.str null "The folder; text of a shell script.";
      target = mk types.str null "Where it is in the guest.";
      owner = mk (types.nullOr types.str) null ''
        UID or UID.GID: the user of the guest's that owns all of it. null: root.
      '';
    };
  };

  credentialType = types.submodule {
    options = {
      source = mk types.unspecified null "A file of the host's, read when the VM starts.";
      text = mk (types.nullOr types.str) null "What it is; it lies in the store, for all to read.";
    };
  };

  port = types.submodule {
    options =
      let
        end = {
          address = mk types.str "" "An IPv4 address.";
          port = mk types.int null "A port.";
        };
      in
      {
        from = mk types.str "host" "Where connections come from.";
        proto = mk (enum [
          "tcp"
          "udp"
        ]) "tcp" "The protocol.";
        host = end;
        guest = end;
      };
  };

  interface' = types.submodule (
    { name, ... }:
    {
      options = {
        name = mk types.str name "The card's name.";
        vlan = mk types.int null "The number of its network.";
        assignIP = mk types.bool false "Whether the test gives it an address.";
      };
    }
  );
  vlanInterfaces = builtins.listToAttrs (
    map (
      { n, value }:
      let
        name = "eth${toString (n + 1)}";
      in
      {
        inherit name;
        value = {
          inherit name;
          vlan = value;
          assignIP = true;
        };
      }
    ) (builtins.genList (n: { inherit n; value = builtins.elemAt cfg.vlans n; }) (builtins.length cfg.vlans))
  );

  networking = {
    primaryIPAddress = mk types.str "" "The machine's first address in a NixOS test.";
    primaryIPv6Address = mk types.str "" "The machine's first IPv6 address in a NixOS test.";
  };

  virtualisation = {
    memorySize = mk types.int (if legacy then 384 else 1024) "The guest's memory, in MiB.";
    cores = mk types.int 1 "The guest's processors.";
    diskSize = mk (if types ? either && types ? enum then types.either types.int (types.enum [ "auto" ]) else types.int) defaultDiskSize ''
      The root disk's size, in MiB: of a new one, or an old one grows to it. "auto" is for NixOS's image modules; a VM
      has the default then.
    '';
    diskSizeAutoSupported = mk types.bool false "What NixOS's image modules set beside diskSize; nothing here reads it.";
    diskImage = mk (types.nullOr types.str) "./${name}.qcow2" ''
      The root disk's image, made at the first run; text of a shell script. null: the root lies in memory.
    '';
    emptyDiskImages = mk (types.listOf types.unspecified) [ ] ''
      More disks, each of so many MiB, or of `size` MiB with `driveConfig.deviceExtraOpts.serial`, kept beside the root
      disk's image as NAME-emptyN.qcow2.
    '';
    credentials = mk (types.attrsOf credentialType) { } "Credentials for systemd in the guest (systemd.exec(5)).";
    fileSystems = mk (types.attrsOf types.unspecified) { } ''
      More file systems, as in NixOS's `fileSystems`, whose own the VM does not have.
    '';
    graphics = mk types.bool true "Whether QEMU has a window, or the console is the terminal.";
    resolution = mk types.unspecified {
      x = 1024;
      y = 768;
    } "The resolution of X in the guest.";
    pathsInNixDB = mk (types.listOf types.path) [ ] ''
      Store paths whose closures Nix in the guest shall know, beside the system's own.
    '';
    additionalPaths = mk (types.listOf types.path) [ ] "The same; today's name.";
    writableStore = mk types.bool (!legacy) "Whether Nix in the guest may add to the store, in a layer over the host's.";
    writableStoreUseTmpfs = mk types.bool true "Whether that layer lies in memory, or on the root disk, which keeps it.";
    useNixStoreImage = mk types.bool false "Whether the store is an image of the closure, made once and kept.";
    sharedDirectories = mk (types.attrsOf directory) { } ''
      Folders of the host's that the guest has, and may write to.
    '';
    forwardPorts = mk (types.listOf port) [ ] ''
      Ports of the host's that lead into the guest. Without an address it is one of 127.0.0.1: qemu-vm.nix opens it to
      everybody.
    '';
    restrictNetwork = mk types.bool false "Whether the guest reaches nothing but its store.";
    vlans = mk (types.listOf types.int) (if legacy || cfg.interfaces != { } then [ ] else [ 1 ]) ''
      More cards, each in the network of this number of all your VMs. The default is for NixOS's tests; elsewhere it
      adds no card.
    '';
    interfaces = mk (types.attrsOf interface') { } "Cards of a machine in a NixOS test, beside those of `vlans`.";
    allInterfaces = mk (types.attrsOf types.unspecified) (vlanInterfaces // cfg.interfaces) ''
      Those of `vlans` and `interfaces`, for NixOS's tests.
    '';
    useBootLoader = mk types.bool false "Whether a boot loader starts the guest.";
    useSecureBoot = mk types.bool false "Whether the guest's firmware starts what is signed alone.";
    useEFIBoot = mk types.bool false "Whether the guest has EFI.";
    tpm.enable = mk types.bool false "Whether the guest has a TPM 2.0.";
    useHostCerts = mk types.bool false "Whether the guest has the CA certificates of who runs it.";

    host.pkgs =
      let
        qemu = pkgs.qemu_kvm or pkgs.qemu;
        version = qemu.version or (builtins.parseDrvName qemu.name).version;
      in
      mk types.unspecified (if builtins.compareVersions version "5.2" < 0 then null else pkgs) ''
        The nixpkgs that QEMU and the file servers are from, unless it is older than storeboot can use. null: what
        PATH has.
      '';

    qemu = {
      package = mk types.unspecified (if hostPkgs == null then null else hostPkgs.qemu_kvm or hostPkgs.qemu) "QEMU; null: what PATH has.";
      options = mk (types.listOf types.str) [ ] "More arguments of QEMU; text of a shell script.";
      consoles = mk (types.listOf types.str) [ ] "More consoles for the kernel; the last one is /dev/console.";
      forceAccel = mk types.bool false "Whether the VM starts only with KVM.";
      enableSharedMemory = mk types.bool false ''
        What NixOS's tests set. A run has shared memory where its share needs it; nothing here reads this.
      '';
      guestAgent.enable = mk types.bool false "Whether there is a port for QEMU's guest agent, and the agent.";
      networkingOptions = mk (types.listOf types.str) [ ] "QEMU's network.";
      diskInterface = mk (enum [
        "virtio"
        "scsi"
        "ide"
      ]) "virtio" "How the disks are connected.";
    };

    storeboot = {
      package =
        mk types.unspecified
          (if hostPkgs == null then null else (import ./default.nix { pkgs = hostPkgs; }).storeboot)
          "storeboot; null: what PATH has.";
      share = mk types.str "cifs" "The share that brings the host's store, as for `storeboot run --share`.";
      cache = mk types.bool false "Whether an image of the closure lies over the share, which is faster.";
      options = mk (types.listOf types.str) [ ] "More arguments of `storeboot run`.";
    };
  };
in

{
  options = { inherit virtualisation; } // (if legacy then { } else { inherit networking; });
  config = guest;
}
# Who imports this wants it instead of qemu-vm.nix. There is a word for that since 17.09; lib has its release since 18.09,
# and what takes a module apart is for nobody else's use today.
// (
  if !legacy && (lib ? trivial.release || (lib.modules.unifyModuleSyntax "" "" { }) ? disabledModules) then
    {
      disabledModules = map (file: "virtualisation/${file}.nix") [
        "qemu-vm"
        # Parts of it are apart since 2024, for other modules: nspawn-container and the image modules import them.
        "credentials-options"
        "disk-size-option"
        "guest-networking-options"
      ];
    }
  else
    { }
)
