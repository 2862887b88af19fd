// pingpong LINK SIZE COUNT: two processes pass a message of SIZE bytes there and back COUNT times
// over LINK (pipe, socketpair, mqueue or shm). Prints the nanoseconds of a round trip: the median over
// blocks of a hundred.
//
// What a C programmer would write: one write and one read for each message of
// known length, one mq_send and one mq_receive, or one slot in shared memory for each direction whose
// reader sleeps on a futex. The number of the message stands in it and is checked.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "company.h"

static size_t size;

static void fail(const char *what) {
	perror(what);
	exit(1);
}

struct slot {
	_Alignas(128) _Atomic unsigned full;
	_Alignas(128) _Atomic unsigned waiting;
	_Alignas(128) char bytes[];
};

static int in, out;
static mqd_t queue_in, queue_out;
static struct slot *slot_in, *slot_out;
static void (*send_message)(const char *);
static void (*receive_message)(char *);

static void write_fd(const char *m) {
	for (size_t at = 0; at < size;) {
		ssize_t n = write(out, m + at, size - at);
		if (n <= 0)
			fail("write");
		at += (size_t)n;
	}
}

static void read_fd(char *m) {
	for (size_t at = 0; at < size;) {
		ssize_t n = read(in, m + at, size - at);
		if (n <= 0)
			fail("read");
		at += (size_t)n;
	}
}

static void send_queue(const char *m) {
	if (mq_send(queue_out, m, size, 0) != 0)
		fail("mq_send");
}

static void receive_queue(char *m) {
	if (mq_receive(queue_in, m, size, NULL) != (ssize_t)size)
		fail("mq_receive");
}

static void send_slot(const char *m) {
	memcpy(slot_out->bytes, m, size);
	atomic_store(&slot_out->full, 1);
	if (atomic_load(&slot_out->waiting)) {
		atomic_store(&slot_out->waiting, 0);
		syscall(SYS_futex, &slot_out->waiting, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
}

static void receive_slot(char *m) {
	while (!atomic_load(&slot_in->full)) {
		atomic_store(&slot_in->waiting, 1);
		if (atomic_load(&slot_in->full)) {
			atomic_store(&slot_in->waiting, 0);
			break;
		}
		syscall(SYS_futex, &slot_in->waiting, FUTEX_WAIT, 1, NULL, NULL, 0);
	}
	memcpy(m, slot_in->bytes, size);
	atomic_store(&slot_in->full, 0);
}

static mqd_t make_queue(void) {
	struct mq_attr attr = {.mq_maxmsg = 10, .mq_msgsize = (long)size};
	mqd_t q = mq_open("/forklore-pingpong-c", O_CREAT | O_EXCL | O_RDWR, 0600, &attr);
	if (q == (mqd_t)-1)
		fail("mq_open");
	mq_unlink("/forklore-pingpong-c");
	return q;
}

static struct slot *make_slot(void) {
	void *m = mmap(NULL, sizeof(struct slot) + size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (m == MAP_FAILED)
		fail("mmap");
	return m;
}

// open_link makes both directions, [0] from the parent to the child.
static int fds[2][2], both[2];
static mqd_t queues[2];
static struct slot *slots[2];
static const char *name;

static void open_link(void) {
	if (strcmp(name, "pipe") == 0) {
		if (pipe(fds[0]) != 0 || pipe(fds[1]) != 0)
			fail("pipe");
	} else if (strcmp(name, "socketpair") == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, both) != 0)
			fail("socketpair");
	} else if (strcmp(name, "mqueue") == 0) {
		queues[0] = make_queue();
		queues[1] = make_queue();
	} else if (strcmp(name, "shm") == 0) {
		slots[0] = make_slot();
		slots[1] = make_slot();
	} else {
		fprintf(stderr, "no link is named %s\n", name);
		exit(2);
	}
}

static void take_end(int child) {
	send_message = write_fd;
	receive_message = read_fd;
	if (strcmp(name, "pipe") == 0) {
		out = fds[child][1];
		in = fds[!child][0];
	} else if (strcmp(name, "socketpair") == 0) {
		in = out = both[child];
	} else if (strcmp(name, "mqueue") == 0) {
		queue_out = queues[child];
		queue_in = queues[!child];
		send_message = send_queue;
		receive_message = receive_queue;
	} else {
		slot_out = slots[child];
		slot_in = slots[!child];
		send_message = send_slot;
		receive_message = receive_slot;
	}
}

enum { BLOCK = 100 };

static int compare(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void check(const char *m, long k) {
	if (*m != (char)k) {
		fprintf(stderr, "message %ld came as %d\n", k & 0xff, (unsigned char)*m);
		exit(1);
	}
}

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "usage: pingpong LINK SIZE COUNT\n");
		return 2;
	}
	name = argv[1];
	size = strtoul(argv[2], NULL, 10);
	long count = strtol(argv[3], NULL, 10);
	char *message = calloc(1, size);
	memset(message, 1, size);
	open_link();
	pid_t child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		keep_company();
		take_end(1);
		for (long k = 0; k < count; k++) {
			receive_message(message);
			check(message, k);
			send_message(message);
		}
		return 0;
	}
	keep_company();
	take_end(0);
	double *blocks = calloc((size_t)(count / BLOCK) + 1, sizeof *blocks);
	double begin = now();
	for (long k = 0; k < count; k++) {
		*message = (char)k;
		send_message(message);
		receive_message(message);
		check(message, k);
		if (k % BLOCK == BLOCK - 1) {
			double end = now();
			blocks[k / BLOCK] = (end - begin) / BLOCK;
			begin = end;
		}
	}
	int status;
	if (waitpid(child, &status, 0) != child || status != 0)
		fail("child");
	qsort(blocks, (size_t)(count / BLOCK), sizeof *blocks, compare);
	printf("%.1f\n", blocks[count / BLOCK / 2]);
	return 0;
}
