// Command forklore runs experiments that test the folklore about threads and
// forks.
package main

import (
	"os"

	"forklore/runner/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
