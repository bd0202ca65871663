# SPDX-License-Identifier: MIT
# 18.09.nix: a machine and the options that host/nix/module.nix meets, as NixOS had them in 18.09
{ lib, ... }:
let
  inherit (lib) types;
  option = type: default: lib.mkOption { inherit type default; };
  list = option (types.listOf types.unspecified) [ ];
in
{
  imports = [
    (import ./common.nix {
      mountOptions = {
        type = types.listOf types.str;
        default = [ "defaults" ];
      };
      interface = {
        ipv4.addresses = list;
        ipv6.addresses = list;
        useDHCP = option (types.nullOr types.bool) null;
      };
    })
  ];
  options = {
    boot.initrd.luks.devices = option (types.attrsOf types.unspecified) { };
    networking.connman.enable = option types.bool false;
    services.ntp.enable = option types.bool false;
  };
  config.boot.initrd.luks.devices.root.device = "/dev/sda1";
  config.networking.connman.enable = true;
}
