# SPDX-License-Identifier: MIT
# default.nix: storeboot from nixpkgs, both programs static, and with it what wants its programs:
#   nix-build host/nix -A storeboot
#   (import .../host/nix { }).runInVm { system = ...; command = ...; }    a derivation (run-in-vm.nix)
#   (import .../host/nix { }).matrix { systems = ...; command = ...; }    a set of them (matrix.nix)
#
# It is here and not at the top, as flake.nix is (nix build 'github:...?dir=host/nix').
{
  pkgs ? import <nixpkgs> { },
}:

let
  # 18.09 has musl but nothing static: there the host's tool is linked with musl's shared library.
  static = pkgs.pkgsStatic or pkgs.pkgsMusl;
  prefix = static.stdenv.cc.targetPrefix;
  platform = pkgs.stdenv.hostPlatform.system; # a flake may not ask which machine evaluates it
  present = builtins.filter (package: package != null);

  # scripts/deps builds the two libraries of storeboot-init, and knows releases by their hash alone: the first set.
  tarballs = pkgs.linkFarm "storeboot-tarballs" (
    map (
      row:
      let
        field = builtins.elemAt (builtins.filter builtins.isString (builtins.split " +" row));
      in
      {
        name = field 3;
        path = pkgs.fetchurl {
          name = field 3;
          url = field 6;
          sha256 = field 4;
        };
      }
    ) (
      builtins.filter (line: builtins.isString line && builtins.match "1 .*" line != null) (
        builtins.split "\n" (builtins.readFile ../../scripts/deps.lock)
      )
    )
  );

  storeboot = static.stdenv.mkDerivation {
    name = "storeboot-0.1";
    src = builtins.path {
      name = "storeboot-source";
      path = ../..;
      filter = path: _: !builtins.elem (baseNameOf path) [ ".git" "build" "result" ];
    };
    nativeBuildInputs = [ (static.buildPackages.pkg-config or static.buildPackages.pkgconfig) ];
    buildInputs = present [
      static.xz
      static.zstd
      static.lz4
      static.zlib
      static.json_c
      static.libmd
      (static.musl-fts or static.fts or null) # musl has no fts(3)
    ];
    # What scripts/deps is told in a sandbox: no network, no /usr/include.
    STOREBOOT_TARBALLS = tarballs;
    KERNEL_HEADERS = "${static.linuxHeaders}/include";
    HOST = static.stdenv.hostPlatform.config;
    NIX_LDFLAGS = "-lfts";
    enableParallelBuilding = true;
    postPatch = "patchShebangs scripts";
    # The wrapper's hardening is for the host's tool. Stage 1 is small by flags of its own.
    preBuild = ''
      makeFlagsArray+=("PKG_CONFIG=$PKG_CONFIG --static" "GUEST_CC=env NIX_HARDENING_ENABLE= ${prefix}cc")
    '';
    # Compilers differ in what they warn of. The archiver that knows link-time optimisation is not wrapped.
    makeFlags = [
      "PREFIX=$(out)"
      "CC=${prefix}cc"
      "GUEST_AR=${static.stdenv.cc.cc}/bin/${prefix}gcc-ar"
      "AR=${prefix}ar"
      "CROSS=${prefix}"
      "WARN=-Wall"
    ];
    meta = {
      description = "Boots a system straight from the host's Nix store in QEMU";
      license = pkgs.lib.licenses.mit;
      platforms = [
        "x86_64-linux"
        "aarch64-linux"
      ];
    };
  };

  # The first one has the shell.
  tools = present [
    pkgs.bash
    storeboot
    pkgs.coreutils
    pkgs.gnutar
    pkgs.qemu
    pkgs.samba
    (pkgs.bubblewrap or null)
    (pkgs.erofs-utils or null)
    (pkgs.virtiofsd or null)
  ];
in
{
  inherit storeboot tools;
  runInVm = args: import ./run-in-vm.nix ({ inherit tools platform; } // args);
  matrix =
    args:
    import ./matrix.nix (
      { inherit tools; } // args // { more = { inherit platform; } // (args.more or { }); }
    );
}
