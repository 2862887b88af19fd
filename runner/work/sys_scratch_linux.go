//go:build amd64 || arm64

package work

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// scratch is the file that a worker's calls are made on.
type scratch struct {
	file *os.File
	fd   uintptr
	path string // what is to be removed at the end; "" where it has lost its name already
}

// fileParam says whose file it is.
func fileParam() Param {
	return oneOf("file", "private: each worker has its own file; shared: one file, which every worker opens for itself", "private", "shared")
}

// openScratch makes a worker's file in the trial's folder and opens it for
// reading and writing with further flags. A private one loses its name at once,
// so that nothing is left of it after a crash. A shared one has a name on which
// all workers agree, processes too: whoever comes first creates it, and each
// writes the same contents over those that are there. Nobody cuts the file
// short, so it holds all of the contents once one worker is done, and until the
// last is.
func openScratch(env Env, name string, rank int, shared bool, flags int, contents []byte) (scratch, error) {
	path := filepath.Join(env.Dir, name+"-shared")
	if !shared {
		path = filepath.Join(env.Dir, name+"-"+strconv.Itoa(rank))
	}
	if err := writeOver(path, contents); err != nil {
		return scratch{}, fmt.Errorf("make the file %s: %w", path, inFolder(err))
	}
	s := scratch{path: path}
	file, err := os.OpenFile(path, os.O_RDWR|flags, 0)
	if err != nil {
		return s, fmt.Errorf("open the file %s: %w", path, err)
	}
	s.file, s.fd = file, file.Fd()
	if !shared {
		err = s.removeName()
	}
	return s, err
}

// writeOver creates the file if it is not there, and writes contents from its
// beginning.
func writeOver(path string, contents []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(contents, 0)
	return errors.Join(err, file.Close())
}

func (s *scratch) close() error {
	err := s.removeName()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	*s = scratch{}
	return err
}

// removeName removes the file's name. That of a shared one may be gone: each
// worker removes it.
func (s *scratch) removeName() error {
	if s.path == "" {
		return nil
	}
	err := os.Remove(s.path)
	s.path = ""
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// place is a path for a worker's calls. The file is there, or made and removed
// by the calls; at the end it is removed if it is there.
type place struct {
	path string
	name []byte // path as C has it, with a zero at the end
	dir  string // the worker's own folder; "" where it has none
}

var atCwd = func() uintptr { fd := unix.AT_FDCWD; return uintptr(fd) }() // -100, not a constant of uintptr

// makePlace chooses a path in the trial's folder, and makes the worker's own
// folder where that is asked for.
func makePlace(env Env, name string, rank int, where string) (place, error) {
	own := name + "-" + strconv.Itoa(rank)
	var p place
	switch where {
	case "same_dir":
		p.path = filepath.Join(env.Dir, own)
	case "same_file":
		p.path = filepath.Join(env.Dir, name+"-shared")
	case "own_dir":
		p.dir = filepath.Join(env.Dir, own)
		p.path = filepath.Join(p.dir, name)
		if err := os.Mkdir(p.dir, 0o700); err != nil {
			return place{}, fmt.Errorf("make the worker's folder: %w", inFolder(err))
		}
	}
	p.name = append([]byte(p.path), 0)
	return p, nil
}

func (p *place) close() error {
	var err error
	if p.path != "" {
		err = os.Remove(p.path)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if p.dir != "" {
		err = errors.Join(err, os.Remove(p.dir))
	}
	*p = place{}
	return err
}

// needFiles reports as Unavailable that a process may not hold n descriptors of
// its workers and those that it needs for itself.
func needFiles(n int64) error {
	const own = 64 // pipes to the host, files of Go's runtime, what package os opens in passing
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("ask for the limit of open files: %w", err)
	}
	if uint64(n+own) <= limit.Cur {
		return nil
	}
	return Unavailable{Reason: fmt.Sprintf("a process would hold %d descriptors, and the limit of open files (RLIMIT_NOFILE) is %d: raise it with ulimit -n %d", n+own, limit.Cur, n+own)}
}
