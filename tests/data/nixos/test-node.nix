# SPDX-License-Identifier: MIT
# test-node.nix: what NixOS's test driver adds to a machine (nixos/lib/testing, modules/testing/test-instrumentation.nix),
# of 2024 and of today, with the machine's own values in `configuration`
{
  configuration ? { },
  number ? 1,
  programs ? {
    host.pkgs.qemu_kvm = "/q";
    qemu.package = "/qemu-test";
  }, # the options that name the host's
}:
{ config, lib, ... }:
let
  option = type: default: lib.mkOption { inherit type default; };
  inherit (lib) types;
  cards = builtins.attrValues config.virtualisation.allInterfaces;
  card = i: builtins.elemAt cards i;
  each = f: builtins.genList f (builtins.length cards);
in
{
  imports = [ configuration ];
  options = {
    virtualisation.test.nodeNumber = option types.int number;
    testing.initrdBackdoor = option types.bool false;
    boot.initrd.services.udev.rules = option types.lines "";
    services.udev.extraRules = option types.lines "";
  };
  config = {
    virtualisation = lib.mkMerge [ programs {
      storeboot.package = null;
      qemu.consoles = [ "ttyS0" ];
      qemu.enableSharedMemory = true;
      qemu.options = builtins.concatLists (
        each (
          i:
          let
            n = toString (i + 1);
          in
          [
            "-device virtio-net-pci,netdev=vlan${n},mac=52:54:00:12:0${n}:0${toString number}"
            ''-netdev vde,id=vlan${n},sock="$QEMU_VDE_SOCKET_${toString (card i).vlan}"''
          ]
        )
      );
    } ];
    networking.interfaces = builtins.listToAttrs (
      map (c: {
        inherit (c) name;
        value.ipv4.addresses = [
          {
            address = "192.168.${toString c.vlan}.${toString number}";
            prefixLength = 24;
          }
        ];
      }) (builtins.filter (c: c.assignIP) cards)
    );
    networking.primaryIPAddress =
      if cards == [ ] then "" else "192.168.${toString (card 0).vlan}.${toString number}";
    boot.initrd.services.udev.rules = builtins.concatStringsSep "" (map (c: "NAME=\"${c.name}\"\n") cards);
  };
}
