// Command trialhost is the measured program: the root of every trial's process
// tree, each of its worker processes, and what sends requests to its servers. forklore starts it.
package main

import (
	"os"

	"forklore/runner/host"
	"forklore/runner/load"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == load.Role {
		os.Exit(load.Main(os.Args[2:]))
	}
	os.Exit(host.Main(os.Args))
}
