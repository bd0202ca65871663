#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# nixos-module.sh - host/nix/module.nix, evaluated in option trees of 2010, 13.10, 15.09, 17.09, 18.09 and today
# shellcheck disable=SC2016 # Nix's and the run script's own dollars
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
eras=(2010 13.10 15.09 18.09 today)
export NIX_CONFIG=$'build-users-group =\nsandbox = false\nsubstitute = false'

# ask ERA CONFIGURATION EXPRESSION: the JSON of it, c being the system's configuration; or Nix's error, one line.
ask() {
	local out
	if out=$(nix-instantiate --eval --strict --json --read-write-mode -E "
		let c = import tests/data/nixos/eval.nix { era = \"$1\"; configuration = $2; }; in $3" 2>&1); then
		printf '%s\n' "$out"
	else
		grep -m 1 '^error: ' <<<"$out"
	fi
}

# script ERA CONFIGURATION: the run script, one option a line.
script() {
	ask "$1" "$2" 'builtins.split "\n" c.system.build.vm.buildCommand' | sed 's/\\"/"/g; s/\\\\/\\/g' |
		sed 's/^\[*"//; s/",\[\],"/\n/g; s/"\]$//' | sed 's/^  //; s/ \\$//; s/ "\$@"$//'
}

all_of='map (f: "${f.mountPoint} ${f.fsType} ${f.device} ${f.options}") c.fileSystems'
new_all_of='map (p: let f = c.fileSystems.${p}; in "${p} ${f.fsType} ${f.device} ${
	builtins.concatStringsSep "," (if builtins.isList f.options then f.options else [ f.options ])}") (builtins.attrNames c.fileSystems)'

# --- the guest's options, whatever the machine's own are ---------------------------------------------------------
is "2010: file systems" "$(ask 2010 '{ }' "$all_of")" '["/ ext3 /dev/vda defaults"]'
is "15.09: file systems" "$(ask 15.09 '{ }' "$new_all_of")" '["/ ext3 /dev/vda defaults"]'
for era in 18.09 today; do
	is "$era: file systems" "$(ask $era '{ }' "$new_all_of")" '["/ ext3 /dev/vda x-initrd.mount"]'
done
# A unit for a share would fail in a run that has another one: stage 1 mounts what the run has.
for era in "${eras[@]}"; do
	for share in cifs 9p virtiofs image; do
		is "$era: $share: the system does not depend on the share" "$(ask "$era" "{ virtualisation.storeboot.share = \"$share\"; }" \
			'if builtins.isList c.fileSystems then map (f: f.mountPoint) c.fileSystems else builtins.attrNames c.fileSystems')" '["/"]'
	done
done
more='{ virtualisation.fileSystems."/data" = { device = "/dev/vdb"; fsType = "ext4"; }; }'
is "2010: one more" "$(ask 2010 "$more" 'let f = builtins.elemAt c.fileSystems 1; in "${f.mountPoint} ${f.device}"')" '"/data /dev/vdb"'
for era in 15.09 18.09 today; do
	is "$era: one more" "$(ask $era "$more" '[ c.fileSystems."/data".device (builtins.attrNames c.fileSystems) ]')" \
		'["/dev/vdb",["/","/data"]]'
done
for era in "${eras[@]}"; do
	is "$era: each is needed for boot" "$(ask "$era" '{ }' 'builtins.all (f: f.neededForBoot) (
		if builtins.isList c.fileSystems then c.fileSystems else builtins.attrValues c.fileSystems)')" true
	is "$era: no swap" "$(ask "$era" '{ }' c.swapDevices)" '[]'
	is "$era: the network" "$(ask "$era" '{ }' '[ c.networking.useDHCP c.networking.defaultGateway c.networking.nameservers ]')" \
		'[false,"10.0.2.2",["10.0.2.3"]]'
	is "$era: no wireless" "$(ask "$era" '{ }' 'c.networking.enableWLAN or c.networking.wireless.enable')" false
	has "$era: Apache" "$(ask "$era" '{ }' c.services.httpd.extraConfig)" 'EnableSendFile Off\\n.*ServerTokens Prod'
	is "$era: modules in the initrd" "$(ask "$era" '{ }' \
		'map (m: builtins.elem m c.boot.initrd.availableKernelModules) [ "virtio_blk" "virtio_net" "cifs" "nls_iso8859-1" ]')" \
		'[true,true,true,true]'
