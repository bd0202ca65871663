# SPDX-License-Identifier: MIT
# storeboot: build, check, install. Everything is built below $(BUILD).
#
#   make            storeboot-init (static, musl) and storeboot (the host's tool)
#   make ARCH=A     storeboot-init for another architecture: aarch64, riscv64, i686, x86_64
#   make check      all tests; check-unit, check-scripts, check-vm, check-farm: a part of them
#   make check-long more tests: half an hour, fetches packages; check-faults: each of the launcher's system calls fails
#   make check-soak  N=500 SEED=7 J=2: 500 runs with random faults from that seed, two side by side
#   make check-matrix every row of tests/vm/matrix, and a page of them: build/logs/matrix.html
#   make lint       style and room rules; analyze: static analysis
#   make install    DESTDIR= PREFIX=/usr/local
#   make dist, deb  the release's tarball, which builds without a network; a Debian package
#
# V=1 shows the commands. Yours to set: BUILD, PREFIX, DESTDIR, CC, AR, GUEST_CC, CROSS (before strip ...); CFLAGS and
# LDFLAGS, which are for the host's tool only; STATIC_PIE=1, a storeboot-init that Linux loads at a random address.

VERSION := 0.1
BUILD ?= build
PREFIX ?= /usr/local
ROOMS := lib agent mount net fs init hostlib host

CC ?= gcc
PKG_CONFIG ?= pkg-config
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

# What is built for the guest: plain, for the machine that builds; with ARCH, all of it below $(BUILD)/$(ARCH)
# by Debian's cross compiler, with musl and the kernel's headers from scripts/sysroot.
ARCH :=
ifneq ($(ARCH),)
GUEST := $(ARCH)/guest
GUEST_BUILD := $(BUILD)/$(ARCH)
CROSS := $(ARCH)-linux-gnu-
SYSROOT := $(abspath $(GUEST_BUILD)/sysroot)
GUEST_CC := $(SYSROOT)/cc
DEPS_ENV := HOST=$(CROSS:-=) KERNEL_HEADERS=$(SYSROOT)/include \
	STOREBOOT_TARBALLS=$${STOREBOOT_TARBALLS:-$(wildcard $(BUILD)/deps/tarballs)}
INITDIR := lib/storeboot/$(ARCH)
else
GUEST := guest
GUEST_BUILD := $(BUILD)
GUEST_CC ?= musl-gcc
INITDIR := lib/storeboot
endif
GUEST_AR ?= $(CROSS)gcc-ar

# --- flags -------------------------------------------------------------------------------------------
CFLAGS ?= -O2 -g
# Other flags than these bring other warnings, so they are errors with these flags only.
WARN := -Wall -Wextra $(if $(filter file,$(origin CFLAGS)),-Werror) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wformat=2 -Wnull-dereference -Wimplicit-fallthrough
CPPFLAGS_ALL := -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSTOREBOOT_VERSION='"$(VERSION)"'
# The map also covers the folder of compilation in the debug information: the same bytes in each folder.
BASE := -std=gnu11 $(WARN) $(CPPFLAGS_ALL) -ffile-prefix-map=$(CURDIR)=.

DEPS := $(GUEST_BUILD)/deps
DEPS_STAMP := $(DEPS)/stamp
# musl-gcc of Debian 12 makes a dynamic program of -static-pie, so the linker and musl's start file do it themselves.
# It costs 29 KB, most of it relocations.
ifneq ($(STATIC_PIE),)
GUEST_PIE := -fPIE
CRT = $(dir $(lastword $(filter %crt1.o,$(shell $(GUEST_CC) -static -\#\#\# -x c /dev/null 2>&1 | tr -d '"'))))
GUEST_LINK = -nostartfiles -Wl,-pie,--no-dynamic-linker,-z,text $(addprefix $(CRT),rcrt1.o crti.o crtn.o)
else
GUEST_PIE := -fno-pie
GUEST_LINK := -no-pie
endif
GUEST_FLAGS := $(BASE) -Os -g -flto=auto -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-fno-stack-protector $(GUEST_PIE) -isystem $(DEPS)/kernel-headers -isystem $(DEPS)/include
# musl's scanf refers to its scanner of floating-point numbers. libblkid scans whole ones only, and it would be 7 KB.
GUEST_LDFLAGS = -static $(GUEST_LINK) -flto=auto -Os -Wl,--gc-sections -Wl,-z,noseparate-code -Wl,--build-id=none \
	-Wl,--defsym=__floatscan=abort
GUEST_LIBS := -L$(DEPS)/lib -lblkid -lext2fs -lcom_err

HOST_PKGS := liblzma libzstd liblz4 zlib json-c libmd
# Without pkg-config they are where the compiler looks, as on Debian.
HOST_LIBS := $(or $(shell $(PKG_CONFIG) --libs $(HOST_PKGS) 2>/dev/null),-llzma -lzstd -llz4 -lz -ljson-c -lmd)
HOST_CPPFLAGS := $(shell $(PKG_CONFIG) --cflags $(HOST_PKGS) 2>/dev/null)
# Without optimization there is no FORTIFY, and a sanitizer checks the same by itself.
OPTIMIZES := $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS))))
FORTIFY := $(if $(OPTIMIZES),$(if $(findstring -fsanitize,$(CFLAGS))$(findstring _FORTIFY_SOURCE,$(CFLAGS)),, \
	-D_FORTIFY_SOURCE=3))
