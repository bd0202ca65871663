/* SPDX-License-Identifier: MIT */
/* devices.c - tests of EFI's descriptors, of credentials, and of what QEMU is told of such devices
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/qemu/efi.h"
#include "host/qemu/qemu.h"
#include "init/lib/file.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

#define MAPPING \
	"'mapping':{'device':'flash','executable':{'filename':'/c','format':'raw'}," \
	"'nvram-template':{'filename':'/v','format':'raw'}}"
#define TARGETS "'targets':[{'architecture':'x86_64','machines':['pc-i440fx-*','pc-q35-*']}]"
#define ALL(interface, mapping, targets, features) \
	"{'interface-types':['" interface "']," mapping "," targets ",'features':[" features "]}"

static void descriptors(void)
{
	static const struct {
		const char *json;
		int want;
	} rows[] = {
		{ ALL("uefi", MAPPING, TARGETS, "'acpi-s3','verbose-dynamic'"), 1 },
		{ ALL("uefi", MAPPING, TARGETS, "'secure-boot'"), 0 },
		{ ALL("uefi", MAPPING, TARGETS, "'requires-smm'"), 0 },
		{ ALL("bios", MAPPING, TARGETS, ""), 0 },
		{ ALL("uefi", MAPPING, "'targets':[{'architecture':'aarch64','machines':['*']}]",
		      ""),
		  0 },
		{ ALL("uefi", MAPPING,
		      "'targets':[{'architecture':'x86_64','machines':['microvm']}]", ""),
		  0 },
		{ ALL("uefi", MAPPING, "'targets':[]", ""), 0 },
		{ ALL("uefi", "'mapping':{'device':'memory','filename':'/c'}", TARGETS, ""), 0 },
		{ ALL("uefi",
		      "'mapping':{'device':'flash','mode':'stateless','executable':{'filename':'/c',"
		      "'format':'raw'},'nvram-template':{'filename':'/v','format':'raw'}}",
		      TARGETS, ""),
		  0 },
		{ ALL("uefi",
		      "'mapping':{'device':'flash','executable':{'filename':'/c','format':'qcow2'},"
		      "'nvram-template':{'filename':'/v','format':'qcow2'}}",
		      TARGETS, ""),
		  0 },
		{ "{}", 0 },
		{ "[]", 0 },
		{ "{'interface-types':'uefi','mapping':1,'targets':{},'features':7}", 0 },
		{ "{'interface-types':", -EINVAL },
		{ "", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf json = { 0 };
		struct efi efi = { 0 };

		CHECK_INT(buf_add(&json, rows[i].json, strlen(rows[i].json)), 0);
		for (size_t j = 0; j < json.len; j++)
			if (json.data[j] == '\'')
				json.data[j] = '"';
		CHECK_INT(efi_descriptor(json.data ? json.data : "", arch_find(EM_X86_64), &efi),
			  rows[i].want);
		CHECK_STR(efi.code, rows[i].want == 1 ? "/c" : "");
		CHECK_STR(efi.variables, rows[i].want == 1 ? "/v" : "");
	}
}

/* A copy is made where there is none, and of what is there where it is to be thrown away. */
static void variables(void)
{
	static const char dir[] = "/tmp";
	struct efi efi = EFI_INIT, other;
	struct err e = { 0 };
	char text[16];

	if (scratch_enter(0) < 0) {
		printf("# no mount namespace here\n");
		test_ok = false;
		return;
	}
	snprintf(efi.variables, sizeof(efi.variables), "%s/template", dir);
	snprintf(efi.vars, sizeof(efi.vars), "%s/vars", dir);
	CHECK_INT(efi_ready(&efi, NULL, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK(access(efi.vars, F_OK) < 0); /* nothing made */
	CHECK_INT(file_replace(AT_FDCWD, efi.variables, "first", 5, 0644), 0);
	CHECK_INT(efi_ready(&efi, NULL, &e), 0);
	other = efi;
	other.place.dir = other.fd = -1;
	CHECK_INT(efi_ready(&other, NULL, &e), -EBUSY);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_HAS(e.text, "/tmp/vars is in use by pid ");
	efi_undo(&efi); /* QEMU did not start */
	CHECK(access(efi.vars, F_OK) < 0);
	close(efi.fd);
	CHECK_INT(efi_ready(&efi, NULL, &e), 0);
	close(efi.fd);
	CHECK_INT(file_read_line(AT_FDCWD, efi.vars, text, sizeof(text)), 0);
	CHECK_STR(text, "first");
	CHECK_INT(file_replace(AT_FDCWD, efi.vars, "kept", 4, 0644), 0);
	CHECK_INT(efi_ready(&efi, NULL, &e), 0);
	CHECK_INT(file_read_line(AT_FDCWD, efi.vars, text, sizeof(text)), 0);
	CHECK_STR(text, "kept");
	efi_undo(&efi);
	CHECK_INT(access(efi.vars, F_OK), 0); /* it was there before */
	close(efi.fd);
	CHECK_INT(unlink("/tmp/vars") | symlink("secret", "/tmp/vars"), 0);
	CHECK_INT(file_replace(AT_FDCWD, "/tmp/secret", "mine", 4, 0644), 0);
	CHECK_INT(efi_ready(&efi, NULL, &e), -ELOOP);
	CHECK_HAS(e.text, "/tmp/vars: a link leads there, and a guest may have made it");
	CHECK_INT(efi_ready(&efi, dir, &e), -ELOOP);
	CHECK_INT(file_read_line(AT_FDCWD, "/tmp/secret", text, sizeof(text)), 0);
	CHECK_STR(text, "mine");
	CHECK_INT(unlink("/tmp/vars"), 0);
	CHECK_INT(file_replace(AT_FDCWD, efi.vars, "kept", 4, 0644), 0);
	CHECK_INT(efi_ready(&efi, dir, &e), 0);
	CHECK_HAS(efi.vars, "/efi-vars.fd");
	CHECK_INT(file_read_line(AT_FDCWD, efi.vars, text, sizeof(text)), 0);
	CHECK_STR(text, "kept");
	close(efi.fd);
}

static void credentials(void)
{
	static const char *const bad[] = { "",
					   "a",
					   ":/dev/null",
					   "a/b:/dev/null",
					   ".a:/dev/null",
					   "a,b:/dev/null",
					   "a b:/dev/null",
					   "a-name-of-twenty-nine-letters:/dev/null" };
	_cleanup_(credentials_free) struct credentials c = { 0 };
	_cleanup_argv_ struct argv v = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(credential_add(&c, bad[i], &e), -EINVAL);
		CHECK_INT(e.exit_status, EXIT_USAGE);
	}
	CHECK_INT(credential_add(&c, "a:/no such file", &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(credential_add(&c, "a:/dev/zero", &e), -EINVAL);
	CHECK_INT(credential_add(&c, "a:/", &e), -EINVAL);
	CHECK_INT(credential_add(&c, "a-name-of-28-letters-is-fine:/proc/../proc/version", &e), 0);
	credentials_qemu(&c, &v);
	CHECK_INT(v.error, 0);
	CHECK_INT(v.words.n, 2);
	CHECK_STR(v.words.v[0], "-fw_cfg");
	CHECK_STR(
		v.words.v[1],
		"name=opt/io.systemd.credentials/a-name-of-28-letters-is-fine,file=/proc/version");
}

/* One by a pipe is kept; where nothing more fits nothing is. */
static void piped_credential(void)
{
	_cleanup_(credentials_free) struct credentials c = { 0 };
	_cleanup_argv_ struct argv v = { 0 };
	char said[64], folder[PATH_MAX], text[16], path[PATH_MAX];
	struct err e = { 0 };
	int fds[2];

	CHECK_INT(folder_make(folder, &e), 0);
	CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
	CHECK_INT(write(fds[1], "hush", 4), 4);
	close(fds[1]);
	snprintf(said, sizeof(said), "a:/dev/fd/%d", fds[0]);
	CHECK(!credentials_piped(&c));
	CHECK_INT(credential_add(&c, said, &e), 0);
	close(fds[0]);
	CHECK_STR(credentials_piped(&c), "a");
	CHECK_INT(credentials_ready(&c, folder, &e), 0);
	credentials_qemu(&c, &v);
	CHECK_INT(v.error, 0);
	snprintf(path, sizeof(path), "%.200s/credential-a", folder);
	CHECK_HAS(v.words.v[1], path);
	CHECK_INT(file_read_line(AT_FDCWD, path, text, sizeof(text)), 0);
	CHECK_STR(text, "hush");
	snprintf(path, sizeof(path), "b:%.200s/large", folder);
	CHECK_INT(file_replace(AT_FDCWD, path + 2, "", 0, 0600), 0);
	CHECK_INT(truncate(path + 2, CREDENTIALS_BYTES - 3), 0);
	CHECK_INT(credential_add(&c, path, &e), -EFBIG);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(truncate(path + 2, CREDENTIALS_BYTES - 4), 0);
	CHECK_INT(credential_add(&c, path, &e), 0);
	folder_remove(folder);
}

static void told(const struct qemu_config *c, const char *want)
{
	_cleanup_argv_ struct argv v = { 0 };
	_cleanup_buf_ struct buf text = { 0 };

	qemu_args(c, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i < v.words.n; i++)
		CHECK_INT(buf_addf(&text, "%s ", v.words.v[i]), 0);
	CHECK_HAS(text.data, want);
}

static void what_qemu_is_told(void)
{
	char none[] = "";
	struct qemu_config c = { .program = "q",
				 .name = "n",
				 .arch = arch_find(EM_X86_64),
				 .kernel = "/k",
				 .initrd = "/i",
				 .append = { .data = none },
				 .console_fd = 3,
				 .channel_fd = 6,
				 .tpm_fd = 9,
				 .agent_fd = 8,
				 .graphics = true,
				 .efi = {
					 .wanted = true, .code = "/c,d", .vars = "/v", .fd = -1 } };

	told(&c, " -drive if=pflash,format=raw,unit=0,readonly=on,file=/c,,d "
		 "-drive if=pflash,format=raw,unit=1,file=/v ");
	c.efi.fd = 7; /* the file that is locked, whatever its name is by then */
	told(&c, " -drive if=pflash,format=raw,unit=1,file=/proc/self/fd/7 ");
	told(&c, " -chardev socket,id=tpm,fd=9 -tpmdev emulator,id=tpm,chardev=tpm "
		 "-device tpm-tis,tpmdev=tpm ");
	told(&c, " -device virtio-serial-pci,max_ports=3 ");
	told(&c, " -chardev socket,id=agent,server=on,wait=off,fd=8 "
		 "-device virtserialport,chardev=agent,name=org.qemu.guest_agent.0 ");
	told(&c, " -device VGA -usb -device usb-tablet ");
	c.channel_fd = -1;
	c.width = 800;
	c.height = 600;
	c.arch = arch_find(EM_AARCH64);
	told(&c, " -device virtio-serial-pci,max_ports=2 ");
	told(&c, " -device virtio-gpu-pci,xres=800,yres=600 -device qemu-xhci -device usb-kbd "
		 "-device usb-tablet ");
	told(&c, " -device tpm-tis-device,tpmdev=tpm ");
}

int main(void)
{
	RUN(descriptors);
	RUN(variables);
	RUN(credentials);
	RUN(piped_credential);
	RUN(what_qemu_is_told);
	TEST_END();
}
