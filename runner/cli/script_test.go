package cli

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"forklore/internal/built"
)

// bin holds the two real binaries, built once.
var bin string

func TestMain(m *testing.M) {
	built.Main(m, func(dir string) { bin = dir }, built.Forklore, built.Light, built.Heavy, built.Server)
}

// TestScripts runs every promise of the command line, one script each.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env.Setenv("BIN", bin)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode":  exitCode,
			"samefiles": sameFiles,
		},
		Condition: func(name string) (bool, error) {
			if name == "hup" { // under nohup a hang-up is nobody's business
				return !signal.Ignored(syscall.SIGHUP), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		RequireUniqueNames: true,
	})
}

// exitCode runs a command and compares its exit code: exitcode 3 forklore run x
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if exit, ok := err.(*exec.ExitError); ok {
		code = exit.ProcessState.String()[len("exit status "):]
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// sameFiles compares two folders byte for byte: samefiles DIR DIR
func sameFiles(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samefiles DIR DIR")
	}
	a, b := filesIn(ts, ts.MkAbs(args[0])), filesIn(ts, ts.MkAbs(args[1]))
	for name, text := range a {
		if other, ok := b[name]; !ok || other != text {
			ts.Fatalf("%s differs or is missing in %s", name, args[1])
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			ts.Fatalf("%s is missing in %s", name, args[0])
		}
	}
	if len(a) == 0 {
		ts.Fatalf("%s holds no file", args[0])
	}
}

func filesIn(ts *testscript.TestScript, dir string) map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(text)
		return err
	})
	ts.Check(err)
	return files
}
