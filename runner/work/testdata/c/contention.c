// C twins of the workloads mutex, atomic and false_sharing, written from their
// definitions: the same items, the same memory, the same checksum.
//
//	cc -O2 -pthread -o contention contention.c
//	contention NAME VARIANT MODEL WORKERS ITEMS BATCH INSIDE OUTSIDE STRIDE
//
// NAME and VARIANT are mutex and private or shared (the kind of pthread mutex);
// atomic and shared or padded; false_sharing and plain or atomic. MODEL is threads or
// processes. Worker r of W does the items r, r+W, r+2W and so on. Printed are the seconds
// from the first worker's first item to the last worker's last, and the checksum in
// hexadecimal. INSIDE and STRIDE are ignored where they mean nothing.

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

#define LINE 128
#define MAX_WORKERS 256
#define MAX_STRIDE 4096

static uint64_t scramble(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t mix(uint64_t item, uint64_t result)
{
	return scramble(scramble(item) ^ result);
}

static inline uint64_t steps(uint64_t x, long n)
{
	while (n-- > 0)
		x = scramble(x);
	return x;
}

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + 1e-9 * ts.tv_nsec;
}

struct padded {
	uint64_t counter;
	char pad[LINE - 8];
};

// What all workers see. The mutex and its two words lie together, as in Go.
struct shared {
	struct {
		pthread_mutex_t lock;
		volatile uint64_t first, second;
	} mutex __attribute__((aligned(LINE)));
	struct padded one __attribute__((aligned(LINE)));
	struct padded own[MAX_WORKERS];
	struct {
		uint64_t sum, torn;
		double begin, end;
	} worker[MAX_WORKERS] __attribute__((aligned(LINE)));
	pthread_barrier_t gate;
	char strided[MAX_WORKERS * MAX_STRIDE] __attribute__((aligned(4096)));
};

static struct shared *mem;
static const char *name, *variant;
static long workers, items, batch, inside, outside, stride;

static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static uint64_t mutex_item(uint64_t x, uint64_t *torn)
{
	for (long n = 0; n < batch; n++) {
		pthread_mutex_lock(&mem->mutex.lock);
		*torn |= mem->mutex.first ^ mem->mutex.second;
		mem->mutex.first++;
		x = steps(x, inside);
		mem->mutex.second++;
		pthread_mutex_unlock(&mem->mutex.lock);
		x = steps(x, outside);
	}
	return x;
}

static uint64_t atomic_item(uint64_t x, uint64_t *counter)
{
	for (long n = 0; n < batch; n++) {
		__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
		x = steps(x, outside);
	}
	return x;
}

static uint64_t plain_item(uint64_t x, volatile uint64_t *counter)
{
	for (long n = 0; n < batch; n++) {
		(*counter)++;
		x = steps(x, outside);
	}
	return x;
}

static uint64_t *counter_of(long rank)
{
	if (is(name, "false_sharing"))
		return (uint64_t *)(mem->strided + rank * stride);
	return is(variant, "padded") ? &mem->own[rank].counter : &mem->one.counter;
}

static void *work(void *arg)
{
	long rank = (long)arg;
	uint64_t sum = 0, torn = 0, *counter = counter_of(rank);
	int plain = is(variant, "plain"), lock = is(name, "mutex");

	pthread_barrier_wait(&mem->gate);
	mem->worker[rank].begin = now();
	for (long i = rank; i < items; i += workers) {
		uint64_t x = scramble(i);
		if (lock)
			x = mutex_item(x, &torn);
		else if (plain)
			x = plain_item(x, counter);
		else
			x = atomic_item(x, counter);
		sum += mix(i, x);
	}
	mem->worker[rank].end = now();
	mem->worker[rank].sum = sum;
	mem->worker[rank].torn = torn;
	return NULL;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void run_threads(void)
{
	pthread_t threads[MAX_WORKERS];
	for (long r = 0; r < workers; r++)
		if (pthread_create(&threads[r], NULL, work, (void *)r))
			die("pthread_create");
	for (long r = 0; r < workers; r++)
		pthread_join(threads[r], NULL);
}

static void run_processes(void)
{
	for (long r = 0; r < workers; r++) {
		pid_t pid = fork();
		if (pid < 0)
			die("fork");
		if (pid == 0) {
			work((void *)r);
			_exit(0);
		}
	}
	for (long r = 0; r < workers; r++) {
		int status;
		if (wait(&status) < 0 || status != 0)
			die("a worker process failed");
	}
}

static void set_up(int processes)
{
	mem = mmap(NULL, sizeof *mem, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		die("mmap");
	pthread_mutexattr_t m;
	pthread_mutexattr_init(&m);
	if (is(variant, "shared"))
		pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&mem->mutex.lock, &m);
	pthread_barrierattr_t b;
	pthread_barrierattr_init(&b);
	if (processes)
		pthread_barrierattr_setpshared(&b, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&mem->gate, &b, workers);
}

// counted returns how many operations are in the counters.
static uint64_t counted(void)
{
	if (is(name, "mutex"))
		return mem->mutex.first == mem->mutex.second ? mem->mutex.first : 0;
	if (is(name, "atomic") && is(variant, "shared"))
		return mem->one.counter;
	uint64_t n = 0;
	for (long r = 0; r < workers; r++)
		n += *counter_of(r);
	return n;
}

int main(int argc, char **argv)
{
	if (argc != 10) {
		fprintf(stderr, "usage: contention NAME VARIANT MODEL WORKERS ITEMS BATCH INSIDE OUTSIDE STRIDE\n");
		return 2;
	}
	name = argv[1];
	variant = argv[2];
	int processes = is(argv[3], "processes");
	workers = atol(argv[4]);
	items = atol(argv[5]);
	batch = atol(argv[6]);
	inside = atol(argv[7]);
	outside = atol(argv[8]);
	stride = atol(argv[9]);
	if (workers < 1 || workers > MAX_WORKERS || stride < 0 || stride > MAX_STRIDE || (is(name, "mutex") && processes && !is(variant, "shared"))) {
		fprintf(stderr, "contention: out of range, or a private mutex between processes\n");
		return 2;
	}
	set_up(processes);
	if (processes)
		run_processes();
	else
		run_threads();

	uint64_t sum = 0, torn = 0;
	double begin = mem->worker[0].begin, end = mem->worker[0].end;
	for (long r = 0; r < workers; r++) {
		sum += mem->worker[r].sum;
		torn |= mem->worker[r].torn;
		if (mem->worker[r].begin < begin)
			begin = mem->worker[r].begin;
		if (mem->worker[r].end > end)
			end = mem->worker[r].end;
	}
	if (torn || counted() != (uint64_t)items * batch) {
		fprintf(stderr, "contention: %llu operations were counted as %llu\n", (unsigned long long)items * batch, (unsigned long long)counted());
		return 1;
	}
	printf("%.9f %016llx\n", end - begin, (unsigned long long)sum);
	return 0;
}
