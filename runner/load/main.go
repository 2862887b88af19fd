package load

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// Main is the whole of a generator's process. It returns the exit code.
func Main(args []string) int {
	if len(args) > 0 || !piped(os.Stdin) {
		fmt.Fprintln(os.Stderr, "trialhost load is the load generator of forklore, which starts it and sends it a plan on its stdin; see forklore --help")
		return 2
	}
	result, err := answerPlan(os.Stdin)
	if err == nil {
		err = result.write(os.Stdout)
	} else {
		writeFault(os.Stdout, err)
	}
	if err != nil {
		return 1
	}
	return 0
}

// piped tells whether a program holds the other end of a file.
func piped(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// answerPlan reads a plan and does what it asks for.
func answerPlan(from io.Reader) (Result, error) {
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil {
		return Result{}, fmt.Errorf("read the plan: %w", err)
	}
	var plan Plan
	if err := plan.read(line); err != nil {
		return Result{}, err
	}
	return generate(plan)
}
