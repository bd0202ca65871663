# SPDX-License-Identifier: MIT
# guest.nix: what the VM sets in its NixOS, from 2013 on. A table of options, of which the ones that exist are set.
#
# It may ask `options` since none of its answers decides which options there are. mkVMOverride: the system's
# own values are its machine's, not the VM's.
{
  config,
  lib,
  options,
  cfg,
  assertions,
  vm,
  inTest, # whether it is a machine of a NixOS test, which has its own network besides eth0
  overlay, # whether the store has a layer over it
  diskModules,
  root, # { device, fsType } of /
}:

let
  option = path: lib.attrByPath path null options;
  # Does not look at the option itself, which since 15.09 may depend on what is asked here.
  hasIn =
    set: path:
    path == [ ]
    || builtins.hasAttr (builtins.head path) set
    && hasIn (builtins.getAttr (builtins.head path) set) (builtins.tail path);
  has = hasIn options;
  set = path: value: if has path then lib.setAttrByPath path value else { };

  # What the elements of an option of sets may have.
  elements =
    path:
    let
      o = option path;
    in
    if o != null && o ? type && o.type ? getSubOptions then o.type.getSubOptions [ ] else { };

  vmOnly = lib.mkVMOverride;
  # For what a test sets for its machine: that is no other machine's.
  unlessTest = value: lib.mkIf (!inTest) (vmOnly value);
  networkd = config.networking.useNetworkd or false;

  # One string until 2016. x-initrd.mount: an initramfs mounted it, and it stays until the end.
  mountOptions =
    if builtins.isList ((elements [ "fileSystems" ]).options.default or [ ]) then [ "x-initrd.mount" ] else "defaults";

  fileSystem = fs: {
    inherit (fs) device fsType;
    options = mountOptions;
    neededForBoot = true;
  };

  address = {
    address = "10.0.2.15";
    prefixLength = 24;
  };
  gateway = "10.0.2.2";
  eth0 =
    let
      has = elements [
        "networking"
        "interfaces"
      ];
    in
    if has ? ipv4 then
      { ipv4.addresses = [ address ]; }
    else if has ? ip4 then
      { ip4 = [ address ]; }
    else
      {
        ipAddress = address.address;
        inherit (address) prefixLength;
      };
in

