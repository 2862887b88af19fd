package host

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"
)

// residentPeak returns VmHWM in bytes, or 0 where it can't be read. It counts
// from exec, unlike ru_maxrss, which a child inherits from its parent.
func residentPeak() float64 {
	return peakIn(readProc("/proc/self/status"))
}

func peakIn(status []byte) float64 {
	_, rest, ok := bytes.Cut(status, []byte("\nVmHWM:"))
	if !ok {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	kib, err := strconv.ParseFloat(string(bytes.TrimSpace(bytes.TrimSuffix(line, []byte("kB")))), 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// readProc reads a small file by three bare system calls: os.ReadFile costs a
// worker twice as much.
func readProc(name string) []byte {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}
