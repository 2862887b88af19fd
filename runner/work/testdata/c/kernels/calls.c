// Twins of the workloads that need neither a file nor memory.
#include "harness.h"
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <fcntl.h>

static pid_t parent;

static void getppid_batch(long n)
{
	while (n--)
		check(getppid() == parent);
}

static batch *getppid_twin(void)
{
	parent = getppid();
	return getppid_batch;
}

static void yield_batch(long n)
{
	while (n--)
		check(sched_yield() == 0);
}

static batch *yield_twin(void) { return yield_batch; }

static uint32_t word __attribute__((aligned(128)));
static int op;

static void wake_batch(long n)
{
	while (n--)
		check(syscall(SYS_futex, &word, op, 1, NULL, NULL, 0) == 0);
}

static void wait_batch(long n)
{
	while (n--)
		check(syscall(SYS_futex, &word, op, 1, NULL, NULL, 0) == -1 && errno == EAGAIN);
}

static batch *futex_twin(void)
{
	int wait = is("call", "wait", "wake");
	op = wait ? FUTEX_WAIT : FUTEX_WAKE;
	if (is("private", "true", "true"))
		op |= FUTEX_PRIVATE_FLAG;
	return wait ? wait_batch : wake_batch;
}

static int event;

static void eventfd_batch(long n)
{
	uint64_t put = 1, got;
	while (n--) {
		check(write(event, &put, 8) == 8);
		check(read(event, &got, 8) == 8 && got == put);
	}
}

static batch *eventfd_twin(void)
{
	check((event = eventfd(0, EFD_CLOEXEC)) >= 0);
	return eventfd_batch;
}

static int ends[2];
static unsigned char *put, *got, mark;
static long size;

static void pipe_batch(long n)
{
	while (n--) {
		put[0] = put[size - 1] = ++mark;
		check(write(ends[1], put, size) == size);
		check(read(ends[0], got, size) == size);
		check(got[0] == mark && got[size - 1] == mark);
	}
}

static batch *pipe_twin(void)
{
	size = number("size", 1);
	put = calloc(1, size);
	got = calloc(1, size);
	check(pipe2(ends, O_CLOEXEC) == 0);
	if (fcntl(ends[1], F_GETPIPE_SZ) < size)
		check(fcntl(ends[1], F_SETPIPE_SZ, size) >= size);
	return pipe_batch;
}

static int set, *watched, count, ready;
static struct epoll_event *events;

static void epoll_wait_batch(long n)
{
	while (n--)
		check(epoll_pwait(set, events, count, 0, NULL) == ready);
}

static void epoll_ctl_batch(long n)
{
	struct epoll_event in = {.events = EPOLLIN, .data.fd = watched[0]};
	while (n--) {
		check(epoll_ctl(set, EPOLL_CTL_DEL, watched[0], NULL) == 0);
		check(epoll_ctl(set, EPOLL_CTL_ADD, watched[0], &in) == 0);
	}
}

static batch *epoll_twin(void)
{
	count = number("fds", 128);
	ready = is("ready", "all", "one") ? count : is("ready", "one", "one");
	watched = calloc(count, sizeof *watched);
	events = calloc(count, sizeof *events);
	check((set = epoll_create1(EPOLL_CLOEXEC)) >= 0);
	for (int i = 0; i < count; i++) {
		check((watched[i] = eventfd(i < ready, EFD_CLOEXEC | EFD_NONBLOCK)) >= 0);
		struct epoll_event in = {.events = EPOLLIN, .data.fd = watched[i]};
		check(epoll_ctl(set, EPOLL_CTL_ADD, watched[i], &in) == 0);
	}
	return is("call", "ctl", "wait") ? epoll_ctl_batch : epoll_wait_batch;
}

static int clockfd;
static timer_t timer;
static struct itimerspec hour = {.it_value.tv_sec = 3600}, left;

static int runs(void)
{
	return left.it_value.tv_sec <= 3600 && (left.it_value.tv_sec > 0 || left.it_value.tv_nsec > 0);
}

static void fd_set_batch(long n)
{
	while (n--)
		check(timerfd_settime(clockfd, 0, &hour, NULL) == 0);
}

static void fd_get_batch(long n)
{
	while (n--)
		check(timerfd_gettime(clockfd, &left) == 0 && runs());
}

static void posix_set_batch(long n)
{
	while (n--)
		check(timer_settime(timer, 0, &hour, NULL) == 0);
}

static void posix_get_batch(long n)
{
	while (n--)
		check(timer_gettime(timer, &left) == 0 && runs());
}

static batch *timer_twin(void)
{
	int get = is("call", "gettime", "settime");
	if (is("of", "posix", "timerfd")) {
		struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMAX};
		check(timer_create(CLOCK_MONOTONIC, &e, &timer) == 0);
		posix_set_batch(1);
		return get ? posix_get_batch : posix_set_batch;
	}
	check((clockfd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) >= 0);
	fd_set_batch(1);
	return get ? fd_get_batch : fd_set_batch;
}

static pid_t pid, tid;
static sigset_t taken;

static void taken_batch(long n)
{
	struct timespec none = {0};
	while (n--) {
		check(tgkill(pid, tid, SIGRTMAX) == 0);
		check(sigtimedwait(&taken, NULL, &none) == SIGRTMAX);
	}
}

static void ignored_batch(long n)
{
	while (n--)
		check(tgkill(pid, tid, SIGUSR2) == 0);
}

static void handled_batch(long n)
{
	while (n--)
		check(tgkill(pid, tid, SIGUSR1) == 0);
}

static void nothing(int sig) { (void)sig; }

static batch *signal_twin(void)
{
	pid = getpid();
	tid = gettid();
	if (is("how", "ignored", "taken")) {
		check(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
		return ignored_batch;
	}
	if (is("how", "handled", "taken")) {
		check(signal(SIGUSR1, nothing) != SIG_ERR);
		return handled_batch;
	}
	sigemptyset(&taken);
	sigaddset(&taken, SIGRTMAX);
	check(sigprocmask(SIG_BLOCK, &taken, NULL) == 0);
	return taken_batch;
}

const struct twin calls[] = {
	{"getppid", getppid_twin}, {"sched_yield", yield_twin}, {"futex", futex_twin},
	{"eventfd", eventfd_twin}, {"pipe_self", pipe_twin}, {"epoll", epoll_twin},
	{"timer", timer_twin}, {"signal", signal_twin}, {NULL, NULL},
};