lib.mkMerge [
  { system.build.vm = vm; }
  (set [ "assertions" ] assertions)

  # --- file systems: the VM has none of its machine's disks. The shares are not here: each run may have another one.
  { fileSystems = vmOnly (cfg.fileSystems // { "/" = fileSystem root; }); }
  (set [ "swapDevices" ] (vmOnly [ ]))
  (set [ "boot" "initrd" "luks" "devices" ] (
    vmOnly (if builtins.isList (option [ "boot" "initrd" "luks" "devices" ]).default or { } then [ ] else { })
  ))
  (set [ "boot" "initrd" "availableKernelModules" ] (
    [
      "virtio_pci"
      "virtio_net"
      "virtio_console"
      "cifs"
      "nls_iso8859-1"
    ]
    ++ diskModules
    ++ lib.optional overlay "overlay"
  ))
  (set [ "environment" "etc" ] { crypttab.enable = vmOnly false; })
  # These fail the evaluation where none of their file systems or LUKS devices is left.
  (set [ "boot" "initrd" "clevis" "enable" ] (vmOnly false))
  (set [ "services" "btrfs" "autoScrub" "enable" ] (vmOnly false))
  (set [ "boot" "zfs" "extraPools" ] (vmOnly [ ])) # each has a unit that fails without its pool
  (set [ "boot" "loader" "grub" "device" ] (vmOnly "nodev"))

  # --- an overlay on /etc: boot.json says all about it, except that it is read-only
  (set [ "boot" "kernelParams" ] (
    lib.optional (
      (config.system.etc.overlay.enable or false) && !(config.system.etc.overlay.mutable or true)
    ) "storeboot.etc=ro"
  ))

  # --- the network: stage 1 brought eth0 up, and the store comes over it. Nothing may rename it or take it down,
  # not even the shutdown.
  (set [ "networking" "useDHCP" ] ((if inTest then lib.mkDefault else vmOnly) false))
  (set [ "networking" "usePredictableInterfaceNames" ] (vmOnly false))
  (set [ "networking" "interfaces" ] (
    if inTest then { inherit eth0; } else vmOnly { inherit eth0; }
  ))
  # For networkd it is in the file below: NixOS wants an interface with it since 2022, and refused one before.
  (set [ "networking" "defaultGateway" ] (unlessTest (if networkd then null else gateway)))
  (set [ "networking" "defaultGateway6" ] (unlessTest null)) # the machine's own is by a card of the machine's
  (set [ "networking" "nameservers" ] (unlessTest [ "10.0.2.3" ]))
  (set [ "networking" "networkmanager" "unmanaged" ] [ "eth0" ])
  (set [ "networking" "wireless" "enable" ] (unlessTest false))
  (set [ "networking" "connman" "enable" ] (vmOnly false)) # until 19.03
  (set [ "services" "connman" "enable" ] (vmOnly false))
  # The first file that matches counts, by the order of their names. A hyphen sorts before a digit, so a machine's own
  # file for every card comes after these, also one that is called 00-NAME.
  (set [ "systemd" "network" "links" ] {
    "0-storeboot" = {
      matchConfig.OriginalName = "eth0";
      linkConfig.Name = "eth0"; # since Linux 6.2 udev can rename an interface that is up
    };
  })
  (set [ "systemd" "network" "networks" ] {
    "0-storeboot" = {
      matchConfig.Name = "eth0";
      address = [ "${address.address}/${toString address.prefixLength}" ];
      gateway = if inTest then [ ] else [ gateway ];
    };
  })
  (set [ "systemd" "services" ] (
    lib.mkIf (!networkd) {
      "network-addresses-eth0" = {
        # Until 23.05 the script adds the address, which stage 1 has set. It accepts the answer "File exists", and
        # newer kernels answer in other words.
        script = lib.mkBefore ''
          ip() {
            case "$1 $2" in
            "addr add")
              shift 2
              set -- addr replace "$@"
              ;;
            esac
            command ip "$@"
          }
        '';
        preStop = vmOnly "";
      };
    }
  ))
  # The machine's own bridges and the like: their cards are not in the VM, and a bridge that takes eth0 takes the store.
  (lib.mkMerge (
    map (kind: set [ "networking" kind ] (unlessTest { })) [
      "bonds"
      "bridges"
      "fooOverUDP"
      "greTunnels"
      "ipips"
      "macvlans"
      "sits"
      "vlans"
      "vswitches"
      "wlanInterfaces"
    ]
  ))

  # A test names its cards by a rule for its own initramfs, which is not used.
  (set [ "services" "udev" "extraRules" ] (
    lib.mkIf inTest (lib.attrByPath [ "boot" "initrd" "services" "udev" "rules" ] "" config)
  ))

  # --- gettys: systemd has one on each of tty1 to tty6 that is looked at, and its generator one on each serial
  # console. A module that defines serial-getty@ttyS0 (amazon-image.nix) hides the template and so its Restart=. What is
  # set for the template is a drop-in, which an instance gets, too. (In 13.10, which has no types.enum, it is not.)
  (set [ "systemd" "services" ] (
    lib.mkIf (lib.types ? enum) {
      "serial-getty@".serviceConfig.Restart = "always"; # no mkDefault: 15.09 checks what is in here unmerged
    }
  ))

  # --- what the run gives it
  (set [ "services" "qemuGuest" "enable" ] (vmOnly cfg.qemu.guestAgent.enable))
  (set [ "security" "pki" "installCACerts" ] (lib.mkIf cfg.useHostCerts false))

  # --- what does not go well with a VM
  (set [ "services" "httpd" "extraConfig" ] "EnableSendFile Off\n") # it was broken over CIFS
  (set [ "services" "timesyncd" "enable" ] (vmOnly false)) # the clock is the host's
  (set [ "services" "ntp" "enable" ] (vmOnly false))
  (set [ "services" "xserver" "videoDrivers" ] (vmOnly [ "modesetting" ]))
  (set [ "services" "xserver" "defaultDepth" ] (vmOnly 0))
  (set [ "services" "xserver" "resolutions" ] (vmOnly [ cfg.resolution ]))
  (set [ "services" "xserver" "monitorSection" ] ''
    # Enough for more than 800x600.
    HorizSync 30-140
    VertRefresh 50-160
  '')
]