done
is "2010: eth0" "$(ask 2010 '{ }' c.networking.interfaces)" \
	'[{"ipAddress":"10.0.2.15","name":"eth0","subnetMask":"255.255.255.0"}]'
address='[{"address":"10.0.2.15","prefixLength":24}]'
is "15.09: eth0, and the machine's own cards are gone" "$(ask 15.09 '{ }' \
	'builtins.mapAttrs (_: i: i.ip4) c.networking.interfaces')" "{\"eth0\":$address}"
is "2010: gettys" "$(ask 2010 '{ virtualisation.graphics = false; }' c.services.mingetty.ttys)" \
	'["tty1","tty2","tty3","tty4","tty5","tty6","ttyS0","hvc0"]'
is "2010: gettys with a window" "$(ask 2010 '{ }' c.services.mingetty.ttys)" \
	'["tty1","tty2","tty3","tty4","tty5","tty6","hvc0"]'
is "2010: X" "$(ask 2010 '{ }' 'with c.services.xserver; [ videoDriver videoDrivers resolutions ]')" \
	'[null,["cirrus","vesa"],[]]'
for era in 18.09 today; do
	is "$era: eth0, and the machine's own cards are gone" "$(ask $era '{ }' \
		'builtins.mapAttrs (_: i: i.ipv4.addresses) c.networking.interfaces')" "{\"eth0\":$address}"
	is "$era: eth0 keeps its name, and its address until the end" "$(ask $era '{ }' \
		'[ c.networking.usePredictableInterfaceNames c.systemd.services.network-addresses-eth0.preStop ]')" '[false,""]'
	is "$era: no disk of the machine's is opened" "$(ask $era '{ }' c.boot.initrd.luks.devices)" '{}'
	# NixOS writes whatever is defined for an instance as a complete unit, which hides the template.
	is "$era: the serial console's getty is the template's" "$(ask $era '{ virtualisation.graphics = false; }' \
		'c.systemd.services ? "serial-getty@ttyS0"')" false
	is "$era: it starts again, also where the machine defines one" "$(ask $era \
		'{ systemd.services."serial-getty@ttyS0".wantedBy = [ "getty.target" ]; }' \
		'c.systemd.services."serial-getty@".serviceConfig')" '{"ExecStart":["","/sbin/agetty %I --keep-baud $TERM"],"Restart":"always"}'
	is "$era: X" "$(ask $era '{ virtualisation.resolution = { x = 800; y = 600; }; }' \
		'with c.services.xserver; [ videoDrivers resolutions ]')" '[["modesetting"],[{"x":800,"y":600}]]'
	is "$era: no connman" "$(ask $era '{ }' 'c.networking.connman.enable or c.services.connman.enable')" false
	is "$era: the module for a layer over the store" "$(ask $era '{ }' 'builtins.elem "overlay" c.boot.initrd.availableKernelModules')" true
	is "$era: a root in memory" "$(ask $era '{ virtualisation.diskImage = null; }' 'c.fileSystems."/".fsType')" '"tmpfs"'
	is "$era: nothing is asked that cannot be" "$(ask $era '{ }' 'builtins.all (a: a.assertion) c.assertions')" true
done
is "17.09: the module takes the place of qemu-vm.nix" "$(ask 17.09 '{ }' 'c.fileSystems."/".fsType')" '"ext3"'
is "today: nixos-init and the overlay on /etc stay" "$(ask today '{ }' \
	'with c.system; [ nixos-init.enable etc.overlay.enable ]')" '[true,true]'
has "today: an overlay on /etc that is read-only" "$(ask today '{ system.etc.overlay.mutable = false; }' \
	'c.boot.kernelParams')" '"storeboot\.etc=ro"'
is "today: one that is not" "$(ask today '{ }' 'builtins.elem "storeboot.etc=ro" c.boot.kernelParams')" false