# Those of these flags that the compiler knows. CFLAGS come after them and can take them back.
HARDEN := -U_FORTIFY_SOURCE $(shell for f in -fPIE -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-mbranch-protection=standard -ftrivial-auto-var-init=zero $(FORTIFY); do echo 'int main(void) { return 0; }' | \
	$(CC) -Werror -Wsystem-headers $(CFLAGS) $$f -include stdio.h -x c -o /dev/null - 2>/dev/null && echo $$f; done)
HOST_FLAGS := $(BASE) $(HARDEN) $(CFLAGS) $(HOST_CPPFLAGS)
HOST_LDFLAGS := -pie -Wl,-z,relro,-z,now $(CFLAGS) $(LDFLAGS)

SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# The tests with sanitizers have the guest's releases of libblkid and libext2fs, with sanitizers and the host's libc.
ASAN_DEPS := $(BUILD)/asan/deps
ASAN_FLAGS := $(BASE) -O1 -g $(SAN) $(HOST_CPPFLAGS) -isystem $(ASAN_DEPS)/include
ASAN_FS_LIBS := -L$(ASAN_DEPS)/lib -lblkid -lext2fs -lcom_err

# --- rooms: one archive per folder and variant ---------------------------------------------------------
$(foreach r,lib agent,$(eval src_$(r) := $(wildcard init/$(r)/*.c)))
$(foreach r,mount net fs,$(eval src_$(r) := $(wildcard $(r)/*.c)))
src_init := $(wildcard init/*.c init/nix/*.c)
src_hostlib := $(wildcard host/lib/*.c)
src_host := $(filter-out $(src_hostlib),$(wildcard host/*.c host/*/*.c host/*/*.S))

objs = $(patsubst %,$(BUILD)/$(1)/%.o,$(basename $(src_$(2))))
HOST_TOOL := $(BUILD)/storeboot
INIT := $(GUEST_BUILD)/storeboot-init

# make splits words at blanks, and so do the configure scripts of what scripts/deps builds.
ifneq ($(words x$(CURDIR)x$(BUILD)x),1)
$(error there is a blank in the path of $(CURDIR) or $(BUILD): the build cannot work there; move it)
endif

.PHONY: all check check-unit check-scripts check-vm check-farm check-long check-faults check-soak check-matrix lint analyze format fuzz bench-store install dist deb clean distclean FORCE
all: $(INIT) $(if $(ARCH),,$(HOST_TOOL))
	@:

# room-archive VARIANT ROOM AR
define room_archive
$(BUILD)/$(1)/$(2).a: $$(call objs,$(1),$(2))
	$$(call say,AR,$$@)
	$(Q)rm -f $$@ && $(3) rcsD $$@ $$^
endef
$(foreach r,lib agent mount net fs init,$(eval $(call room_archive,$(GUEST),$(r),$(GUEST_AR))))
$(foreach r,lib hostlib host,$(eval $(call room_archive,host,$(r),$(AR))))
$(foreach r,$(ROOMS),$(eval $(call room_archive,asan,$(r),$(AR))))

$(BUILD)/$(GUEST)/%.o: %.c $(DEPS_STAMP) Makefile
	$(call say,MUSL,$<)
	$(Q)mkdir -p $(@D) && $(GUEST_CC) $(GUEST_FLAGS) -MMD -MP -c $< -o $@
$(BUILD)/host/%.o: %.c Makefile $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(HOST_FLAGS) $(CPPFLAGS_PREFIX) -MMD -MP -c $< -o $@
$(BUILD)/host/%.o: %.S Makefile $(BUILD)/flags
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(HARDEN) -I. -c $< -o $@
$(BUILD)/asan/%.o: %.c Makefile
	$(call say,ASAN,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(ASAN_FLAGS) $(CPPFLAGS_PREFIX) -MMD -MP -c $< -o $@
$(BUILD)/asan/%.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) -I. -c $< -o $@

# What PREFIX is compiled into. The files change when PREFIX or the flags do, and each make looks at them.
PREFIX_OBJS := $(foreach v,host asan,$(BUILD)/$(v)/host/initrd/initrd_input.o)
$(PREFIX_OBJS): private CPPFLAGS_PREFIX := -DSTOREBOOT_LIBDIR='"$(PREFIX)/lib/storeboot"'
$(PREFIX_OBJS): $(BUILD)/prefix
$(BUILD)/prefix: content = $(PREFIX)
$(BUILD)/flags: content = $(CC) $(HOST_FLAGS) $(HOST_LDFLAGS)
$(BUILD)/prefix $(BUILD)/flags: FORCE
	$(Q)mkdir -p $(@D) && echo '$(subst ','\'',$(content))' | cmp -s - $@ || echo '$(subst ','\'',$(content))' >$@
FORCE:

$(DEPS_STAMP): scripts/deps scripts/deps.lock $(if $(ARCH),$(GUEST_CC))
	$(Q)BUILD=$(GUEST_BUILD) CC='$(GUEST_CC)' PIE=$(GUEST_PIE) $(DEPS_ENV) scripts/deps
$(ASAN_DEPS)/stamp: scripts/deps scripts/deps.lock $(DEPS_STAMP)
	$(Q)BUILD=$(BUILD)/asan CC='$(CC)' SANITIZE='$(SAN)' ASAN_OPTIONS=detect_leaks=0 \
		STOREBOOT_TARBALLS=$${STOREBOOT_TARBALLS:-$$(ls -d $(DEPS)/tarballs 2>/dev/null)} scripts/deps --from-source
$(patsubst %.c,$(BUILD)/asan/%.o,$(wildcard fs/*.c tests/unit/fs/*.c tests/fuzz/fs/*.c)): $(ASAN_DEPS)/stamp
$(SYSROOT)/cc:
	$(Q)BUILD=$(BUILD) scripts/sysroot $(ARCH) >/dev/null

GUEST_ARCHIVES := $(foreach r,init agent mount net fs lib,$(BUILD)/$(GUEST)/$(r).a)
# Nothing unwinds the stack; musl's tables for it would be 12 KB. "no INTERP": some musl-gcc make a dynamic program
# out of -static -pie without a word, so look.
$(INIT): $(GUEST_ARCHIVES)
	$(call say,LD,$@)
	$(Q)$(GUEST_CC) $(GUEST_LDFLAGS) -o $@.debug $(GUEST_ARCHIVES) $(GUEST_LIBS)
	$(Q)$(CROSS)strip -s -R .comment -R .eh_frame -o $@.tmp $@.debug
	$(Q)if $(CROSS)readelf -lW $@.tmp | grep -q INTERP; then echo "$@ is not static" >&2; exit 1; fi
	$(Q)mv $@.tmp $@

$(HOST_TOOL): $(BUILD)/host/host.a $(BUILD)/host/hostlib.a $(BUILD)/host/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(HOST_LIBS)

# --- unit tests: tests/unit/ROOM/NAME.c links ROOM's archive and what that may use, nothing else ---------
unit = $(patsubst tests/unit/%.c,$(BUILD)/$(1)/tests/unit/%,$(wildcard $(foreach r,$(2),tests/unit/$(r)/*.c)))
UNIT_PLAIN := $(call unit,guest,lib agent mount net fs init) $(call unit,host,host/*)
UNIT_ASAN := $(call unit,asan,lib agent mount net fs init host/*)
fuzz = $(patsubst tests/fuzz/%.c,$(BUILD)/$(1)/tests/fuzz/%,$(wildcard $(foreach r,$(ROOMS),tests/fuzz/$(r)/*.c)))
FUZZ_ASAN := $(call fuzz,asan)
# archives VARIANT,TEST: host/lib is an archive of its own, which knows nothing of the other rooms of host.
archives = $(patsubst %,$(BUILD)/$(1)/%.a,$(if $(filter host/lib/%,$(2)),hostlib,$(firstword $(subst /, ,$(2))) \
	$(if $(filter host/%,$(2)),hostlib)) lib)

.SECONDARY:
.SECONDEXPANSION:
$(BUILD)/guest/tests/unit/%: $(BUILD)/guest/tests/unit/%.o $$(call archives,guest,$$*)
	$(call say,LD,$@)
	$(Q)$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $^ $(if $(filter fs/%,$*),$(GUEST_LIBS))
$(BUILD)/host/tests/unit/%: $(BUILD)/host/tests/unit/%.o $$(call archives,host,$$*)
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_LDFLAGS) -o $@ $^ $(HOST_LIBS)
$(BUILD)/asan/tests/unit/%: $(BUILD)/asan/tests/unit/%.o $$(call archives,asan,$$*)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(if $(filter host/%,$*),$(HOST_LIBS)) $(if $(filter fs/%,$*),$(ASAN_FS_LIBS))
# A fuzz target's main() replays its corpus, tests/data/fuzz/ROOM/NAME; `make fuzz` builds it with libFuzzer.
$(BUILD)/asan/tests/fuzz/%: $(BUILD)/asan/tests/fuzz/%.o $(BUILD)/asan/tests/lib/fuzz_main.o $$(call archives,asan,$$*)
	$(call say,LD,$@)
	$(Q)$(CC) $(SAN) -o $@ $^ $(if $(filter host/%,$*),$(HOST_LIBS)) $(if $(filter fs/%,$*),$(ASAN_FS_LIBS))
fuzz:
	$(Q)BUILD=$(BUILD) tests/lib/fuzz

check: all $(UNIT_PLAIN) $(UNIT_ASAN) $(FUZZ_ASAN)
	$(Q)BUILD=$(BUILD) tests/lib/run unit scripts lint vm farm
check-unit: $(UNIT_PLAIN) $(UNIT_ASAN) $(FUZZ_ASAN)
	$(Q)BUILD=$(BUILD) tests/lib/run unit
check-scripts: all
	$(Q)BUILD=$(BUILD) tests/lib/run scripts
check-farm: all
	$(Q)BUILD=$(BUILD) ROW=$(ROW) tests/lib/run farm
check-vm: all
	$(Q)BUILD=$(BUILD) ROW=$(ROW) tests/lib/run vm
check-faults: all
	$(Q)BUILD=$(BUILD) FAULTS=all tests/lib/run-tap faults/syscalls 7200 bash tests/scripts/syscall-faults.sh
check-soak: all
	$(Q)BUILD=$(BUILD) tests/lib/soak $(or $(N),100) $(SEED) $(J)
check-matrix: all
	$(Q)BUILD=$(BUILD) tests/lib/run matrix
check-long: all
	$(Q)BUILD=$(BUILD) scripts/setup long
	$(Q)BUILD=$(BUILD) ROW=$(ROW) tests/lib/run long

bench-store: all
lint analyze bench-store:
	$(Q)BUILD=$(BUILD) scripts/$@
format:
	$(Q)git ls-files '*.[ch]' | xargs clang-format -i

# --- install -------------------------------------------------------------------------------------------
COMPLETIONS := bash-completion/completions/storeboot zsh/site-functions/_storeboot \
	fish/vendor_completions.d/storeboot.fish
# Pages lie as they do here, so that their links hold.
DOCS := README.md LICENSE NOTICE host/man/session.svg $(wildcard host/man/*.md host/man/tasks/*.md host/nix/*.md)
install: all
	install -d $(DESTDIR)$(PREFIX)/$(INITDIR)
	install -m 755 $(INIT) $(DESTDIR)$(PREFIX)/$(INITDIR)/storeboot-init
ifeq ($(ARCH),)
	install -d $(DESTDIR)$(PREFIX)/bin $(foreach c,$(COMPLETIONS),$(DESTDIR)$(PREFIX)/share/$(dir $(c))) \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8
	install -m 755 $(HOST_TOOL) $(DESTDIR)$(PREFIX)/bin/storeboot
	install -m 644 host/man/storeboot.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 host/man/storeboot-init.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	$(Q)for c in $(COMPLETIONS:%=$(DESTDIR)$(PREFIX)/share/%); do \
		case $$c in */bash*) s=bash ;; */zsh*) s=zsh ;; *) s=fish ;; esac; \
		$(HOST_TOOL) completion $$s >"$$c" && chmod 644 "$$c" || exit 1; done
	$(Q)for f in $(DOCS); do install -D -m 644 $$f $(DESTDIR)$(PREFIX)/share/doc/storeboot/$$f || exit 1; done
endif

dist deb: all
	$(Q)BUILD=$(BUILD) VERSION=$(VERSION) scripts/$@

# clean keeps what takes long to get: the libraries, kernels and downloads; distclean does not.
clean:
	rm -rf $(foreach d,guest host asan fuzz logs */guest,$(BUILD)/$(d)) $(BUILD)/storeboot* $(BUILD)/*/storeboot-init*
distclean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD)/$(GUEST) $(BUILD)/host $(BUILD)/asan -name '*.d' 2>/dev/null)
