# SPDX-License-Identifier: MIT
# apt.sh: Debian packages of any suite and architecture through an apt of our own. Sourced after lib.sh, never run.
#
# Nothing is installed, nothing of the machine's apt is changed, and no root is needed: its configuration
# gives the mirror, the proxy and the keys, its sources and lists stay out of it.
# shellcheck shell=sh

here=$(. /etc/os-release && echo "${VERSION_CODENAME-}")

# debian_arch MACHINE: Debian's name of the architecture that uname -m calls MACHINE.
debian_arch() {
	case $1 in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	riscv64) echo riscv64 ;;
	i686) echo i386 ;;
	*) die "architecture $1: want one of x86_64, aarch64, riscv64, i686" ;;
	esac
}

# apt_dists SUITE: the base URIs from which this machine's own apt takes SUITE, one a line.
apt_dists() {
	apt-get update --print-uris -o Dir::State::lists="$apt_root/none" -o Debug::NoLocking=1 \
		2>/dev/null | sed -n "s|^'\(.*\)/dists/$1/InRelease' .*|\1|p" | sort -u
}

# apt_private FOLDER SUITE MACHINE: from here on, apt in FOLDER knows SUITE of MACHINE's architecture and
# nothing else. Returns 1, having said why, where the mirror does not give the lists.
apt_private() {
	apt_root=$1/apt
	apt_suite=$2
	apt_arch=$(debian_arch "$3")
	apt_base=${2%-backports}
	apt_base=${apt_base%-security}
	mkdir -p "$apt_root/lists/partial" "$apt_root/cache/archives/partial" "$apt_root/etc"
	: >"$apt_root/status"
	cat >"$apt_root/apt.conf" <<-END
	Dir::State "$apt_root";
	Dir::State::lists "$apt_root/lists";
	Dir::State::status "$apt_root/status";
	Dir::Cache "$apt_root/cache";
	Dir::Etc::SourceList "$apt_root/etc/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::Etc::Preferences "/dev/null";
	Dir::Etc::PreferencesParts "/dev/null";
	Acquire::Languages "none";
	APT::Architecture "$apt_arch";
	APT::Architectures { "$apt_arch"; };
	END
	list=$apt_root/etc/sources.list
	signed=
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -e $key ] || signed="[signed-by=$key] "
	for uri in $(apt_dists "$here"); do
		echo "deb $signed$uri $apt_base main" >"$list"
		case $2 in
		*-backports) echo "deb $signed$uri $2 main" >>"$list" ;;
		esac
		cp "$list" "$list.base"
		# Not every suite has a security one (sid), and then the update would fail.
		for sec in $(apt_dists "$here-security"); do
			echo "deb $signed$sec $apt_base-security main" >>"$list"
		done
		apt_update && return
		case $2 in
		*-security) continue ;;
		esac
		cp "$list.base" "$list"
		apt_update && return
	done
	sed 's/^/    /' "$apt_root/update.log" >&2 2>/dev/null || true
	say "cannot read the package lists of suite $2, $apt_arch, from the mirror this machine's apt uses"
	return 1
}

# apt_without_security: the same without the suite's security updates; a mirror may list what it does not have.
apt_without_security() {
	cp "$apt_root/etc/sources.list.base" "$apt_root/etc/sources.list"
	apt_update
}

apt_update() {
	say "reading the package lists of $apt_suite, $apt_arch"
	APT_CONFIG=$apt_root/apt.conf apt-get update -q -o APT::Update::Error-Mode=any \
		>"$apt_root/update.log" 2>&1 || return 1
	export APT_CONFIG="$apt_root/apt.conf"
}

# apt_fetch FOLDER RELEASE PACKAGE...: their files into FOLDER, checked against the signed lists; RELEASE: the
# suite that they are preferred from, or empty. What apt said is in FOLDER.log.
apt_fetch() {
	rm -rf "$1"
	mkdir "$1"
	(
		cd "$1"
		release=$2
		shift 2
		say "fetching $*"
		apt-get download -q -o APT::Sandbox::User=root ${release:+-o "APT::Default-Release=$release"} "$@"
	) >"$1.log" 2>&1
}