# --- what configurations ask beside ours: a table. NAME | CONFIGURATION | QUESTION | ANSWER, in 15.09, 18.09 and today ----
eth0='with c.systemd.network.networks."0-storeboot"; [ matchConfig address gateway ]'
by_networkd='[{"Name":"eth0"},["10.0.2.15/24"],["10.0.2.2"]]'
while IFS='|' read -r name configuration question answer; do
	for era in 15.09 18.09 today; do
		is "$era: $name" "$(ask $era "$configuration" "$question")" "$answer"
	done
done <<END
networkd has the gateway in its own file|{ networking.useNetworkd = true; }|c.networking.defaultGateway|null
networkd has eth0's address in it|{ networking.useNetworkd = true; }|$eth0|$by_networkd
the machine's own networkd file for every card|{ systemd.network = { enable = true; networks."10-lan" = { matchConfig.Name = "e*"; DHCP = "yes"; }; }; }|[ (builtins.attrNames c.systemd.network.networks) ($eth0) ]|[["0-storeboot","10-lan"],$by_networkd]
the machine's own files that come first|{ systemd.network = { networks."00-lan".matchConfig.Name = "*"; links."00-lan".matchConfig.Type = "ether"; }; }|with c.systemd.network; map (s: builtins.head (builtins.sort (a: b: a < b) (builtins.attrNames s))) [ networks links ]|["0-storeboot","0-storeboot"]
eth0 keeps its name beside a rule that renames every card|{ systemd.network.links."10-lan" = { matchConfig.Type = "ether"; linkConfig.Name = "lan0"; }; }|with c.systemd.network.links."0-storeboot"; [ matchConfig linkConfig ]|[{"OriginalName":"eth0"},{"Name":"eth0"}]
NetworkManager|{ networking.networkmanager.enable = true; }|c.networking.networkmanager.unmanaged|["eth0"]
useDHCP|{ networking = { useDHCP = true; interfaces.enp3s0.useDHCP = true; }; }|[ c.networking.useDHCP (builtins.attrNames c.networking.interfaces) ]|[false,["eth0"]]
nftables|{ networking.nftables.enable = true; }|builtins.all (a: a.assertion) c.assertions|true
a bridge that takes eth0|{ networking.bridges.br0.interfaces = [ "eth0" ]; }|c.networking.bridges|{}
a bond and a VLAN on it|{ networking = { bonds.b.interfaces = [ "eth0" ]; vlans.v.interface = "b"; }; }|[ c.networking.bonds c.networking.vlans ]|[{},{}]
a gateway by a card that is not there|{ }|c.networking.defaultGateway6|null
swap|{ swapDevices = [ { device = "/dev/sda4"; } ]; }|c.swapDevices|[]
a machine that has QEMU's guest agent|{ services.qemuGuest.enable = true; }|c.services.qemuGuest.enable|false
QEMU's guest agent where the VM has it|{ services.qemuGuest.enable = false; virtualisation.qemu.guestAgent.enable = true; }|c.services.qemuGuest.enable|true
LUKS by clevis|{ boot.initrd.clevis.enable = true; }|c.boot.initrd.clevis.enable|false
a scrub of the machine's btrfs|{ services.btrfs.autoScrub.enable = true; }|c.services.btrfs.autoScrub.enable|false
pools of ZFS|{ boot.zfs.extraPools = [ "tank" ]; }|c.boot.zfs.extraPools|[]
LUKS: crypttab|{ environment.etc.crypttab.text = "data /dev/sdb1 /key"; }|c.environment.etc.crypttab.enable|false
END
# Stage 1 has set the address: NixOS's script is to succeed where it exists, by any kernel's words.
for era in 18.09 today; do
	if ! unshare -rn true 2>/dev/null; then
		skip "$era: network-addresses-eth0: the address exists already" "no network of one's own is allowed here"
		continue
	fi
	addresses=$(ask $era '{ }' 'builtins.toFile "addresses" c.systemd.services.network-addresses-eth0.script' | tr -d '"')
	addresses=$(unshare -rn sh -ec 'ip link set lo name eth0; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0
		bash -e "$1"; ip -4 -o addr show eth0 | grep -c 10.0.2.15/24' sh "$addresses" 2>&1)
	is "$era: network-addresses-eth0: the address exists already" "$addresses" 1
done

# --- options of ours that NixOS's other modules declare, too ---------------------------------------------------------
is "today: an image module's disk size" "$(ask today '{ }' '[ c.virtualisation.diskSize c.virtualisation.diskSizeAutoSupported ]')" \
	'[4096,true]'
has "today: one that is for the image to find out" "$(script today '{ virtualisation.diskSize = "auto"; }')" '^--disk-size 1024M$'
has "today: a size that is none" "$(ask today '{ virtualisation.diskSize = "large"; }' c.virtualisation.diskSize)" 'is not of type'

text_of_a=$(nix-instantiate --eval --json --read-write-mode -E 'builtins.toFile "a" "x"' | tr -d '"')

# --- the run script ----------------------------------------------------------------------------------------------
for era in "${eras[@]}"; do
	name=orb reboot=$'--reboot\n'
	[ "$era" != today ] || name=orb.example
	[ "$era" != 2010 ] || reboot=
	text=$(script "$era" '{ virtualisation = { graphics = false; memorySize = 512; cores = 2; diskSize = 2048;
		pathsInNixDB = [ "/nix/store/a" ]; additionalPaths = [ "/nix/store/b" ];
		emptyDiskImages = [ 10 { size = 20; driveConfig.deviceExtraOpts.serial = "two"; } { size = 30; } ];
		credentials = { a.text = "x"; b.source = "./it'\''s"; };
		sharedDirectories = { a = { source = "$HOME/my src"; target = "/src"; owner = "1000.100"; }; b = { source = "\"$TMPDIR\"/x"; target = "/it'\''s"; }; };
		useEFIBoot = true; tpm.enable = true; useHostCerts = true; qemu.guestAgent.enable = true;
		restrictNetwork = true; qemu.options = [ "-s -S" ]; storeboot.options = [ "it'\''s" ]; vlans = [ 3 ];
		forwardPorts = [ { host.port = 2222; guest.port = 22; }
			{ proto = "udp"; host = { address = "127.0.0.2"; port = 53; }; guest = { address = "10.0.2.15"; port = 53; }; }
			{ from = "guest"; host.port = 81; guest = { address = "10.0.2.100"; port = 80; }; } ]; }; }')
	[ "$era" = 2010 ] || text=$(grep -v '^--writable-store=tmpfs$' <<<"$text")
	is "$era: the run script" "$(sed -n '/^exec/,/^ /p' <<<"$text")" \
		"exec storeboot run '/nix/store/00000000000000000000000000000000-nixos-system-orb'
