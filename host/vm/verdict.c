/* SPDX-License-Identifier: MIT */
/*
 * verdict.c - how a run ended: one exit code and one line
 *
 * Success needs positive evidence: stage 1 reported that it hands over, and QEMU reported that the
 * guest itself ended the machine.
 */
#include "host/vm/verdict.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/vm/last_words.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

#define MIB ((uint64_t)1 << 20)
/* The least that a system needs besides its kernel. */
#define LITTLE (64 * MIB)

static void say(struct verdict *v, int exit_status, bool failed, const char *fmt, ...)
	_printf_(4, 5);

static void say(struct verdict *v, int exit_status, bool failed, const char *fmt, ...)
{
	va_list ap;

	v->exit_status = exit_status;
	v->failed = failed;
	va_start(ap, fmt);
	vsnprintf(v->line, sizeof(v->line), fmt, ap);
	va_end(ap);
}

void verdict_of_error(const struct err *e, struct verdict *ret)
{
	say(ret, e->exit_status ? e->exit_status : EXIT_MISSING, true, "%s", e->text);
}

void verdict_of_signal(int signal, struct verdict *ret)
{
	say(ret, EXIT_SIGNAL + signal, false, "ended by signal %d (%s)", signal, strsignal(signal));
}

static bool by_signal(const struct ending *end, struct verdict *v)
{
	if (!end->signal)
		return false;
	if (end->quit)
		say(v, EXIT_SIGNAL + end->signal, false, "ended by Ctrl-a x");
	else
		verdict_of_signal(end->signal, v);
	return true;
}

/* However the guest ended, its console output is incomplete. */
static bool lost_output(const struct ending *end, struct verdict *v)
{
	if (!end->out_error)
		return false;
	if (end->out_error == EPIPE) /* like any program that writes to head(1) */
		verdict_of_signal(SIGPIPE, v);
	else
		say(v, EXIT_MISSING, true, "cannot write what the guest says to stdout: %s",
		    strerror(end->out_error));
	return true;
}

/* Whether the share was lost when the guest or its command ended. */
static bool lost_share(const struct ending *end)
{
	return end->servers && (servers_gone(end->servers) || servers_lost(end->servers));
}

static bool has_ended(const struct command *c)
{
	return c && !c->out_error && (c->state == COMMAND_ENDED || c->state == COMMAND_REFUSED);
}

/* The command's status is the run's, whatever happened to the guest later. If it failed, a lost
 * share may be the cause; if it succeeded, it lacked nothing. */
static bool command_ended(const struct ending *end, struct verdict *v)
{
	const struct command *c = end->command;

	if (!has_ended(c) || (c->status != 0 && lost_share(end)))
		return false;
	if (c->state == COMMAND_REFUSED)
		say(v, c->status, true, "%s", c->why);
	else if (c->signal)
		say(v, c->status, true, "the command was killed by signal %d (%s)", c->signal,
		    strsignal(c->signal));
	else
		say(v, c->status, false, "%s", "");
	return true;
}

static bool no_agent(const struct ending *end, struct verdict *v)
{
	if (!end->command || end->command->state != COMMAND_NONE || !end->report->no_agent)
		return false;
	say(v, EXIT_GUEST, true, "%s", end->report->no_agent_text);
	return true;
}

/* If the guest ends before its command, the run has failed, however cleanly the guest ended. */
static bool command_lost(const struct ending *end, struct verdict *v)
{
	const struct command *c = end->command;

	if (!c)
		return false;
	if (end->qmp->by_guest)
		say(v, EXIT_GUEST, true, "the guest ended (%s) before the command %s",
		    end->qmp->reason, c->state == COMMAND_NONE ? "began" : "had ended");
	else if (c->state == COMMAND_NONE) /* QEMU was ended because the command could not begin */
		say(v, EXIT_GUEST, true, "the command could not begin: %s", end->channel_gone);
	else
		say(v, EXIT_GUEST, true, "the command's end is not known: %s",
		    end->channel_gone[0] ? end->channel_gone : c->why);
	return true;
}

static bool stage1_failed(const struct ending *end, struct verdict *v)
{
	const struct record *fail = &end->report->fail;

	if (!end->report->failed)
		return false;
	say(v, str_eq(fail->name, "share") || str_eq(fail->name, "bind") ? EXIT_SHARE : EXIT_STAGE1,
	    true, "stage 1 failed at step %s: %s", fail->name, fail->text);
	return true;
}

