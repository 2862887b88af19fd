package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"forklore/metrics/record"
)

// PickCPUs chooses n of the usable CPUs, sorted. The words are those of an
// experiment's placement; empty means the first one listed.
//
//   - policy: "compact" fills a package and node before the next, "scatter"
//     takes them in turn, "none" picks nothing (nil: leave the mask alone)
//   - smt: "avoid" takes one CPU of every core before any second one, "allow"
//     counts siblings as cores
//   - numa: "any", or "local", which refuses to cross a node
//
// CPUs that the topology does not know are cores of their own in package 0.
func PickCPUs(t record.Topology, usable []int, n int, policy, smt, numa string) ([]int, error) {
	if err := checkPlacement(policy, smt, numa); err != nil {
		return nil, err
	}
	usable = slices.Compact(slices.Sorted(slices.Values(usable)))
	if n < 1 {
		return nil, fmt.Errorf("pick %d CPUs: ask for at least 1", n)
	}
	if n > len(usable) {
		return nil, fmt.Errorf("pick %d CPUs: this process may use %d (%s): lower cores, use cores: [max], or widen the affinity mask",
			n, len(usable), FormatCPUList(usable))
	}
	if policy == "none" {
		return nil, nil
	}
	seats := seatsOf(t, usable)
	if numa == "local" {
		var err error
		if seats, err = oneNode(seats, n, smt); err != nil {
			return nil, err
		}
	}
	picked := order(seats, policy, smt)[:n]
	slices.Sort(picked)
	return picked, nil
}

func checkPlacement(policy, smt, numa string) error {
	return errors.Join(
		oneOf("placement", policy, "compact", "scatter", "none"),
		oneOf("smt", smt, "avoid", "allow"),
		oneOf("numa", numa, "any", "local"))
}

func oneOf(what, word string, allowed ...string) error {
	if word == "" || slices.Contains(allowed, word) {
		return nil
	}
	return fmt.Errorf("%s %q is unknown: use %s", what, word, strings.Join(allowed, ", "))
}

// seat is a usable CPU with its rank among the usable CPUs of its core: where
// thread 0 is not ours, its sibling is the first.
type seat struct {
	record.CPU
	rank int
}

func seatsOf(t record.Topology, usable []int) []seat {
	known := map[int]record.CPU{}
	top := -1
	for _, c := range t.CPUs {
		known[c.CPU] = c
		top = max(top, c.Core)
	}
	taken := map[[2]int]int{}
	seats := make([]seat, 0, len(usable))
	for _, n := range usable {
		c, ok := known[n]
		if !ok {
			top++
			c = record.CPU{CPU: n, Core: top}
		}
		key := [2]int{c.Package, c.Core}
		seats = append(seats, seat{c, taken[key]})
		taken[key]++
	}
	return seats
}

// oneNode keeps the seats of the first node that can hold n workers, and
// prefers one that needs no siblings for it.
func oneNode(seats []seat, n int, smt string) ([]seat, error) {
	byNode, cores := map[int][]seat{}, map[int]int{}
	for _, s := range seats {
		byNode[s.Node] = append(byNode[s.Node], s)
		if s.rank == 0 {
			cores[s.Node]++
		}
	}
	var fits []int
	var offer []string
	for node := range byNode {
		if len(byNode[node]) >= n {
			fits = append(fits, node)
		}
	}
	if len(fits) == 0 {
		for _, node := range slices.Sorted(maps.Keys(byNode)) {
			offer = append(offer, fmt.Sprintf("node %d has %d (%s)", node, len(byNode[node]), FormatCPUList(numbers(byNode[node]))))
		}
		return nil, fmt.Errorf("pick %d CPUs of one NUMA node: %s: lower cores or use numa: any", n, strings.Join(offer, ", "))
	}
	slices.SortFunc(fits, func(a, b int) int {
		if smt != "allow" && (cores[a] >= n) != (cores[b] >= n) {
			return cmp.Compare(min(cores[b], n), min(cores[a], n))
		}
		return cmp.Compare(a, b)
	})
	return byNode[fits[0]], nil
}

// order lists the CPUs in the order in which they are taken.
func order(seats []seat, policy, smt string) []int {
	slices.SortFunc(seats, func(a, b seat) int {
		rank := 0
		if smt != "allow" {
			rank = cmp.Compare(a.rank, b.rank)
		}
		return cmp.Or(rank, cmp.Compare(a.Package, b.Package), cmp.Compare(a.Node, b.Node),
			cmp.Compare(a.Core, b.Core), cmp.Compare(a.CPU.CPU, b.CPU.CPU))
	})
	if policy != "scatter" {
		return numbers(seats)
	}
	if smt == "allow" {
		return numbers(deal(seats))
	}
	var all []int
	for len(seats) > 0 { // rank by rank: no sibling before the last core
		end := 0
		for end < len(seats) && seats[end].rank == seats[0].rank {
			end++
		}
		all = append(all, numbers(deal(seats[:end]))...)
		seats = seats[end:]
	}
	return all
}

// deal takes one seat of every package in turn, and within a package one of
// every node in turn.
func deal(seats []seat) []seat {
	groups := map[int][][]seat{} // package to nodes to seats
	for _, s := range seats {
		g := groups[s.Package]
		if len(g) == 0 || g[len(g)-1][0].Node != s.Node {
			g = append(g, nil)
		}
		g[len(g)-1] = append(g[len(g)-1], s)
		groups[s.Package] = g
	}
	var packages [][]seat
	for _, p := range slices.Sorted(maps.Keys(groups)) {
		packages = append(packages, inTurn(groups[p]))
	}
	return inTurn(packages)
}

func inTurn(hands [][]seat) []seat {
	var out []seat
	for i, more := 0, true; more; i++ {
		more = false
		for _, hand := range hands {
			if i < len(hand) {
				out, more = append(out, hand[i]), true
			}
		}
	}
	return out
}

func numbers(seats []seat) []int {
	list := make([]int, len(seats))
	for i, s := range seats {
		list[i] = s.CPU.CPU
	}
	return list
}
