# SPDX-License-Identifier: MIT
# default.nix: stands in for nixpkgs, with what host/nix/default.nix takes from there; to look at, not to build
{ system }:

let
  package =
    name: env:
    derivation (
      removeAttrs env [ "meta" ]
      // {
        inherit name system;
        builder = "/bin/sh";
      }
    );
  packages =
    names:
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = package name { };
      }) names
    );

  hostPlatform = {
    inherit system;
    config = builtins.replaceStrings [ "-linux" ] [ "-unknown-linux-musl" ] system;
  };
  pkgsStatic =
    packages [
      "xz"
      "zstd"
      "lz4"
      "zlib"
      "json_c"
      "libmd"
      "musl-fts"
      "linuxHeaders"
    ]
    // {
      stdenv = {
        inherit hostPlatform;
        cc = {
          targetPrefix = "${hostPlatform.config}-";
          cc = package "gcc" { };
        };
        mkDerivation = args: package args.name args;
      };
      buildPackages = packages [ "pkg-config" ];
    };
in
packages [
  "bash"
  "coreutils"
  "gnutar"
  "qemu"
  "samba"
  "bubblewrap"
  "erofs-utils"
  "virtiofsd"
]
// {
  inherit pkgsStatic;
  stdenv = { inherit hostPlatform; };
  lib.licenses.mit = { };
  fetchurl = { name, ... }@args: package name args;
  linkFarm = name: links: package name { entries = builtins.toJSON links; };
}
