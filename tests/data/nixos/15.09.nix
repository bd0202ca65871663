# SPDX-License-Identifier: MIT
# 15.09.nix: a machine and the options that host/nix/module.nix meets, as NixOS had them in 15.09
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
        type = types.str;
        default = "defaults,relatime";
      };
      interface = {
        ip4 = list;
        ipAddress = option (types.nullOr types.str) null;
        prefixLength = option (types.nullOr types.int) null;
      };
    })
  ];
  options = {
    boot.initrd.luks.devices = option (types.listOf types.unspecified) [ ];
    networking.connman.enable = option types.bool false;
    services.ntp.enable = option types.bool true;
  };
  config.boot.initrd.luks.devices = [ { name = "root"; } ];
}
