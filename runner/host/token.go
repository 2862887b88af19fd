package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// tokenVar names the environment variable that carries Options.Token.
const tokenVar = "FORKLORE_TRIAL"

// tokens numbers the trials of this process, so that two runs in it never
// sweep each other's processes.
var tokens atomic.Int64

// NewToken returns a mark for the processes of one trial of a run. It names this
// process: what outlives it can be told from what it still watches.
func NewToken(run string) string { return fmt.Sprintf("%s-%d-%d", run, os.Getpid(), tokens.Add(1)) }

// runnerOf returns the process that made a token, or 0 for a mark of another kind.
func runnerOf(token string) (pid int) {
	words := strings.Split(token, "-")
	if len(words) < 3 {
		return 0
	}
	pid, err := strconv.Atoi(words[len(words)-2])
	_, err2 := strconv.Atoi(words[len(words)-1])
	if err != nil || err2 != nil || pid < 1 {
		return 0
	}
	return pid
}
