# SPDX-License-Identifier: MIT
# nix-tools.nix: a tree of this host's programs (tests/lib/nix-tools), made to run from where it lies in the store
{
  tree, # bin, lib; an absolute path
  lib, # the folder of its libraries and of ld.so, from its top
}:

let
  from = builtins.path {
    name = "storeboot-tools-from-host";
    path = /. + tree;
  };
in
derivation {
  name = "storeboot-tools";
  system = builtins.currentSystem;
  builder = "${from}/bin/busybox";
  args = [
    "ash"
    "-eu"
    (builtins.toFile "nix-tools.sh" ''
      patchelf() { "$from/$lib/ld.so" --library-path "$from/$lib" "$from/bin/patchelf" "$@"; }
      cp -a "$from" "$out"
      chmod -R u+w "$out"
      rm "$out/bin/patchelf"
      for file in "$out"/bin/* "$out/$lib"/*.so* "$out/$lib"/qemu/*; do
        case $file in
        */ld.so | */libc.so.* | */busybox) continue ;;
        esac
        [ ! -L "$file" ] || continue
        patchelf --set-rpath "$out/$lib" "$file"
        case $file in
        "$out"/bin/*) patchelf --set-interpreter "$out/$lib/ld.so" "$file" ;;
        esac
      done
      exit 0
    '')
  ];
  PATH = "${from}/bin";
  inherit from lib;
}
