# SPDX-License-Identifier: MIT
# flake.nix: default.nix, beside this file, as host/nix/flake.nix finds nixpkgs
{
  outputs = _: {
    legacyPackages = builtins.listToAttrs (
      map (name: {
        inherit name;
        value = import ./. { system = name; };
      }) [ "x86_64-linux" "aarch64-linux" ]
    );
  };
}