--name '$name'
--memory 512M
--cores 2
--image \"\${NIX_DISK_IMAGE:-./$name.qcow2}\"
--disk-size 2048M
--disk './$name-empty0.qcow2',size=10M,serial=empty0
--disk './$name-empty1.qcow2',size=20M,serial=two
--disk './$name-empty2.qcow2',size=30M,serial=empty2
--serial
--share cifs
--efi
--tpm
--host-certs
--guest-agent
--bind \"\$HOME/my src\":'/src:owner=1000.100'
--bind \"\$TMPDIR\"/x:'/it'\\''s'
--load-credential 'a:$text_of_a'
--load-credential 'b:./it'\\''s'
--register '/nix/store/a'
--register '/nix/store/b'
--network restricted
--forward 2222:22
--forward 127.0.0.2:53:10.0.2.15:53/udp
--guest-forward 10.0.2.100:80:81
--vlan 3
${reboot}'it'\\''s'
-s -S
 \$out/bin/run-$name-vm"
	has "$era: a writable store that is kept" "$(script "$era" \
		'{ virtualisation = { writableStore = true; writableStoreUseTmpfs = false; }; }')" '^--writable-store=disk$'
	has "$era: a root in memory" "$(script "$era" '{ virtualisation.diskImage = null; }')" '^--root tmpfs$'
	has "$era: as much memory as NixOS of its time has" "$(script "$era" '{ }')" \
		"^--memory $([ "$era" = 2010 ] && echo 384 || echo 1024)M\$"
	has "$era: an image" "$(script "$era" '{ virtualisation.useNixStoreImage = true; }')" '^--share image$'
	for how in scsi:scsi-0QEMU_QEMU_HARDDISK_storeboot-root:virtio_scsi ide:ata-QEMU_HARDDISK_storeboot-root:ahci; do
		IFS=: read -r how device driver <<<"$how"
		asked="{ virtualisation.qemu.diskInterface = \"$how\"; }"
		has "$era: disks by $how" "$(script "$era" "$asked")" "^--disk-interface $how\$"
		is "$era: disks by $how: the root's name, the drivers" "$(ask "$era" "$asked" '[
			(if builtins.isList c.fileSystems then (builtins.head c.fileSystems).device else c.fileSystems."/".device)
			(map (m: builtins.elem m c.boot.initrd.availableKernelModules) [ "'"$driver"'" "sd_mod" "virtio_blk" ]) ]')" \
			"[\"/dev/disk/by-id/$device\",[true,true,false]]"
	done
	has "$era: a window" "$(script "$era" '{ }')" '^--graphics$'
	has "$era: its resolution" "$(script "$era" '{ virtualisation.resolution = { x = 800; y = 600; }; }')" '^--resolution 800x600$'
	is "$era: the host's programs" "$(script "$era" '{ virtualisation = { storeboot.package = "/b"; host.pkgs = {
		qemu_kvm = "/q"; samba = "/s"; }; }; }' | grep PATH)" 'export PATH=/b/bin:/b/sbin:/q/bin:/q/sbin:/s/bin:/s/sbin:$PATH'
	is "$era: none of an old nixpkgs" "$(script "$era" '{ }' | grep PATH)" 'export PATH=$PATH'
	has "$era: the network is open, as qemu-vm.nix has it" "$(script "$era" '{ }')" '^--network open$'
