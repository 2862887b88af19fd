package work

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"forklore/runner/link"
)

// makers describe the workloads, by name.
var makers = map[string]func() Kind{}

// describe adds a workload; each one's file calls it from init. make is called when
// somebody asks for the workload: every process of a trial starts with this package, and
// needs one at the most. Two of one name are our own bug.
func describe(name string, make func() Kind) {
	if _, taken := makers[name]; taken {
		panic("work: two workloads are named " + name)
	}
	makers[name] = make
}

// Kinds returns the workloads that lists show, sorted by name: all but the
// hidden ones.
func Kinds() []Kind {
	return slices.DeleteFunc(All(), func(k Kind) bool { return k.Hidden })
}

// Lookup returns the workload of that name, a hidden one too. For an unknown
// name the error lists the known ones, nearest first.
func Lookup(name string) (Kind, error) {
	if make, ok := makers[name]; ok {
		return make(), nil
	}
	var known []string
	for _, k := range Kinds() {
		known = append(known, k.Name)
	}
	return Kind{}, fmt.Errorf("no workload is named %q; there are %s", name, strings.Join(link.Nearest(name, known), ", "))
}

// Parse checks raw values and fills in the defaults of those not given. The
// error holds every fault, one a line: unknown names and values that are not
// allowed, each with what is.
func (k Kind) Parse(raw map[string]string) (Params, error) {
	checked := Params{}
	var faults []error
	for _, p := range k.Params {
		text, given := raw[p.Name]
		if !given {
			checked[p.Name] = p.Default
			continue
		}
		canonical, err := p.Check(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("workload %s: parameter %s: %w; allowed is %s", k.Name, p.Name, err, p.Allowed()))
			continue
		}
		checked[p.Name] = canonical
	}
	faults = append(faults, k.unknown(raw)...)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return checked, nil
}

// unknown returns a fault for each name in raw that is no parameter of k.
func (k Kind) unknown(raw map[string]string) []error {
	var known, strange []string
	for _, p := range k.Params {
		known = append(known, p.Name)
	}
	for name := range raw {
		if !slices.Contains(known, name) {
			strange = append(strange, name)
		}
	}
	slices.Sort(strange)
	var faults []error
	for _, name := range strange {
		has := "it has none"
		if len(known) > 0 {
			has = "it has " + strings.Join(link.Nearest(name, known), ", ")
		}
		faults = append(faults, fmt.Errorf("workload %s has no parameter %q; %s", k.Name, name, has))
	}
	return faults
}

// All returns every workload, the hidden ones too, sorted by name.
func All() []Kind {
	var list []Kind
	for _, name := range slices.Sorted(maps.Keys(makers)) {
		list = append(list, makers[name]())
	}
	return list
}
