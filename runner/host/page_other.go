//go:build !linux

package host

import "os"

func sharedFile() (*os.File, error) {
	f, err := os.CreateTemp("", "forklore-page-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}
