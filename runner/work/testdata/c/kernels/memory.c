// Twins of the workloads on memory.
#include "harness.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static long size, grown, page, at;
static int fd = -1, flags;
static char *base;

// mapping takes what is mapped from the parameters.
static void mapping(long bytes)
{
	page = sysconf(_SC_PAGESIZE);
	size = (number("size", bytes) + page - 1) / page * page;
	flags = is("sharing", "shared", "private") ? MAP_SHARED : MAP_PRIVATE;
	if (is("of", "anonymous", "anonymous")) {
		flags |= MAP_ANONYMOUS;
		return;
	}
	char path[4096];
	check(snprintf(path, sizeof path, "%s/mapped", text("dir", "/tmp")) < (int)sizeof path);
	check((fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0);
	check(unlink(path) == 0);
	check(ftruncate(fd, size) == 0);
}

static void mmap_batch(long n)
{
	while (n--) {
		void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
		check(m != MAP_FAILED);
		check(munmap(m, size) == 0);
	}
}

static batch *mmap_twin(void)
{
	mapping(128 << 20);
	return mmap_batch;
}

static void remap(void)
{
	if (base)
		check(munmap(base, size) == 0);
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	check(base != MAP_FAILED);
	if (fd < 0)
		madvise(base, size, MADV_NOHUGEPAGE);
	at = 0;
}

static void write_batch(long n)
{
	for (; n--; at += page) {
		if (at == size)
			remap();
		*(volatile char *)(base + at) = 1;
	}
}

static void read_batch(long n)
{
	for (; n--; at += page) {
		if (at == size)
			remap();
		(void)*(volatile char *)(base + at);
	}
}

static batch *fault_twin(void)
{
	mapping(16 << 20);
	remap();
	return is("access", "read", "write") ? read_batch : write_batch;
}

static void mremap_batch(long n)
{
	while (n--) {
		long next = size - grown;
		base = mremap(base, size + grown, size + next, MREMAP_MAYMOVE);
		check(base != MAP_FAILED);
		grown = next;
	}
}

static void brk_batch(long n)
{
	while (n--) {
		long next = size - grown;
		check(brk(base + next) == 0);
		grown = next;
	}
}

static batch *mremap_twin(void)
{
	mapping(4096);
	if (is("call", "brk", "mremap")) {
		base = sbrk(0);
		return brk_batch;
	}
	base = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE, flags, fd, 0);
	check(base != MAP_FAILED);
	base[0] = 1;
	check(mremap(base, 2 * size, size, 0) == base);
	return mremap_batch;
}

// The library's own allocator. The pointer is volatile, so that a pair of
// malloc and free is not taken for nothing.
static void malloc_batch(long n)
{
	while (n--) {
		void *volatile block = malloc(size);
		check(block);
		free(block);
	}
}

static batch *malloc_twin(void)
{
	size = number("size", 128 << 20);
	return malloc_batch;
}

const struct twin memory[] = {
	{"mmap", mmap_twin}, {"page_fault", fault_twin}, {"mremap", mremap_twin},
	{"malloc", malloc_twin}, {NULL, NULL},
};
