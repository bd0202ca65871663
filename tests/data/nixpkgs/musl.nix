# SPDX-License-Identifier: MIT
# musl.nix: stands in for nixpkgs, to build with: the compiler and the libraries are given, as folders outside the store
{
  system,
  toolchain, # bin/ with what a standard environment has in PATH, the compiler's programs by their prefixed names
  libraries, # the static libraries, and the kernel's headers
  tarballs, # what scripts/deps.lock names
}:

let
  hostPlatform = {
    inherit system;
    config = builtins.replaceStrings [ "-linux" ] [ "-unknown-linux-musl" ] system;
  };
  names = [
    "xz"
    "zstd"
    "lz4"
    "zlib"
    "json_c"
    "libmd"
    "pkg-config"
  ];
in
{
  stdenv = { inherit hostPlatform; };
  lib.licenses.mit = { };
  fetchurl =
    { name, sha256, ... }:
    builtins.path {
      inherit name sha256;
      path = tarballs + "/${name}";
      recursive = false;
    };
  linkFarm =
    name: links:
    derivation {
      inherit name system;
      builder = "/bin/sh";
      PATH = "${toolchain}/bin";
      args = [
        "-c"
        ("mkdir $out" + builtins.concatStringsSep "" (map (l: "; ln -s ${l.path} $out/${l.name}") links))
      ];
    };
  pkgsStatic =
    builtins.listToAttrs (
      map (name: {
        inherit name;
        value = libraries;
      }) names
    )
    // {
      buildPackages.pkg-config = libraries;
      linuxHeaders = libraries;
      stdenv = {
        inherit hostPlatform;
        cc = {
          targetPrefix = "${hostPlatform.config}-";
          cc = toolchain;
        };
        # The phases of nixpkgs' stdenv that this derivation has something for.
        mkDerivation =
          args:
          derivation (
            removeAttrs args [ "meta" ]
            // {
              inherit system;
              builder = "/bin/bash";
              PATH = "${toolchain}/bin";
              PKG_CONFIG = "${hostPlatform.config}-pkg-config";
              PKG_CONFIG_LIBDIR = "${libraries}/lib/pkgconfig";
              args = [
                "-euc"
                ''
                  patchShebangs() { :; }
                  cp -r "$src" source
                  chmod -R u+w source
                  cd source
                  eval "$postPatch"
                  makeFlagsArray=()
                  eval "$preBuild"
                  make -j2 $makeFlags "''${makeFlagsArray[@]}"
                  make $makeFlags "''${makeFlagsArray[@]}" install
                  ${hostPlatform.config}-strip -S $out/bin/*
                ''
              ];
            }
          );
      };
    };
}
