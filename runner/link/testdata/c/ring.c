// ring PROCESSES LAPS: a token of eight bytes goes round a ring of processes that are connected by pipes, LAPS
// times. Prints the nanoseconds of a hop: the median over blocks of a hundred laps. On one CPU each hop is a context switch.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "company.h"

static void fail(const char *what) {
	perror(what);
	exit(1);
}

static uint64_t receive(int fd) {
	uint64_t token;
	if (read(fd, &token, sizeof token) != (ssize_t)sizeof token)
		fail("read");
	return token;
}

static void pass(int fd, uint64_t token) {
	if (write(fd, &token, sizeof token) != (ssize_t)sizeof token)
		fail("write");
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

int main(int argc, char **argv) {
	if (argc != 3) {
		fprintf(stderr, "usage: ring PROCESSES LAPS\n");
		return 2;
	}
	int n = atoi(argv[1]);
	long laps = strtol(argv[2], NULL, 10);
	int(*pipes)[2] = calloc((size_t)n, sizeof *pipes);
	for (int i = 0; i < n; i++)
		if (pipe(pipes[i]) != 0)
			fail("pipe");
	// Process i reads pipe i and writes the next one.
	for (int i = 1; i < n; i++) {
		pid_t child = fork();
		if (child < 0)
			fail("fork");
		if (child == 0) {
			keep_company();
			for (long k = 0; k < laps; k++)
				pass(pipes[(i + 1) % n][1], receive(pipes[i][0]) + 1);
			return 0;
		}
	}
	keep_company();
	double *blocks = calloc((size_t)(laps / BLOCK) + 1, sizeof *blocks);
	uint64_t token = 0;
	double begin = now();
	for (long k = 0; k < laps; k++) {
		pass(pipes[1 % n][1], token + 1);
		token = receive(pipes[0][0]);
		if (k % BLOCK == BLOCK - 1) {
			double end = now();
			blocks[k / BLOCK] = (end - begin) / BLOCK / n;
			begin = end;
		}
	}
	for (int i = 1; i < n; i++) {
		int status;
		if (wait(&status) < 0 || status != 0)
			fail("child");
	}
	if (token != (uint64_t)n * (uint64_t)laps) {
		fprintf(stderr, "the token counts %lu hops\n", (unsigned long)token);
		return 1;
	}
	qsort(blocks, (size_t)(laps / BLOCK), sizeof *blocks, compare);
	printf("%.1f\n", blocks[laps / BLOCK / 2]);
	return 0;
}
