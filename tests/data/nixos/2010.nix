# SPDX-License-Identifier: MIT
# 2010.nix: a machine and the options that host/nix/module.nix meets, as NixOS had them in 2010
{ pkgs, ... }:
let
  option = default: pkgs.lib.mkOption { inherit default; };
in
{
  options = {
    boot.initrd.availableKernelModules = option [ ];
    environment.checkConfigurationOptions = option true;
    fileSystems = option null;
    swapDevices = option [ ];
    networking = {
      hostName = option "nixos";
      useDHCP = option true;
      interfaces = option [ ];
      defaultGateway = option "";
      nameservers = option [ ];
      enableWLAN = option false;
    };
    services = {
      mingetty.ttys = option [ ];
      httpd.extraConfig = option "";
      ntp.enable = option true;
      xserver = {
        videoDriver = option null;
        videoDrivers = option [ "vesa" ];
        defaultDepth = option 0;
        resolutions = option [ ];
      };
    };
    system.build.toplevel = option null;
    system.build.vm = option null;
  };

  config = {
    fileSystems = [
      {
        mountPoint = "/";
        device = "/dev/sda1";
      }
    ];
    swapDevices = [ { device = "/dev/sda2"; } ];
    networking.hostName = "orb";
    networking.enableWLAN = true;
    networking.defaultGateway = "192.168.1.1";
    networking.nameservers = [ "192.168.1.1" ];
    services.xserver.videoDriver = "nvidia";
    services.httpd.extraConfig = "ServerTokens Prod\n";
    services.mingetty.ttys = [ "hvc0" ];
  };
}
