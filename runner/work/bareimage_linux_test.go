package work

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Go's assembler makes the same code of a source written by hand.
func TestBareImageIsWhatAnAssemblerMakes(t *testing.T) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		t.Run(arch, func(t *testing.T) {
			content, err := bareImage(arch)
			if err != nil {
				t.Fatal(err)
			}
			f, err := elf.NewFile(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if f.Type != elf.ET_EXEC || f.Machine != machine || f.ByteOrder.String() != "LittleEndian" {
				t.Errorf("header %+v", f.FileHeader)
			}
			load := f.Progs[0]
			if load.Type != elf.PT_LOAD || load.Flags != elf.PF_R|elf.PF_X || load.Vaddr%load.Align != load.Off%load.Align {
				t.Errorf("segment %+v", load.ProgHeader)
			}
			if stack := f.Progs[1]; stack.Type != elf.PT_GNU_STACK || stack.Flags != elf.PF_R|elf.PF_W {
				t.Errorf("segment %+v", stack.ProgHeader)
			}
			all, err := io.ReadAll(load.Open())
			if err != nil || !bytes.Equal(all, content) {
				t.Errorf("the first segment is not the whole file: %v", err)
			}
			got, want := all[f.Entry-load.Vaddr:], assembled(t, arch)
			if !bytes.HasPrefix(want, got) || len(bytes.Trim(want[len(got):], "\x00")) > 0 {
				t.Errorf("code\n%x, Go's assembler makes\n%x", got, want)
			}
			if len(content) > 400 {
				t.Errorf("%d bytes are not a few hundred", len(content))
			}
		})
	}
	if _, err := bareImage("riscv64"); err == nil || !strings.Contains(err.Error(), "only for amd64 and arm64") {
		t.Errorf("riscv64: %v", err)
	}
}

// assembled returns the code that Go's assembler makes of testdata/bare_<arch>.s. It may
// be filled up at its end.
func assembled(t *testing.T, arch string) []byte {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command("go", "tool", "asm", "-S", "-p", "main", "-o", filepath.Join(t.TempDir(), "bare.o"), "testdata/bare_"+arch+".s")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+arch)
	listing, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("assemble: %v: %s", err, listing)
	}
	var code []byte
	for _, m := range regexp.MustCompile(`(?m)^\t0x[0-9a-f]{4}((?: [0-9a-f]{2})+)  `).FindAllSubmatch(listing, -1) {
		bytes, err := hex.DecodeString(strings.ReplaceAll(string(m[1]), " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		code = append(code, bytes...)
	}
	return code
}