done

# --- a machine of a NixOS test ----------------------------------------------------------------------------------------
# node CONFIGURATION: below what the test driver adds.
node() {
	echo "import tests/data/nixos/test-node.nix { configuration = $1; }"
}
failed='map (a: a.message) (builtins.filter (a: !a.assertion) c.assertions)'
for era in 18.09 today; do
	text=$(script "$era" "$(node '{ virtualisation = { vlans = [ 1 7 ]; additionalPaths = [ "/nix/store/b" ]; }; }')")
	is "$era: a test's machine: its cards, which are the driver's" "$(sed -n '/^-device/,/-netdev.*7/p' <<<"$text")" \
		'-device virtio-net-pci,netdev=vlan1,mac=52:54:00:12:01:01
-netdev vde,id=vlan1,sock="$QEMU_VDE_SOCKET_1"
-device virtio-net-pci,netdev=vlan2,mac=52:54:00:12:02:01
-netdev vde,id=vlan2,sock="$QEMU_VDE_SOCKET_7"'
	is "$era: a test's machine: none of storeboot's own" "$(grep -c -e '^--vlan' <<<"$text")" 0
	has "$era: a test's machine: it may reboot" "$text" '^--reboot$'
	has "$era: a test's machine: its registration is a derivation's" "$text" '^--reginfo /closure-of-2/registration$'
	is "$era: a test's machine: and no other" "$(grep -c -e '^--register' <<<"$text")" 0
	is "$era: a test's machine: the test's addresses beside eth0's" "$(ask "$era" "$(node '{ }')" \
		'[ (map (n: map (a: a.address) c.networking.interfaces.${n}.ipv4.addresses) [ "eth0" "eth1" ]) c.networking.primaryIPAddress ]')" \
		'[[["10.0.2.15"],["192.168.1.1"]],"192.168.1.1"]'
	is "$era: a test's machine: the gateway is the test's" "$(ask "$era" "$(node '{ }')" c.networking.defaultGateway)" '"192.168.1.1"'
	is "$era: a test's machine: a bridge of the test" "$(ask "$era" "$(node '{ networking.bridges.br0.interfaces = [ "eth1" ]; }')" \
		"[ (builtins.attrNames c.networking.bridges) ($failed) ]")" '[["br0"],[]]'
	card='{ virtualisation.interfaces.lan = { vlan = 3; assignIP = true; }; }'
	is "$era: a test's machine: a card with a name, instead of eth1" "$(ask "$era" "$(node "$card")" \
		'with c; [ virtualisation.vlans virtualisation.allInterfaces.lan.vlan services.udev.extraRules ]')" '[[],3,"NAME=\"lan\"\n"]'
	has "$era: a card with a name elsewhere is refused" "$(ask "$era" "$card" "$failed")" '"storeboot: virtualisation.interfaces: '
	has "$era: a test's machine: eth0 in a bridge is refused" "$(ask "$era" \
		"$(node '{ networking.bridges.br0.interfaces = [ "eth0" ]; }')" "$failed")" '"storeboot: networking.bridges.br0: takes eth0'
	has "$era: a test's machine: a backdoor in NixOS's initramfs is refused" "$(ask "$era" \
		"$(node '{ testing.initrdBackdoor = true; }')" "$failed")" '"storeboot: testing.initrdBackdoor: '
	has "$era: a test's machine: with KVM alone" "$(script "$era" "$(node '{ virtualisation.qemu.forceAccel = true; }')")" '^--accel kvm$'
	is "$era: elsewhere the default network is none" "$(ask "$era" '{ }' c.virtualisation.vlans)$(script "$era" '{ }' | grep -c -e '^--vlan')" '[1]0'
