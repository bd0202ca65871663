# SPDX-License-Identifier: MIT
# guest-2010.nix: what the VM sets in its NixOS, as the options were in 2010: Upstart, fileSystems and
# interfaces as lists, mkOverride with a template.
{
  config,
  lib,
  options,
  cfg,
  assertions,
  vm,
  overlay,
  diskModules,
  root,
  inTest, # no test of 2010 is like today's
}:

let
  vmOnly = lib.mkOverrideTemplate 50 { };
  failed = builtins.filter (a: !a.assertion) assertions;
in

{
  # No option for assertions yet.
  system.build.vm =
    if failed == [ ] then vm else throw (lib.concatStringsSep "\n" (map (a: a.message) failed));

  boot.initrd.availableKernelModules = [
    "virtio_pci"
    "virtio_net"
    "cifs"
    "nls_iso8859-1"
  ]
  ++ diskModules;

  # The shares are not here: each run may have another one.
  fileSystems = vmOnly (
    [
      {
        mountPoint = "/";
        inherit (root) device fsType;
        options = "defaults";
        neededForBoot = true;
      }
    ]
    ++ map (path: { mountPoint = path; } // builtins.getAttr path cfg.fileSystems) (
      builtins.attrNames cfg.fileSystems
    )
  );
  swapDevices = vmOnly [ ];

  # Starting DHCP would take eth0 down, and the store comes over it.
  networking = {
    useDHCP = vmOnly false;
    interfaces = vmOnly [
      {
        name = "eth0";
        ipAddress = "10.0.2.15";
        subnetMask = "255.255.255.0";
      }
    ];
    defaultGateway = vmOnly "10.0.2.2";
    nameservers = vmOnly [ "10.0.2.3" ];
    enableWLAN = vmOnly false;
  };

  services = {
    mingetty.ttys = map (n: "tty${toString n}") [
      1
      2
      3
      4
      5
      6
    ] ++ (if cfg.graphics then [ ] else [ "ttyS0" ]);
    httpd.extraConfig = "EnableSendFile Off\n"; # it is broken over CIFS
    ntp.enable = vmOnly false; # the clock is the host's
    xserver = {
      videoDriver = vmOnly null;
      videoDrivers = vmOnly [
        "cirrus"
        "vesa"
      ];
      defaultDepth = vmOnly 0;
      resolutions = vmOnly [ ];
    };
  };
}
