//go:build !light && !heavy

package work

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"
)

// onceIn returns the file of that name in the trial's folder. The first of the trial's processes makes it, the
// others wait until it is whole.
func onceIn(dir, name string, create func(path string) error) (string, error) {
	path := filepath.Join(dir, name)
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", inFolder(err)
	}
	defer lock.Close() // gives the lock back
	if err := flock(lock); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := create(path + ".new"); err != nil {
		return "", inFolder(err)
	}
	return path, os.Rename(path+".new", path)
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// removeAll removes what onceIn made. Other processes may hold it open, or have removed it.
func removeAll(path string) error {
	var errs []error
	for _, p := range []string{path, path + ".lock"} {
		if err := os.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// sumEvery is of how many files one is proved by its sum: the client that sums all of them up would be the
// bottleneck.
const sumEvery = 16

// newStatic answers with a file, opened anew for each request as file servers do.
func newStatic(ps Params, env Env) (responder, error) {
	content := make([]byte, ps.Bytes("size"))
	for i := range content {
		content[i] = byte(scramble(uint64(i)))
	}
	sum := bodySum(content)
	path, err := onceIn(env.Dir, "static", func(path string) error { return os.WriteFile(path, content, 0o600) })
	if err != nil {
		return responder{}, err
	}
	respond := func(_ *hand, w http.ResponseWriter, r *http.Request, n uint64) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		w.Header().Set("Content-Type", "application/octet-stream") // else it would read the file to guess
		if n%sumEvery == 0 {
			w.Header().Set(sumHeader, sum)
		}
		http.ServeContent(w, r, "", time.Time{}, f)
		return nil
	}
	return responder{respond, func() error { return removeAll(path) }}, nil
}

// The store of handler kv.
const (
	storeKeys  = 4096
	storeValue = 1024
)

var storeBucket = []byte("values")

// newKV answers with values of a store that is open for reading alone: all processes hold its
// lock and map its pages.
func newKV(_ Params, env Env) (responder, error) {
	path, err := onceIn(env.Dir, "store", fillStore)
	if err != nil {
		return responder{}, err
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, Timeout: 10 * time.Second})
	if err != nil {
		return responder{}, fmt.Errorf("open the store: %w", err)
	}
	respond := func(_ *hand, w http.ResponseWriter, _ *http.Request, n uint64) error {
		return db.View(func(tx *bolt.Tx) error {
			value := tx.Bucket(storeBucket).Get(storeKey(scramble(n) % storeKeys))
			if value == nil {
				return errors.New("the store lacks a key")
			}
			return sendBody(w, value)
		})
	}
	return responder{respond, func() error { return errors.Join(db.Close(), removeAll(path)) }}, nil
}

func storeKey(k uint64) []byte { return binary.BigEndian.AppendUint64(nil, k) }

// fillStore writes a store in the order of its keys. It need not survive the machine.
func fillStore(path string) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket(storeBucket)
		if err != nil {
			return err
		}
		b.FillPercent = 1
		for k := range uint64(storeKeys) {
			value := make([]byte, storeValue)
			for i := range value {
				value[i] = 'a' + byte(scramble(k*storeValue+uint64(i))%26)
			}
			if err := b.Put(storeKey(k), value); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}
