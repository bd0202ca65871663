# SPDX-License-Identifier: MIT
# etc.nix: /etc/fstab and the getty units, as a shell script that writes them below $1, of a system that eval.nix has
# evaluated. It does what NixOS's module system does (nixos/lib/systemd-lib.nix): a unit that systemd's package has, too,
# becomes a drop-in for it, and any other one a complete unit.
{ configuration, upstream }: # upstream: names of units that systemd's package has
let
  c = import ./eval.nix {
    era = "today";
    inherit configuration;
  };
  inherit (builtins) attrNames concatStringsSep filter map;
  lines = concatStringsSep "\n";

  fstab = map (
    path:
    let
      f = c.fileSystems.${path};
    in
    "${f.device} ${path} ${f.fsType} ${concatStringsSep "," f.options} 0 ${if path == "/" then "1" else "2"}"
  ) (attrNames c.fileSystems);

  values = v: if builtins.isList v then v else [ v ];
  setting = s: name: lines (map (v: "${name}=${v}") (values s.${name}));
  unit =
    name:
    let
      u = c.systemd.services.${name};
      file = "${name}.service";
      place = if builtins.elem file upstream then "${file}.d/overrides.conf" else file;
      want = target: ''
        mkdir -p "$1/systemd/system/${target}.wants"
        ln -s "../${file}" "$1/systemd/system/${target}.wants/${file}"
      '';
    in
    ''
      mkdir -p "$1/systemd/system/$(dirname "${place}")"
      cat >"$1/systemd/system/${place}" <<'END'
      [Service]
      ${lines (map (setting u.serviceConfig) (attrNames u.serviceConfig))}
      END
      ${concatStringsSep "" (map want u.wantedBy)}
    '';
  gettys = filter (name: builtins.match "serial-getty@.*" name != null) (attrNames c.systemd.services);
in
''
  cat >"$1/fstab" <<'END'
  ${lines fstab}
  END
''
+ concatStringsSep "" (map unit gettys)
