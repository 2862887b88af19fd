// The twins in C of the sys_ workloads, as something to hold Go against.
//
//	kernels NAME SECONDS [key=value ...]
//
// It prints operations per second of processor time, counted as will-it-scale
// counts: batches until the time is up. The parameters are those of the
// workload; batch is the number of operations of an item. dir is the folder for
// files. With threads=true a second thread does the work while the first waits,
// since a process in Go has several: the kernel then locks what threads share.
// Built by cbench_test.go with gcc -O2, by no test.
#include "harness.h"
#include <pthread.h>
#include <time.h>

static int count;
static char **parameters;

const char *text(const char *key, const char *otherwise)
{
	size_t length = strlen(key);
	for (int i = 0; i < count; i++)
		if (!strncmp(parameters[i], key, length) && parameters[i][length] == '=')
			return parameters[i] + length + 1;
	return otherwise;
}

long number(const char *key, long otherwise)
{
	const char *value = text(key, NULL);
	return value ? atol(value) : otherwise;
}

int is(const char *key, const char *value, const char *otherwise)
{
	return !strcmp(text(key, otherwise), value);
}

static const struct twin *find(const char *name)
{
	const struct twin *lists[] = {calls, files, memory};
	for (int i = 0; i < 3; i++)
		for (const struct twin *t = lists[i]; t->name; t++)
			if (!strcmp(t->name, name))
				return t;
	fprintf(stderr, "there is no twin of %s\n", name);
	exit(2);
}

static double now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static char *seconds;

// measure runs in the thread that shall be measured.
static void *measure(void *twin)
{
	batch *one = ((const struct twin *)twin)->prepare();
	long size = number("batch", 256), done = 0;
	one(size); // what happens once happens before
	double end = now(CLOCK_MONOTONIC) + atof(seconds);
	double used = now(CLOCK_PROCESS_CPUTIME_ID);
	while (now(CLOCK_MONOTONIC) < end) {
		one(size);
		done += size;
	}
	printf("%.0f\n", done / (now(CLOCK_PROCESS_CPUTIME_ID) - used));
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: kernels NAME SECONDS [key=value ...]\n");
		return 2;
	}
	seconds = argv[2];
	count = argc - 3;
	parameters = argv + 3;
	void *twin = (void *)find(argv[1]);
	if (!is("threads", "true", "false")) {
		measure(twin);
		return 0;
	}
	pthread_t worker;
	check(pthread_create(&worker, NULL, measure, twin) == 0);
	check(pthread_join(worker, NULL) == 0);
	return 0;
}
