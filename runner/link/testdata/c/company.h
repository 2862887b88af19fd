// A second thread that sleeps, for THREADS=2 in the environment. The kernel takes short cuts for
// a process of one thread: it need not count references to descriptors, nor keep
// an address space for others. A program in Go always has several threads.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *sleeper(void *unused) {
	for (;;)
		pause();
	return unused;
}

// keep_company is called once in each process, after the fork.
static void keep_company(void) {
	const char *threads = getenv("THREADS");
	pthread_t other;
	if (threads && strcmp(threads, "2") == 0 && pthread_create(&other, NULL, sleeper, NULL) != 0)
		exit(1);
}
