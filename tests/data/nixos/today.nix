# SPDX-License-Identifier: MIT
# today.nix: a machine and the options that host/nix/module.nix meets, as NixOS has them in 2026
{ lib, ... }:
let
  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  list = option (types.listOf types.unspecified) [ ];
in
{
  imports = [
    (import ./common.nix {
      more = [
        ./virtualisation/disk-size-option.nix
        ./virtualisation/guest-networking-options.nix
        ./virtualisation/image.nix
      ];
      mountOptions = {
        type = types.listOf types.str;
        default = [ "defaults" ];
      };
      interface = {
        ipv4.addresses = list;
        ipv6.addresses = list;
        useDHCP = option (types.nullOr types.bool) null;
        wakeOnLan.enable = option types.bool false;
      };
    })
  ];
  options = {
    boot.kernelParams = option (types.listOf types.str) [ ];
    boot.initrd.luks.devices = option (types.attrsOf types.unspecified) { };
    services.connman.enable = option types.bool false;
    services.ntp.enable = option types.bool false;
    system.etc.overlay.enable = option types.bool false;
    system.etc.overlay.mutable = option types.bool true;
    system.name = option types.str "orb.example";
    system.nixos-init.enable = option types.bool false;
  };
  config.boot.initrd.luks.devices.root.device = "/dev/sda1";
  config.services.connman.enable = true;
  config.system.etc.overlay.enable = true;
  config.system.nixos-init.enable = true;
}
