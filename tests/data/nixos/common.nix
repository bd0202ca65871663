# SPDX-License-Identifier: MIT
# common.nix: what 15.09.nix, 18.09.nix and today.nix have in common. mountOptions: the option for a file system's;
# interface: the options of a network card; more:
# modules that are imported beside qemu-vm.nix.
{ mountOptions, interface, more ? [ ] }:
{ lib, ... }:
let
  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  list = option (types.listOf types.unspecified) [ ];
  flag = option types.bool false;
  sets = option (types.attrsOf types.unspecified) { };
in
{
  # As nixos/default.nix and vmVariant do.
  imports =
    if lib.modules.unifyModuleSyntax "" "" { } ? disabledModules then [ ./virtualisation/qemu-vm.nix ] ++ more else [ ];
  options = {
    assertions = list;
    boot.initrd.availableKernelModules = list;
    boot.initrd.clevis.enable = flag;
    boot.loader.grub.device = option types.str "";
    boot.zfs.extraPools = list;
    environment.etc = option (types.attrsOf (
      types.submodule {
        options = {
          enable = option types.bool true;
          text = option (types.nullOr types.lines) null;
        };
      }
    )) { };
    fileSystems = option (types.attrsOf (
      types.submodule {
        options = {
          device = option (types.nullOr types.str) null;
          fsType = option types.str "auto";
          options = lib.mkOption mountOptions;
          neededForBoot = flag;
        };
      }
    )) { };
    swapDevices = list;
    networking = {
      hostName = option types.str "nixos";
      useDHCP = option types.bool true;
      usePredictableInterfaceNames = option types.bool true;
      useNetworkd = flag;
      interfaces = option (types.attrsOf (types.submodule { options = interface; })) { };
      bonds = sets;
      bridges = sets;
      vlans = sets;
      defaultGateway = option (types.nullOr types.str) null;
      defaultGateway6 = option types.unspecified null;
      networkmanager.enable = flag;
      nftables.enable = flag;
      nameservers = list;
      networkmanager.unmanaged = list;
      wireless.enable = flag;
    };
    services = {
      btrfs.autoScrub.enable = flag;
      qemuGuest.enable = flag;
      httpd.extraConfig = option types.lines "";
      timesyncd.enable = option types.bool true;
      xserver = {
        videoDrivers = list;
        defaultDepth = option types.int 0;
        resolutions = list;
        monitorSection = option types.lines "";
      };
    };
    systemd.services = option (types.attrsOf (
      types.submodule {
        options = {
          wantedBy = list;
          serviceConfig = sets;
          script = option types.lines "";
          preStop = option types.lines "";
        };
      }
    )) { };
    systemd.network.enable = flag;
    systemd.network.links = option (types.attrsOf (
      types.submodule {
        options = {
          matchConfig = sets;
          linkConfig = sets;
        };
      }
    )) { };
    systemd.network.networks = option (types.attrsOf (
      types.submodule {
        options = {
          matchConfig = sets;
          DHCP = option (types.nullOr types.str) null;
          address = list;
          gateway = list;
        };
      }
    )) { };
    system.build = option (types.attrsOf types.unspecified) { };
  };

  config = {
    fileSystems."/".device = "/dev/sda1";
    fileSystems."/home".device = "/dev/sda3";
    swapDevices = [ { device = "/dev/sda2"; } ];
    boot.loader.grub.device = "/dev/sda";
    networking = {
      hostName = "orb";
      interfaces.enp3s0 = { };
      defaultGateway = "192.168.1.1";
      defaultGateway6 = {
        address = "fe80::1";
        interface = "enp3s0";
      };
      nameservers = [ "192.168.1.1" ];
      wireless.enable = true;
    };
    services.xserver.videoDrivers = [ "nvidia" ];
    services.httpd.extraConfig = "ServerTokens Prod";
    # As NixOS's own units. That it goes on where the kernel says "File exists" is left out: newer ones say another thing.
    systemd.services.network-addresses-eth0.script = "ip addr add 10.0.2.15/24 dev eth0";
    systemd.services.network-addresses-eth0.preStop = "ip addr del 10.0.2.15/24 dev eth0";
    systemd.services."serial-getty@".serviceConfig.ExecStart = [
      ""
      "/sbin/agetty %I --keep-baud $TERM"
    ];
  };
}
