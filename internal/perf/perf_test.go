package perf

import (
	"fmt"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const sample = `# To display the perf.data header info, please use --header/--header-only options.
# Overhead  Shared Object      Symbol
 40.00% |x                |[.] internal/runtime/syscall/linux.Syscall6 | - |
 30.00% |[kernel.kallsyms]|[k] do_syscall_64
  4.50% |x                |[.] runtime.reentersyscall
  8.50% |x                |[.] runtime.exitsyscall
 17.00% |x                |[.] forklore/runner/link.writeAll
`

func TestParse(t *testing.T) {
	p, err := parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	const want = "kernel 70 %, Go's runtime 13 %, program 17 %: runtime.exitsyscall 8.5 %, runtime.reentersyscall 4.5 %"
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Error(diff)
	}
	here := "5.00% |x |[.] " + fmt.Sprintf("%#x", reflect.ValueOf(runtime.GC).Pointer()-uintptr(loadedAt())) + "\n"
	if p, err := parse(sample + here + here); err != nil || p.Top[0].Function != "runtime.GC" || p.Top[0].Share < 0.09 {
		t.Errorf("an address without a name: %v, %v", p, err)
	}
	for _, bad := range []string{"", "x% | y | [.] z\n", "1.00% |x|[.] main.main\n"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q passes for a profile", bad)
		}
	}
}

func TestSelf(t *testing.T) {
	p, err := Self(filepath.Join(t.TempDir(), "data"), func() {
		for n, end := 0, time.Now().Add(300*time.Millisecond); time.Now().Before(end); n++ {
		}
	})
	if err != nil {
		t.Skip(err) // a system without perf, or one that forbids it
	}
	if p.Program+p.Runtime+p.Kernel < 0.9 || p.Program+p.Runtime < 0.1 || !strings.Contains(p.String(), "kernel") {
		t.Errorf("a loop that asks for the time: %v", p)
	}
}
