package load

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// Main is the whole of a generator's process. It returns the exit code.
func Main(args []string) int {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	var plan Plan
	if err == nil && len(args) == 0 {
		err = plan.read(line)
	}
	if err == io.EOF && line == "" || len(args) > 0 {
		fmt.Fprintln(os.Stderr, "trialhost load is the load generator of forklore, which starts it with a plan on its stdin; see forklore --help")
		return 2
	}
	if err != nil {
		writeFault(os.Stdout, err)
		return 1
	}
	result, err := generate(plan)
	if err != nil {
		writeFault(os.Stdout, err)
		return 1
	}
	if err := result.write(os.Stdout); err != nil {
		return 1 // whoever asked is gone
	}
	return 0
}