/* virtiofsd exits cleanly when QEMU closes its socket: then it is not the cause. */
static bool qemu_refused(const struct ending *end, struct verdict *v)
{
	const struct servers *s = end->servers;

	if (!end->refused || (s && s->alone && servers_gone(s) && s->status != 0))
		return false;
	say(v, end->refused->exit_status, true, "%s", end->refused->text);
	return true;
}

static bool qemu_failed(const struct ending *end, struct verdict *v)
{
	char how[64];

	if (end->qmp->shutdown && WIFEXITED(end->qemu_status) && WEXITSTATUS(end->qemu_status) == 0)
		return false;
	spawn_status_text(end->qemu_status, how, sizeof(how));
	if (WIFSIGNALED(end->qemu_status) && WTERMSIG(end->qemu_status) == SIGSYS) {
		say(v, EXIT_GUEST, true,
		    "QEMU ended: %s: it tried what its sandbox denies, such as to start a program for "
		    "a network card, a monitor's command or a window; --qemu-opts '-sandbox off' "
		    "permits it",
		    how);
		return true;
	}
	say(v, EXIT_GUEST, true, "QEMU ended: %s%s%s", how, end->qemu_said[0] ? ": " : "",
	    end->qemu_said);
	return true;
}

/*
 * QEMU's event is certain. A panic message on the console may be an old log's, so it counts only if
 * the kernel has no driver for QEMU's panic device, or not yet; and not before a clean restart or a
 * power-off.
 */
static bool has_panicked(const struct ending *end, const char *text)
{
	const struct qmp *q = end->qmp;

	if (q->panicked || !text || end->report->pvpanic)
		return q->panicked;
	return !q->by_guest || (str_eq(q->reason, "guest-reset") && !last_words_restarted(text));
}

/* Reports the panic message, up to the end of its line. */
static bool panicked(const struct ending *end, struct verdict *v)
{
	const char *text = last_words_panic(end->console);

	if (!has_panicked(end, text))
		return false;
	if (!text)
		text = LAST_WORDS_PANIC;
	v->panicked = true;
	say(v, EXIT_GUEST, true, "the guest's kernel panicked: %.*s", (int)strcspn(text, "\r\n"),
	    text);
	return true;
}

/* A clean power-off by `storeboot stop` is a normal end, unless a command had not ended. */
static bool by_request(const struct ending *end, struct verdict *v)
{
	const struct report *r = end->report;
	bool off = end->qmp->by_guest;

	if (!end->stopped || (off && r->stage2 && !end->command))
		return false;
	say(v, EXIT_SIGNAL + SIGTERM, false, "ended by storeboot stop%s",
	    !r->stage2 ? ", before stage 2" :
	    !off       ? "; the guest had not powered off" :
			 "; the command had not ended");
	return true;
}

/* Not if the guest ended by itself meanwhile. */
static bool too_long(const struct ending *end, struct verdict *v)
{
	char text[256];

	if (end->missed == DEADLINE_NONE || end->qmp->by_guest)
		return false;
	deadline_text(end->missed, end->limits, end->report, text, sizeof(text));
	say(v, EXIT_GUEST, true, "%s", text);
	return true;
}

/* The launcher ended QEMU because the share was gone. */
static bool share_gone(const struct ending *end, struct verdict *v)
{
	const struct servers *s = end->servers;
	char how[64];

	if (!s || !servers_gone(s))
		return false;
	/* A server beside QEMU exits cleanly when QEMU ends, and may be noticed first. */
	if (s->alone && s->status == 0 && end->qmp->by_guest)
		return false;
	if (s->alone) {
		say(v, EXIT_SHARE, true, "the share is gone: its server, virtiofsd, ended (%s)%s%s",
		    spawn_status_text(s->status, how, sizeof(how)), end->server_said[0] ? ": " : "",
		    end->server_said);
		return true;
	}
	say(v, EXIT_SHARE, true,
	    "the share is gone: %u file servers failed one after the other within %llu s: "
	    "%s%s%s",
	    s->failed, (unsigned long long)(s->last_us - s->first_us) / 1000000,
	    spawn_status_text(s->status, how, sizeof(how)), end->qemu_said[0] ? "; " : "",
	    end->qemu_said);
	return true;
}

/* The guest or its command ended by itself, but may have missed data: no success. */
static bool share_lost(const struct ending *end, struct verdict *v)
{
	const struct servers *s = end->servers;
	bool command = has_ended(end->command);
	char how[64];

	if (!s || !servers_lost(s) || (!command && !end->qmp->by_guest))
		return false;
	say(v, EXIT_SHARE, true,
	    "the share was gone when the %s ended: its file server failed (%s), and no other came up%s%s",
	    command ? "command" : "guest", spawn_status_text(s->status, how, sizeof(how)),
	    end->qemu_said[0] ? "; " : "", end->qemu_said);
	return true;
}