done

# --- testers.nix: the test library of 2024 has one option for what every machine has, that of 2026 one beside it -------
for set in extraBaseModules extraBaseNodeModules; do
	is "testers.nix: $set has the module, with the given options" "$(nix-instantiate --eval --strict --json --read-write-mode -E "
		let
		  testers = import ./host/nix/testers.nix { config.cores = 3; pkgs.testers.runNixOSTest = m: m; };
		  test = testers.runNixOSTest { name = \"mine\"; };
		  module = (builtins.elemAt test.imports 1 { options = { extraBaseModules = 1; } // { $set = 1; }; }).config;
		in [ (builtins.head test.imports) (builtins.attrNames module) module.$set.virtualisation
		  (map baseNameOf module.$set.imports) ]")" "[{\"name\":\"mine\"},[\"$set\"],{\"cores\":3},[\"module.nix\"]]"
done

# --- what is refused ------------------------------------------------------------------------------------------------
for asked in useBootLoader useSecureBoot; do
	has "2010: $asked cannot be asked" "$(ask 2010 "{ virtualisation.$asked = true; }" c.system.build.vm.buildCommand)" \
		"^error: storeboot: virtualisation\.$asked: .*the kernel is booted directly"
done
has "2010: an interface that is none" "$(ask 2010 '{ virtualisation.qemu.diskInterface = "sata"; }' c.system.build.vm.buildCommand)" \
	'^error: storeboot: virtualisation.qemu.diskInterface = "sata": want virtio, scsi or ide'
for era in 15.09 18.09 today; do
	for asked in 'useBootLoader = true' 'useSecureBoot = true' 'qemu.networkingOptions = [ "-nic none" ]' \
		'useNixStoreImage = true; virtualisation.storeboot.cache = true' \
		'emptyDiskImages = [ { size = 1; driveConfig.driveExtraOpts.werror = "report"; } ]' \
		'emptyDiskImages = [ { driveConfig = { }; } ]' 'emptyDiskImages = [ "10" ]' 'credentials.a = { }' \
		'fileSystems."/".device = "/dev/vdb"' 'fileSystems."/var" = { device = "/dev/vdb"; neededForBoot = true; }' \
		'forwardPorts = [ { from = "guest"; host.port = 1; guest.port = 1; } ]'; do
		is "$era: $asked: fails" "$(ask $era "{ virtualisation.$asked; }" 'builtins.all (a: a.assertion) c.assertions')" false
	done
	has "$era: what is not known" "$(ask $era '{ virtualisation.bios = null; }' c.networking.hostName)" \
		"^error: The option \`virtualisation.bios' does not exist"
	has "$era: an interface that is none" "$(ask $era '{ virtualisation.qemu.diskInterface = "sata"; }' c.system.build.vm.buildCommand)" \
		'virtualisation.qemu.diskInterface'
	has "$era: a wrong type" "$(ask $era '{ virtualisation.cores = "two"; }' c.virtualisation.cores)" 'is not of type int'
done
tap_end
