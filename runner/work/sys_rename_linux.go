//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func init() { describe("rename", renameKind) }

func renameKind() Kind {
	return Kind{
		Name:    "rename",
		Summary: "a file given another name, and its first name back",
		Doc: `Definition: each worker has one empty file and two names for it. One operation
is one rename (renameat2 without flags) to the name that it does not have. An
item is batch of them; its result is their number.
Source: own, in the manner of will-it-scale, which has no test case of it.
Unit: operations.
Stresses: the locks of the folders and the file system's journal. where tells
how many there are: same_dir has all names in one folder, own_dir gives each
worker a folder, and across gives each worker two and moves the file between
them, for which the kernel takes one lock of the whole file system
(s_vfs_rename_mutex).
Does not say: anything that carries over to another file system: the results' is
used. Nothing is made durable.` + aboutLevel + `
os is os.Rename, which first asks whether the new name is a folder's.`,
		Item: "batch renames",
		Params: []Param{
			oneOf("where", "same_dir: all workers in one folder; own_dir: each in its own; across: each between two of its own", "same_dir", "own_dir", "across"),
			levelParam("raw", "go", "os"), batchParam("64"),
		},
		ItemOps: batchOps,
		New:     newRename,
	}
}

type rename struct {
	where string
	names [2]string
	paths [2][]byte // names as C has them
	at    int       // which name the file has
	dirs  []string  // folders of the worker's own
}

func newRename(ps Params, env Env) (Kernel, error) {
	loop := map[string]sysLoop[*rename]{"raw": (*rename).raw, "go": (*rename).viaGo, "os": (*rename).viaOS}
	return newBatches(env, batchOps(ps), rename{where: ps.String("where")}, loop[ps.String("level")]), nil
}

func (r *rename) open(env Env, rank int) error {
	own := filepath.Join(env.Dir, "rename-"+strconv.Itoa(rank))
	r.names = [2]string{own + "-a", own + "-b"}
	switch r.where {
	case "own_dir":
		r.dirs = []string{own}
		r.names = [2]string{filepath.Join(own, "a"), filepath.Join(own, "b")}
	case "across":
		r.dirs = []string{own + "-a", own + "-b"}
		r.names = [2]string{filepath.Join(own+"-a", "file"), filepath.Join(own+"-b", "file")}
	}
	for i, dir := range r.dirs {
		if err := os.Mkdir(dir, 0o700); err != nil {
			r.dirs = r.dirs[:i]
			return fmt.Errorf("make the worker's folder: %w", inFolder(err))
		}
	}
	for i, name := range r.names {
		r.paths[i] = append([]byte(name), 0)
	}
	return writeOver(r.names[0], nil)
}

func (r *rename) close() error {
	err := os.Remove(r.names[r.at])
	if errors.Is(err, os.ErrNotExist) { // an open that failed has not made it
		err = nil
	}
	for _, dir := range r.dirs {
		err = errors.Join(err, os.Remove(dir))
	}
	r.dirs = nil
	return err
}

func (r *rename) raw(n int64) (done int64, err error) {
	for ; done < n; done++ {
		from, to := r.at, 1-r.at
		_, _, errno := syscall.RawSyscall6(unix.SYS_RENAMEAT2, atCwd, uintptr(unsafe.Pointer(&r.paths[from][0])), atCwd, uintptr(unsafe.Pointer(&r.paths[to][0])), 0, 0)
		if errno != 0 {
			return done, r.fault(errno)
		}
		r.at = to
	}
	return done, nil
}

func (r *rename) viaGo(n int64) (done int64, err error) {
	for ; done < n; done++ {
		from, to := r.at, 1-r.at
		if err := unix.Renameat2(unix.AT_FDCWD, r.names[from], unix.AT_FDCWD, r.names[to], 0); err != nil {
			return done, r.fault(err)
		}
		r.at = to
	}
	return done, nil
}

func (r *rename) viaOS(n int64) (done int64, err error) {
	for ; done < n; done++ {
		from, to := r.at, 1-r.at
		if err := os.Rename(r.names[from], r.names[to]); err != nil {
			return done, err
		}
		r.at = to
	}
	return done, nil
}

func (r *rename) fault(err error) error {
	return fmt.Errorf("rename %s to %s: %w", r.names[r.at], r.names[1-r.at], err)
}
