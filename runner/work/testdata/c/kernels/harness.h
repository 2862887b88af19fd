// What the twins share: parameters, checks, and the way to be found.
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A batch does n operations. A twin makes what its batches need and returns the
// one that the parameters ask for.
typedef void batch(long n);
struct twin {
	const char *name;
	batch *(*prepare)(void);
};
extern const struct twin calls[], files[], memory[]; // each ends with a name of NULL

const char *text(const char *key, const char *otherwise); // the parameter key=value
long number(const char *key, long otherwise);
int is(const char *key, const char *value, const char *otherwise);

#define check(right)                                                           \
	do {                                                                   \
		if (!(right)) {                                                \
			fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, \
				#right, strerror(errno));                      \
			exit(1);                                               \
		}                                                              \
	} while (0)
