// The C twins of spawn: the same life cycles, by one creator, for some seconds.
//
//	spawn HOW SECONDS K [IMAGE]
//
// prints the executors/s of an item with K of them, by HOW:
//
//	threads      pthread_create and pthread_join, with the C library's defaults
//	posix_spawn  posix_spawn of IMAGE and waitpid
//	vfork        vfork, execve of IMAGE and waitpid
//	fork         fork, execve of IMAGE and waitpid
//
// IMAGE keeps to the protocol of spawn: it writes 16 bytes of time and its label,
// reads to the end of its input, and exits with the exclusive or of the label's bytes.
// Build: gcc -O2 -pthread -o spawn spawn.c
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define MOST 1000

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void check(int bad, const char *what) {
	if (bad) {
		fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

static uint64_t scramble(uint64_t x) {
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t label(int64_t item, int i) {
	uint64_t hash = scramble(scramble(item) + i);
	return hash << 16 | (uint64_t)i >> 7 << 8 | (i & 0x7f) | 0x8080808080808080;
}

static uint64_t answer(uint64_t l) {
	l ^= l >> 32;
	l ^= l >> 16;
	l ^= l >> 8;
	return l & 0xff;
}

static void expect(int holds) {
	if (!holds) {
		fprintf(stderr, "spawn: an executor gave the wrong answer\n");
		exit(1);
	}
}

// Threads.

static struct thread {
	pthread_t id;
	uint64_t label, echo;
	sem_t order;
	char pad[64];
} threads[MOST];

static sem_t running;

static void *live(void *arg) {
	struct thread *t = arg;
	t->echo = t->label;
	sem_post(&running);
	while (sem_wait(&t->order) != 0)
		;
	return (void *)answer(t->label);
}

static void thread_cycle(int64_t item, int k) {
	for (int i = 0; i < k; i++) {
		threads[i].label = label(item, i);
		errno = pthread_create(&threads[i].id, NULL, live, &threads[i]);
		check(errno != 0, "pthread_create");
	}
	for (int i = 0; i < k; i++)
		while (sem_wait(&running) != 0)
			;
	for (int i = 0; i < k; i++)
		sem_post(&threads[i].order);
	for (int i = 0; i < k; i++) {
		void *returned;
		errno = pthread_join(threads[i].id, &returned);
		check(errno != 0, "pthread_join");
		expect(threads[i].echo == threads[i].label && (uint64_t)returned == answer(threads[i].label));
	}
}

// Processes.

static const char *image;

typedef pid_t creator(char **argv, int in, int out);

static pid_t by_posix_spawn(char **argv, int in, int out) {
	posix_spawn_file_actions_t to;
	pid_t pid;
	posix_spawn_file_actions_init(&to);
	posix_spawn_file_actions_adddup2(&to, in, 0);
	posix_spawn_file_actions_adddup2(&to, out, 1);
	errno = posix_spawn(&pid, image, &to, NULL, argv, environ);
	check(errno != 0, "posix_spawn");
	posix_spawn_file_actions_destroy(&to);
	return pid;
}

static void become(char **argv, int in, int out) {
	dup2(in, 0);
	dup2(out, 1);
	execve(image, argv, environ);
	_exit(255);
}

static pid_t by_vfork(char **argv, int in, int out) {
	pid_t pid = vfork();
	if (pid == 0)
		become(argv, in, out);
	check(pid < 0, "vfork");
	return pid;
}

static pid_t by_fork(char **argv, int in, int out) {
	pid_t pid = fork();
	if (pid == 0)
		become(argv, in, out);
	check(pid < 0, "fork");
	return pid;
}

static creator *create;

static void process_cycle(int64_t item, int k) {
	static struct { uint64_t s, ns, label; } signals[MOST];
	static pid_t pids[MOST];
	int down[2], up[2];
	check(pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC), "pipe2");
	for (int i = 0; i < k; i++) {
		char word[9] = "", *argv[] = {(char *)image, "executor", word, "0", NULL};
		uint64_t l = label(item, i);
		memcpy(word, &l, 8);
		pids[i] = create(argv, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	for (size_t got = 0, all = k * sizeof *signals; got < all;) {
		ssize_t n = read(up[0], (char *)signals + got, all - got);
		check(n < 0 && errno != EINTR, "read");
		expect(n != 0);
		got += n > 0 ? n : 0;
	}
	uint64_t came = 0, sent = 0;
	for (int i = 0; i < k; i++) {
		came += scramble(signals[i].label);
		sent += scramble(label(item, i));
	}
	expect(came == sent);
	close(down[1]);
	for (int i = 0; i < k; i++) {
		int status;
		check(waitpid(pids[i], &status, 0) != pids[i], "waitpid");
		expect(WIFEXITED(status) && (uint64_t)WEXITSTATUS(status) == answer(label(item, i)));
	}
	close(up[0]);
}

int main(int argc, char **argv) {
	if (argc < 4 || (strcmp(argv[1], "threads") != 0 && argc < 5)) {
		fprintf(stderr, "usage: spawn HOW SECONDS K [IMAGE]\n");
		return 2;
	}
	const char *how = argv[1];
	double seconds = atof(argv[2]);
	int k = atoi(argv[3]);
	void (*cycle)(int64_t, int) = process_cycle;
	if (strcmp(how, "threads") == 0) {
		cycle = thread_cycle;
		sem_init(&running, 0, 0);
		for (int i = 0; i < MOST; i++)
			sem_init(&threads[i].order, 0, 0);
	} else {
		image = argv[4];
		create = strcmp(how, "vfork") == 0 ? by_vfork : strcmp(how, "fork") == 0 ? by_fork : by_posix_spawn;
	}
	if (k < 1 || k > MOST)
		return 2;
	double begin = now(), took;
	int64_t items = 0;
	do
		cycle(items++, k);
	while ((took = now() - begin) < seconds);
	printf("%.9g\n", items * k / took);
	return 0;
}
