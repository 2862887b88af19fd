// Command trialhost is the measured program: the root of every trial's process
// tree and each of its worker processes. forklore starts it.
package main

import (
	"os"

	"forklore/runner/host"
)

func main() { os.Exit(host.Main(os.Args)) }
