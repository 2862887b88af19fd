package metrics

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Every recorded machine against its golden description, without the fields
// that come from the system that runs the test.
func TestMachine(t *testing.T) {
	for _, machine := range machines {
		t.Run(machine, func(t *testing.T) {
			m := fixture(t, machine).Machine()
			if m.OS != runtime.GOOS || m.Arch != runtime.GOARCH || m.PageB != os.Getpagesize() {
				t.Errorf("OS, Arch, PageB = %q, %q, %d", m.OS, m.Arch, m.PageB)
			}
			m.OS, m.Arch, m.PageB = "", "", 0
			m.Topology.CPUs, m.Topology.Caches = nil, nil // see TestTopology
			usable := FormatCPUList(m.UsableCPUs)
			m.UsableCPUs = nil
			got, err := json.MarshalIndent(struct {
				record.Machine
				Usable string `json:"usable"`
			}{m, usable}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", machine+".golden.json"), append(got, '\n'))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		write(t, name, got)
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); run with -update to accept:\n%s", name, diff)
	}
}

// The machine that runs the test: whatever it is, the description names it and
// accounts for every gap.
func TestMachineHere(t *testing.T) {
	m := FS{}.Machine()
	if m.Host == "" || len(m.UsableCPUs) == 0 || m.PageB == 0 {
		t.Errorf("incomplete: %+v", m)
	}
	for field, empty := range map[string]bool{
		"kernel": m.Kernel == "", "cpu_model": m.CPUModel == "", "mem_total_B": m.MemTotalB == 0,
		"governor": m.Governor == "", "thp": m.THP == "", "mitigations": m.Mitigations == nil, "cgroup": m.Cgroup == "",
	} {
		if _, named := m.Missing[field]; empty != named {
			t.Errorf("%s: empty %v, in Missing %v", field, empty, named)
		}
	}
}

func TestVirtual(t *testing.T) {
	const guest, metal, arm = "processor\t: 0\nflags\t\t: fpu hypervisor\n", "processor\t: 0\nflags\t\t: fpu\n", "processor\t: 0\nFeatures\t: fp\n"
	for _, c := range []struct{ name, cpuinfo, vendor, product, want string }{
		{"qemu", guest, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "kvm"},
		{"vmware", guest, "VMware, Inc.", "VMware7,1", "vmware"},
		{"hyperv", guest, "Microsoft Corporation", "Virtual Machine", "hyperv"},
		{"surface", metal, "Microsoft Corporation", "Surface Pro", ""},
		{"no DMI", guest, "", "", "unknown hypervisor"},
		{"graviton", arm, "Amazon EC2", "c7g.large", "amazon"},
		{"graviton metal", arm, "Amazon EC2", "c7g.metal", ""},
		{"board", arm, "", "", ""},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, "sys/class/dmi/id/sys_vendor"), []byte(c.vendor+"\n"))
		write(t, filepath.Join(root, "sys/class/dmi/id/product_name"), []byte(c.product+"\n"))
		if got := (FS{Root: root}).virtual(c.cpuinfo); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCPUModel(t *testing.T) {
	for cpuinfo, want := range map[string]string{
		"model name\t: Intel(R) Xeon(R) Gold 6326 CPU @ 2.90GHz\n":              "Intel(R) Xeon(R) Gold 6326 CPU @ 2.90GHz",
		"processor\t: 0\ncpu\t\t: POWER9, altivec supported\n":                  "POWER9, altivec supported",
		"CPU implementer\t: 0x41\nCPU part\t: 0xd4f\n":                          "ARM Neoverse V2",
		"CPU implementer\t: 0x99\nCPU part\t: 0x123\n":                          "ARM implementer 0x99 part 0x123",
		"model name\t: unknown\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n": "ARM Cortex-A72",
	} {
		if got, err := cpuModel(cpuinfo); got != want || err != nil {
			t.Errorf("cpuModel(%q) = %q, %v, want %q", cpuinfo, got, err, want)
		}
	}
	if got, err := cpuModel("model name\t: unknown\n"); err == nil {
		t.Errorf("an unknown model is %q, want an error", got)
	}
}
