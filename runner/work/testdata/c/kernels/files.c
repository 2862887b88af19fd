// Twins of the workloads on files.
#include "harness.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static int fd;
static long size, length, at;
static unsigned char *buffer;
static char path[4096], other[4096];

static unsigned char pattern(long at) { return at ^ at >> 8 ^ at >> 16 ^ 0x5a; }

static void name(char *into, const char *what) { check(snprintf(into, sizeof path, "%s/%s", text("dir", "/tmp"), what) < (int)sizeof path); }

// make opens a new file that holds the pattern of a piece over and over, and
// takes its name away.
static void make(const char *what, long bytes, long piece, int flags)
{
	name(path, what);
	check((fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) >= 0);
	unsigned char *contents = malloc(bytes + 1);
	for (long i = 0; i < bytes; i++)
		contents[i] = pattern(i % piece);
	check(write(fd, contents, bytes) == bytes);
	free(contents);
	close(fd);
	check((fd = open(path, O_RDWR | O_CLOEXEC | flags)) >= 0);
	check(unlink(path) == 0);
}

static void lseek_batch(long n)
{
	while (n--)
		check(lseek(fd, 0, SEEK_SET) == 0);
}

static batch *lseek_twin(void)
{
	make("lseek", 4096, 4096, 0);
	return lseek_batch;
}

static void dup_batch(long n)
{
	while (n--) {
		int copy = dup(fd);
		check(copy >= 0);
		check(close(copy) == 0);
	}
}

static batch *dup_twin(void)
{
	make("dup", 0, 1, 0);
	for (long i = number("held", 0); i > 0; i--)
		check(fcntl(fd, F_DUPFD_CLOEXEC, 0) >= 0);
	return dup_batch;
}

static void read_batch(long n)
{
	while (n--) {
		long got = read(fd, buffer, size);
		check(got == (length - at < size ? length - at : size));
		check(got == 0 || buffer[0] == pattern(at));
		at += got;
		if (got == 0) {
			at = 0;
			check(lseek(fd, 0, SEEK_SET) == 0);
		}
	}
}

static batch *read_twin(void)
{
	size = number("size", 4096);
	length = number("length", 1 << 20);
	buffer = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
	make("read", length, length, is("direct", "true", "false") ? O_DIRECT : 0);
	return read_batch;
}

static void write_batch(long n)
{
	while (n--) {
		check(write(fd, buffer, size) == size);
		at += size;
		if (at == length) {
			at = 0;
			check(lseek(fd, 0, SEEK_SET) == 0);
		}
	}
}

static batch *write_twin(void)
{
	size = number("size", 4096);
	length = (number("length", 1 << 20) + size - 1) / size * size;
	buffer = malloc(size);
	for (long i = 0; i < size; i++)
		buffer[i] = pattern(i);
	make("write", length, size, 0);
	return write_batch;
}

static void pread_batch(long n)
{
	while (n--)
		check(pread(fd, buffer, size, 0) == size && buffer[0] == pattern(0));
}

static batch *pread_twin(void)
{
	size = number("size", 4096);
	buffer = malloc(size);
	make("pread", size, size, 0);
	return pread_batch;
}

static void fallocate_batch(long n)
{
	while (n--) {
		check(fallocate(fd, 0, at, size) == 0);
		at += size;
		if (at == length) {
			at = 0;
			check(ftruncate(fd, 0) == 0);
		}
	}
}

static batch *fallocate_twin(void)
{
	size = number("size", 8192);
	length = (number("length", 1 << 20) + size - 1) / size * size;
	make("fallocate", 0, 1, 0);
	return fallocate_batch;
}

static void ftruncate_batch(long n)
{
	while (n--) {
		check(ftruncate(fd, size - length) == 0);
		length = size - length;
	}
}

static batch *ftruncate_twin(void)
{
	size = number("size", 1 << 20);
	make("ftruncate", 0, 1, 0);
	return ftruncate_batch;
}

static void open_batch(long n)
{
	while (n--) {
		fd = open(path, O_RDWR);
		check(fd >= 0);
		check(close(fd) == 0);
	}
}

static batch *open_twin(void)
{
	name(path, "open");
	check((fd = open(path, O_RDWR | O_CREAT, 0600)) >= 0);
	close(fd);
	return open_batch;
}

static void unlink_batch(long n)
{
	while (n--) {
		fd = open(path, O_RDWR | O_CREAT, 0600);
		check(fd >= 0);
		check(close(fd) == 0);
		check(unlinkat(AT_FDCWD, path, 0) == 0);
	}
}

static batch *unlink_twin(void)
{
	name(path, "unlink");
	return unlink_batch;
}

static void rename_batch(long n)
{
	static char *from = path, *to = other;
	while (n--) {
		check(renameat2(AT_FDCWD, from, AT_FDCWD, to, 0) == 0);
		char *was = from;
		from = to;
		to = was;
	}
}

static batch *rename_twin(void)
{
	name(path, "rename-a");
	name(other, "rename-b");
	if (is("where", "across", "same_dir")) {
		check(mkdir(path, 0700) == 0 || errno == EEXIST);
		check(mkdir(other, 0700) == 0 || errno == EEXIST);
		name(path, "rename-a/file");
		name(other, "rename-b/file");
	}
	check((fd = open(path, O_RDWR | O_CREAT, 0600)) >= 0);
	close(fd);
	return rename_batch;
}

static int count, *fds;
static struct pollfd *list;

static void poll_batch(long n)
{
	struct timespec none = {0};
	while (n--) {
		memset(list, 0, count * sizeof *list);
		for (int i = 0; i < count; i++) {
			list[i].fd = fds[i];
			list[i].events = POLLOUT;
		}
		check(ppoll(list, count, &none, NULL) == count);
	}
}

static batch *poll_twin(void)
{
	count = number("fds", 128);
	fds = calloc(count, sizeof *fds);
	list = calloc(count, sizeof *list);
	for (int i = 0; i < count; i++) {
		make("poll", 0, 1, 0);
		fds[i] = fd;
	}
	return poll_batch;
}

const struct twin files[] = {
	{"lseek", lseek_twin}, {"dup_close", dup_twin}, {"read", read_twin},
	{"write", write_twin}, {"pread", pread_twin}, {"fallocate", fallocate_twin},
	{"ftruncate", ftruncate_twin}, {"open_close", open_twin}, {"unlink", unlink_twin},
	{"rename", rename_twin}, {"poll", poll_twin}, {NULL, NULL},
};