static bool before_stage2(const struct ending *end, struct verdict *v)
{
	const struct report *r = end->report;

	if (r->stage2)
		return false;
	if (r->records == 0)
		say(v, EXIT_GUEST, true, "the guest ended (%s) before stage 1 said a word",
		    end->qmp->reason);
	else
		say(v, EXIT_GUEST, true, "the guest ended (%s) in stage 1, after step %s",
		    end->qmp->reason, r->last_step[0] ? r->last_step : "(none)");
	return true;
}

static bool after_stage2(const struct ending *end, struct verdict *v)
{
	if (!end->qmp->by_guest)
		/* The window was closed, or somebody ended QEMU otherwise. */
		say(v, EXIT_GUEST, true, "QEMU was ended (%s); the guest had not powered off",
		    end->qmp->reason);
	else if (str_eq(end->qmp->reason, "guest-reset"))
		say(v, EXIT_OK, false, "the guest asked for a reboot");
	else
		say(v, EXIT_OK, false, "%s", "");
	return true;
}

static void append(struct verdict *v, const char *fmt, ...) _printf_(2, 3);

static void append(struct verdict *v, const char *fmt, ...)
{
	size_t len = strlen(v->line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->line + len, sizeof(v->line) - len, fmt, ap);
	va_end(ap);
}

bool verdict_is_little(uint64_t memory, uint64_t kernel_needs)
{
	return memory && memory < (kernel_needs ? kernel_needs : LITTLE) + LITTLE;
}

/* Too little memory has many symptoms: a silent kernel, a panic, a step or program that fails, a
 * guest that reads its programs again and again. */
static void tell_memory(const struct ending *end, struct verdict *v)
{
	const unsigned long long mib = end->qmp->memory / MIB,
				 needs = (end->kernel_needs + MIB - 1) / MIB;
	const char *words = end->report->failed && end->report->fail.num == ENOMEM ?
				    strerror(ENOMEM) :
				    last_words_memory(end->console);

	if (mib == 0)
		return;
	if (words && !strstr(v->line, words))
		append(v, "; it ran out of memory (\"%s\")", words);
	if (words)
		append(v, "; it had %llu MiB of memory: give it more with --memory", mib);
	else if (mib < needs)
		append(v,
		       "; it had %llu MiB of memory, and its kernel alone needs %llu: give it more with "
		       "--memory",
		       mib, needs);
	else if (verdict_is_little(end->qmp->memory, end->kernel_needs))
		append(v,
		       "; it had only %llu MiB of memory, which may be too little: give it more with "
		       "--memory",
		       mib);
}

/* Whether the guest failed for a reason of its own. */
static bool may_lack_memory(const struct verdict *v)
{
	return v->failed && (v->exit_status == EXIT_GUEST || v->exit_status == EXIT_STAGE1);
}

void verdict_of(const struct ending *end, struct verdict *ret)
{
	/* In order of precedence: the first rule that applies is the verdict, unless a command's
	 * status is. */
	static bool (*const rules[])(const struct ending *, struct verdict *) = {
		by_signal,   qemu_refused,  stage1_failed, panicked,	 by_request,
		lost_output, share_gone,    share_lost,	   too_long,	 no_agent,
		qemu_failed, before_stage2, command_lost,  after_stage2,
	};

	bool by_command = command_ended(end, ret);

	for (size_t i = 0; !by_command && i < ARRAY_SIZE(rules); i++)
		if (rules[i](end, ret))
			break;
	if (ret->exit_status == EXIT_OK && end->io_error[0]) {
		say(ret, EXIT_GUEST, true, "the guest ended by itself, but saw I/O errors: %s",
		    end->io_error);
		by_command = false;
	}
	if (by_command && end->command->signal == SIGKILL && last_words_memory(end->console))
		tell_memory(end, ret); /* the guest's out-of-memory killer did it */
	if (by_command)
		return;
	if (may_lack_memory(ret) && !end->io_error[0])
		tell_memory(end, ret);
	if (ret->exit_status == EXIT_GUEST)
		last_words_lines(end->console, ret->panicked, ret->console, sizeof(ret->console));
	if (end->command)
		verdict_for_command(ret);
}

void verdict_for_command(struct verdict *v)
{
	if (v->exit_status == EXIT_OK || v->exit_status >= EXIT_SIGNAL)
		return;
	v->code = v->exit_status;
	v->exit_status = EXIT_COMMAND;
	append(v, " (code %d)", v->code);
}
