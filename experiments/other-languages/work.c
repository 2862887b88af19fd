/* CPU-bound and waiting work in C, in threads (pthreads) or processes (fork).
 *
 *     work cpu MODEL WORKERS ITEMS
 *     work wait MODEL WORKERS SECONDS
 *
 * It speaks version 1 of forklore's protocol: it says ready, does its work for
 * every line go, says the result, and ends with its standard input. The workers of
 * both models wait at the same barrier, in memory that all share. */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_NS 5000000L /* what another machine takes to answer */

struct worker { /* one cache line each */
	uint64_t items, sum;
	char padding[48];
};

static struct team {
	pthread_barrier_t there, gate, done;
	int over;
	struct worker worker[];
} *team;

static const char *kind;
static int workers;
static double amount;

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Items [lo, hi): each is 256 steps of a linear congruential generator. */
static void cpu(struct worker *w, uint64_t lo, uint64_t hi)
{
	uint64_t sum = 0;
	for (uint64_t i = lo; i < hi; i++) {
		uint32_t x = (uint32_t)i;
		for (int k = 0; k < 256; k++)
			x = (x * 1103515245u + 12345u) & 0x7fffffffu;
		sum += x;
	}
	w->items = hi - lo;
	w->sum = sum;
}

/* As many items as fit into the time: each only waits. */
static void wait_for(struct worker *w, double seconds)
{
	struct timespec pause = {0, WAIT_NS};
	double end = now() + seconds;
	w->items = w->sum = 0;
	while (now() < end) {
		nanosleep(&pause, NULL);
		w->items++;
	}
}

static void work(int rank)
{
	uint64_t items = (uint64_t)amount;
	if (strcmp(kind, "cpu") == 0)
		cpu(&team->worker[rank], items * rank / workers, items * (rank + 1) / workers);
	else
		wait_for(&team->worker[rank], amount);
}

static void *member(void *rank)
{
	pthread_barrier_wait(&team->there);
	for (;;) {
		pthread_barrier_wait(&team->gate);
		if (team->over)
			return NULL;
		work((int)(intptr_t)rank);
		pthread_barrier_wait(&team->done);
	}
}

static void start(int processes, pthread_t *threads)
{
	for (intptr_t rank = 0; rank < workers; rank++) {
		if (!processes) {
			if (pthread_create(&threads[rank], NULL, member, (void *)rank) != 0)
				die("pthread_create");
			continue;
		}
		switch (fork()) {
		case -1:
			die("fork");
		case 0:
			member((void *)rank);
			_exit(0);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: work cpu|wait sequential|threads|processes WORKERS ITEMS|SECONDS\n");
		return 2;
	}
	kind = argv[1];
	int alone = strcmp(argv[2], "sequential") == 0, processes = strcmp(argv[2], "processes") == 0;
	workers = atoi(argv[3]);
	amount = atof(argv[4]);
	team = mmap(NULL, sizeof *team + workers * sizeof(struct worker), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t *threads = calloc(workers, sizeof *threads);
	if (team == MAP_FAILED || threads == NULL)
		die("memory");
	pthread_barrierattr_t shared;
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&team->there, &shared, workers + 1);
	pthread_barrier_init(&team->gate, &shared, workers + 1);
	pthread_barrier_init(&team->done, &shared, workers + 1);
	double began = now();
	if (!alone) {
		start(processes, threads);
		pthread_barrier_wait(&team->there);
	}
	double start_s = now() - began;
	char line[64];
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (alone) {
			work(0);
		} else {
			pthread_barrier_wait(&team->gate);
			pthread_barrier_wait(&team->done);
		}
		uint64_t items = 0, sum = 0;
		for (int w = 0; w < workers; w++) {
			items += team->worker[w].items;
			sum += team->worker[w].sum;
		}
		printf("result items=%llu sum=%llu start_s=%.9f\n", (unsigned long long)items, (unsigned long long)sum, start_s);
		fflush(stdout);
	}
	team->over = 1;
	if (!alone)
		pthread_barrier_wait(&team->gate);
	for (int w = 0; w < workers && !alone; w++)
		processes ? (void)wait(NULL) : (void)pthread_join(threads[w], NULL);
	return 0;
}
