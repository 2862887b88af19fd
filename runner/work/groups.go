package work

import "slices"

// Group is a shelf of workloads: those that are read and chosen together.
type Group struct {
	Title string
	Names []string
}

// groups are the shelves in reading order. A workload is added to one of them
// when its file is.
var groups = []Group{
	{"computing", []string{"sieve", "montecarlo", "matmul", "nqueens", "fft", "spmv", "sha256", "crc", "compress", "regexp", "json", "sort"}},
	{"memory and caches", []string{"triad", "pointer_chase", "gups", "numa_touch", "false_sharing"}},
	{"allocation and garbage collection", []string{"trees", "small_objects", "big_live_heap", "malloc"}},
	{"locks and shared data", []string{"mutex", "rwmutex", "spinlock", "atomic", "syncmap", "channel"}},
	{"workers that talk", []string{"pingpong", "stream", "ring", "fanout", "pipeline", "barrier", "allreduce"}},
	{"data and science", []string{"wordcount", "groupby", "parallel_sort", "stencil", "kmeans"}},
	{"creation and end", []string{"spawn", "respawn"}},
	{"isolation and faults", []string{"isolation"}},
	{"waiting and disks", []string{"wait", "fsync"}},
	{"servers under load", []string{"http"}},
	{"system calls: memory", []string{"page_fault", "mmap", "mremap"}},
	{"system calls: files", []string{"open_close", "read", "write", "pread", "lseek", "fallocate", "ftruncate", "unlink", "rename"}},
	{"system calls: descriptors, waiting, scheduling", []string{"dup_close", "pipe_self", "eventfd", "poll", "epoll", "timer", "signal", "futex", "sched_yield", "getppid"}},
}

// Groups returns the workloads that lists show, by shelf; what stands on none comes last.
// A shelf that this system has nothing for is left out.
func Groups() []Group {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	var list []Group
	for _, g := range groups {
		g.Names = slices.DeleteFunc(slices.Clone(g.Names), func(name string) bool { return !slices.Contains(names, name) })
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(g.Names, name) })
		list = append(list, g)
	}
	list = append(list, Group{"others", names})
	return slices.DeleteFunc(list, func(g Group) bool { return len(g.Names) == 0 })
}
