// The C twins of workloads that compute: the same items, worked on by one
// thread for some seconds of processor time, so that other work on the machine
// counts for little.
//
//	compute NAME SECONDS SIZE
//
// prints the bytes/s of copy, scale, add and triad and the operations/s of the
// others, as their Kinds count them. SIZE is the size in bytes, of nqueens n.
// Build: gcc -O2 -o compute compute.c
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + 1e-9 * t.tv_nsec;
}

static uint64_t scramble(uint64_t x) {
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void *memory(size_t bytes) {
	void *p;
	if (posix_memalign(&p, 4096, bytes) != 0) {
		fprintf(stderr, "compute: no %zu bytes of memory\n", bytes);
		exit(1);
	}
	return p;
}

// The sum of all results is printed with the rate, so that no work is optimised away.
static uint64_t sum;

// A kernel does item i and adds its result to sum.
typedef void item(int64_t i);

static int64_t per_item; // bytes or operations

// STREAM's loops over blocks of three arrays.

static double *a, *b, *c;
static int64_t blocks, length, next_block;

static void stream_setup(int64_t size, int bytes) {
	int64_t elements = size / 8;
	blocks = (elements + 65535) / 65536;
	length = elements / blocks;
	per_item = bytes * length;
	a = memory(8 * blocks * length);
	b = memory(8 * blocks * length);
	c = memory(8 * blocks * length);
	for (int64_t j = 0; j < blocks * length; j++) {
		a[j] = 0;
		b[j] = j % length % 1021;
		c[j] = j % length % 509;
	}
}

static int64_t block(void) {
	int64_t at = next_block * length;
	if (++next_block == blocks)
		next_block = 0;
	return at;
}

static void mark(double *b, double q) {
	for (int64_t p = 1; p <= 16; p++) {
		int64_t j = p * length / 16 - 1;
		b[j] = j % 1021 + q;
	}
}

static void read_back(double *a) {
	for (int64_t p = 1; p <= 16; p++)
		sum += (uint64_t)a[p * length / 16 - 1] * scramble(p);
}

static void copy_block(double *restrict a, const double *restrict b) {
	for (int64_t j = 0; j < length; j++)
		a[j] = b[j];
}

static void scale_block(double *restrict a, const double *restrict b, double q) {
	for (int64_t j = 0; j < length; j++)
		a[j] = q * b[j];
}

static void add_block(double *restrict a, const double *restrict b, const double *restrict c) {
	for (int64_t j = 0; j < length; j++)
		a[j] = b[j] + c[j];
}

static void triad_block(double *restrict a, const double *restrict b, const double *restrict c, double q) {
	for (int64_t j = 0; j < length; j++)
		a[j] = b[j] + q * c[j];
}

static double q_of(int64_t i) { return 3 + i % 1024; }

static void copy_item(int64_t i) {
	int64_t at = block();
	mark(b + at, q_of(i));
	copy_block(a + at, b + at);
	read_back(a + at);
}

static void scale_item(int64_t i) {
	int64_t at = block();
	scale_block(a + at, b + at, q_of(i));
	read_back(a + at);
}

static void add_item(int64_t i) {
	int64_t at = block();
	mark(b + at, q_of(i));
	add_block(a + at, b + at, c + at);
	read_back(a + at);
}

static void triad_item(int64_t i) {
	int64_t at = block();
	triad_block(a + at, b + at, c + at, q_of(i));
	read_back(a + at);
}

// pointer_chase: hops along one random cycle through all lines.

enum { hops = 8192, stride = 64, words = stride / 8 };

static uint64_t *table;
static uint64_t lines;

static void chase_setup(int64_t size) {
	lines = size / stride;
	per_item = hops;
	table = memory(lines * stride);
	memset(table, 0, lines * stride);
	for (uint64_t j = 0; j < lines; j++)
		table[j * words] = j * words;
	for (uint64_t j = lines - 1; j > 0; j--) { // Sattolo: the partner is never j itself
		uint64_t other = scramble(j) % j;
		uint64_t t = table[j * words];
		table[j * words] = table[other * words];
		table[other * words] = t;
	}
}

static void chase_item(int64_t i) {
	uint64_t at = scramble(i) % lines * words;
	for (int h = 0; h < hops; h++)
		at = table[at];
	sum += at / words;
}

// gups: HPCC's random updates, of a private table or, atomically, of a shared one.

enum { updates = 8192 };

static uint64_t mask, start = 1;

static void gups_setup(int64_t size) {
	uint64_t n = 1;
	while (2 * n * 8 <= (uint64_t)size)
		n *= 2;
	mask = n - 1;
	per_item = updates;
	table = memory(8 * n);
	for (uint64_t j = 0; j < n; j++)
		table[j] = j;
}

static uint64_t step(uint64_t r) { return r << 1 ^ ((int64_t)r < 0 ? 7 : 0); }

static void gups_item(int64_t i) {
	uint64_t r = start;
	for (int u = 0; u < updates; u++) {
		r = step(r);
		table[r & mask] ^= r;
	}
	start = r;
	sum += r;
}

static void gups_shared_item(int64_t i) {
	uint64_t r = start;
	for (int u = 0; u < updates; u++) {
		r = step(r);
		__atomic_fetch_xor(&table[r & mask], r, __ATOMIC_SEQ_CST);
	}
	start = r;
	sum += r;
}

// nqueens: completions of two queens in the first two rows.

static uint32_t full;
static struct { uint32_t columns, left, right; } prefixes[400];
static int64_t prefix_count;

static void queens_setup(int n) {
	full = (1u << n) - 1;
	per_item = 1;
	for (int x = 0; x < n; x++)
		for (int y = 0; y < n; y++) {
			uint32_t p = 1u << x, q = 1u << y;
			if (q & (p | p << 1 | p >> 1))
				continue;
			prefixes[prefix_count].columns = p | q;
			prefixes[prefix_count].left = ((p << 1 | q) << 1) & full;
			prefixes[prefix_count++].right = (p >> 1 | q) >> 1;
		}
}

static uint64_t complete(uint32_t columns, uint32_t left, uint32_t right) {
	if (columns == full)
		return 1;
	uint64_t solutions = 0;
	for (uint32_t free = full & ~(columns | left | right); free != 0; free &= free - 1) {
		uint32_t queen = free & -free;
		solutions += complete(columns | queen, (left | queen) << 1, (right | queen) >> 1);
	}
	return solutions;
}

static void queens_item(int64_t i) {
	int64_t p = i % prefix_count;
	sum += complete(prefixes[p].columns, prefixes[p].left, prefixes[p].right);
}

static item *setup(const char *name, int64_t size) {
	if (!strcmp(name, "copy"))
		return stream_setup(size, 16), copy_item;
	if (!strcmp(name, "scale"))
		return stream_setup(size, 16), scale_item;
	if (!strcmp(name, "add"))
		return stream_setup(size, 24), add_item;
	if (!strcmp(name, "triad"))
		return stream_setup(size, 24), triad_item;
	if (!strcmp(name, "pointer_chase"))
		return chase_setup(size), chase_item;
	if (!strcmp(name, "gups"))
		return gups_setup(size), gups_item;
	if (!strcmp(name, "gups-shared"))
		return gups_setup(size), gups_shared_item;
	if (!strcmp(name, "nqueens"))
		return queens_setup(size), queens_item;
	fprintf(stderr, "compute: no kernel is named %s\n", name);
	exit(2);
}

int main(int argc, char **argv) {
	if (argc != 4) {
		fprintf(stderr, "usage: compute NAME SECONDS SIZE\n");
		return 2;
	}
	item *work = setup(argv[1], atoll(argv[3]));
	double seconds = atof(argv[2]), begin = now(), end;
	int64_t i = 0;
	do
		work(i++);
	while ((end = now()) - begin < seconds);
	printf("%.6g\n", i * per_item / (end - begin));
	fprintf(stderr, "%lld items, sum %016llx\n", (long long)i, (unsigned long long)sum);
	return 0;
}
