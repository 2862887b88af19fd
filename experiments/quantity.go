package experiments

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// measure is a kind of number with the ways of writing it.
type measure int

const (
	ratios   measure = iota // 1.5, 3x, 95 %, and counts
	times                   // 5ms
	sizes                   // 64MiB
	rates                   // 1000 or 1000/s
	sizeRate                // 10GB or 10GB/s
)

// measureOf returns what the numbers of a metric are: its name ends in its
// unit.
func measureOf(metric string) measure {
	switch {
	case strings.HasSuffix(metric, "_B_per_s"):
		return sizeRate
	case strings.HasSuffix(metric, "_per_s"):
		return rates
	case strings.HasSuffix(metric, "_s"):
		return times
	case strings.HasSuffix(metric, "_B"):
		return sizes
	}
	return ratios
}

var measureForms = [...]struct{ noun, allowed string }{
	ratios:   {"a number", "a number of 0 or more, as 1.5, 3x or 95%"},
	times:    {"a duration", "a duration from 0s to 1000h"},
	sizes:    {"a number of bytes with its unit", "bytes with a unit: 4096B, 64KiB, 64MiB, 1.5GB"},
	rates:    {"a number a second", "a number of 0 or more, as 1000 or 1000/s"},
	sizeRate: {"bytes a second with their unit", "bytes a second with a unit: 64MiB/s, 10GB/s"},
}

var (
	plainNumber = regexp.MustCompile(`^[0-9]{1,15}(\.[0-9]{1,15})?$`)
	ratioForm   = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,15})?) ?(x|%)$`)
	rateForm    = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,15})?) ?/s$`)
	sizeForm    = regexp.MustCompile(`^([0-9]{1,15}(?:\.[0-9]{1,15})?) ?([a-zA-Z]+)$`)
)

var byteUnits = map[string]float64{
	"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}

// looseUnits are what people write instead.
var looseUnits = map[string]string{
	"b": "B", "byte": "B", "bytes": "B", "k": "KiB", "kb": "KiB", "kib": "KiB", "m": "MiB", "mb": "MiB", "mib": "MiB",
	"g": "GiB", "gb": "GiB", "gib": "GiB", "t": "TiB", "tb": "TiB", "tib": "TiB",
}

// quantity reads a number in one of the ways its measure allows, in SI base
// units.
func (r *reader) quantity(n *yaml.Node, what string, m measure) (float64, bool) {
	switch {
	case r.bad[n]:
		return 0, false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, what, measureForms[m].noun).Allowed = measureForms[m].allowed
		return 0, false
	case m == times && n.Value == "0":
		return 0, true
	case m == times:
		return r.span(n, what, 0, 1000*time.Hour)
	case r.trap(n, what, measureForms[m].allowed):
		return 0, false
	case n.Style != 0 && plainNumber.MatchString(n.Value):
		r.wrong(n, what, measureForms[m].noun).Remedy = "remove the quotes"
		return 0, false
	}
	v, ok := m.parse(n.Value)
	if !ok {
		f := r.fault(n, "%s: expected %s, found %s", what, measureForms[m].noun, describe(n))
		f.Allowed = measureForms[m].allowed
		f.Remedy = m.remedy(n.Value)
	}
	return v, ok
}

func (m measure) parse(s string) (float64, bool) {
	scale := 1.0
	switch m {
	case ratios:
		if g := ratioForm.FindStringSubmatch(s); g != nil {
			s = g[1]
			if g[2] == "%" {
				return hundredth(s), true
			}
		}
	case rates:
		if g := rateForm.FindStringSubmatch(s); g != nil {
			s = g[1]
		}
	case sizes, sizeRate:
		if m == sizeRate {
			s = strings.TrimSuffix(s, "/s")
		}
		g := sizeForm.FindStringSubmatch(s)
		if s == "0" {
			return 0, true
		}
		if g == nil || byteUnits[g[2]] == 0 {
			return 0, false
		}
		s, scale = g[1], byteUnits[g[2]]
	}
	if !plainNumber.MatchString(s) {
		return 0, false
	}
	v, err := strconv.ParseFloat(s, 64)
	return v * scale, err == nil
}

// hundredth divides in decimal: 5 % is the number nearest to 0.05.
func hundredth(s string) float64 {
	v, err := strconv.ParseFloat(s+"e-2", 64)
	if err != nil {
		panic("experiments: " + s + " has the form of a number") // the caller's pattern
	}
	return v
}

// remedy says how to write what was nearly right.
func (m measure) remedy(s string) string {
	switch {
	case strings.HasPrefix(s, "-"):
		return "write a number of 0 or more"
	case m != sizes && m != sizeRate:
		return ""
	case plainNumber.MatchString(s):
		return fmt.Sprintf("write %sB for bytes, or %sMiB", s, s)
	}
	if g := sizeForm.FindStringSubmatch(strings.TrimSuffix(s, "/s")); g != nil && looseUnits[strings.ToLower(g[2])] != "" {
		return "write " + g[1] + looseUnits[strings.ToLower(g[2])]
	}
	return ""
}

// share reads a fraction within [lo, hi], as 0.05 or 5%.
func (r *reader) share(n *yaml.Node, what string, lo, hi float64) (float64, bool) {
	allowed := fmt.Sprintf("a share from %g%% to %g%%, as %g%% or %g", lo*100, hi*100, 5.0, 0.05)
	switch {
	case r.bad[n]:
		return 0, false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, what, "a share").Allowed = allowed
		return 0, false
	case r.trap(n, what, allowed):
		return 0, false
	case n.Style != 0 && plainNumber.MatchString(n.Value):
		r.wrong(n, what, "a share").Remedy = "remove the quotes"
		return 0, false
	}
	v, ok := ratios.parse(n.Value)
	switch {
	case !ok || strings.HasSuffix(n.Value, "x"):
		r.wrong(n, what, "a share").Allowed = allowed
		return 0, false
	case v < lo || v > hi:
		f := r.fault(n, "%s: %s is out of range", what, n.Value)
		f.Allowed = allowed
		if v > 1 && v <= 100*hi && plainNumber.MatchString(n.Value) {
			f.Remedy = fmt.Sprintf("write %s%%", n.Value)
		}
		return 0, false
	}
	return v, true
}
