package metrics

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCPUList(t *testing.T) {
	for text, want := range map[string][]int{
		"":              nil,
		"\n":            nil,
		"0":             {0},
		"0-3,8\n":       {0, 1, 2, 3, 8},
		"8,0-1,1":       {0, 1, 8},
		"5-5":           {5},
		"0-1,4-5,65535": {0, 1, 4, 5, 65535},
	} {
		got, err := ParseCPUList(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("ParseCPUList(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestParseCPUListRefuses(t *testing.T) {
	for _, text := range []string{"a", "0-", "-1", "3-1", "0,,1", "0-6:2/4", "0-99999999", "65536", "1 2", ","} {
		if got, err := ParseCPUList(text); err == nil {
			t.Errorf("ParseCPUList(%q) = %v, want an error", text, got)
		}
	}
}

func TestFormatCPUList(t *testing.T) {
	for want, cpus := range map[string][]int{
		"":        nil,
		"3":       {3},
		"0-1":     {1, 0},
		"0-3,8":   {8, 3, 2, 1, 0, 0},
		"1,3,5-7": {1, 3, 5, 6, 7},
	} {
		before := slices.Clone(cpus)
		if got := FormatCPUList(cpus); got != want {
			t.Errorf("FormatCPUList(%v) = %q, want %q", cpus, got, want)
		}
		if diff := cmp.Diff(before, cpus); diff != "" {
			t.Errorf("FormatCPUList changed its argument: %s", diff)
		}
	}
}

func FuzzCPUList(f *testing.F) {
	for _, text := range []string{"", "0-3,8", "1,1,1", "7-9,0", "0-65535", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseCPUList(text)
		if err != nil {
			return
		}
		again, err := ParseCPUList(FormatCPUList(list))
		if err != nil || !slices.Equal(list, again) {
			t.Fatalf("%q: %v became %v (%v)", text, list, again, err)
		}
	})
}
