package work

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// The errors of these parsers continue a sentence that began with the text.

var byteUnits = []struct {
	name string
	size int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
}

// parseBytes reads a number of bytes with or without a unit: 4096, 64KiB,
// 1.5 MB. A number without one is the canonical spelling.
func parseBytes(text string) (int64, error) {
	number, size := text, int64(1)
	for _, u := range byteUnits {
		if before, ok := strings.CutSuffix(text, u.name); ok {
			number, size = strings.TrimSuffix(before, " "), u.size
			break
		}
	}
	if !plain(number, ".") {
		return 0, errors.New("is not a number of bytes with a unit of B, KB, MB, GB, KiB, MiB or GiB")
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, errors.New("is not a number of bytes")
	}
	n := f * float64(size)
	switch {
	case n != math.Trunc(n):
		return 0, errors.New("is not a whole number of bytes")
	case math.Abs(n) > 1<<53: // beyond it a float64 skips whole numbers
		return 0, errors.New("is too large")
	}
	return int64(n), nil
}

// showBytes writes n with the largest binary unit that leaves a whole number.
func showBytes(n int64) string {
	for _, u := range byteUnits[:3] {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

// parseInt reads a decimal number. A leading zero is refused: half of the
// readers of an experiment take 010 for eight.
func parseInt(text string) (int64, error) {
	if !plain(text, "") {
		return 0, errors.New("is not a whole number")
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errors.New("is too large")
	}
	return n, nil
}

// parseDuration reads Go's syntax, always with a unit: Go itself lets a bare 0
// pass.
func parseDuration(text string) (time.Duration, error) {
	if plain(text, ".") {
		return 0, errors.New("has no unit of ns, us, ms, s, m or h")
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("is not a duration such as 250us, 1.5s or 1m30s")
	}
	return d, nil
}

// showDuration writes d as Go does, but in ASCII: the values go into CSV files,
// which some spreadsheets take for Latin-1.
func showDuration(d time.Duration) string { return strings.Replace(d.String(), "µ", "u", 1) }

// parseFloat reads a finite decimal number.
func parseFloat(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || strings.ContainsAny(text, "xX_") {
		return 0, errors.New("is not a number")
	}
	if f == 0 {
		f = 0 // -0 is spelled 0
	}
	return f, nil
}

// plain reports whether text is decimal digits and at most one of the given
// mark, after an optional minus, without a leading zero.
func plain(text, mark string) bool {
	digits := strings.TrimPrefix(text, "-")
	if mark != "" {
		digits = strings.Replace(digits, mark, "", 1)
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	whole, _, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return len(whole) < 2 || whole[0] != '0'
}
