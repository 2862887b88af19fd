package digest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"forklore/experiments"
)

// Names of axes that are not parameters of a workload.
const (
	axisWorkload   = "workload"
	axisModel      = "model"
	axisCores      = "cores"
	axisWorkers    = "workers"
	axisProcesses  = "processes"
	axisSchedule   = "schedule"
	axisScaling    = "scaling"
	axisIterations = "iterations"
	axisItems      = "items"
	axisDuration   = "duration"
	axisPlacement  = "placement"

	axisCurve = "curve" // cores and workers together, whatever their ratio: no axis of a file
)

var axes = []string{axisWorkload, axisModel, axisCores, axisWorkers, axisProcesses, axisSchedule,
	axisScaling, axisIterations, axisItems, axisDuration, axisPlacement}

// axisTexts returns the spellings of a cell's value on an axis, the shortest
// true one first; none where the cell has no such axis.
func axisTexts(c *experiments.Cell, axis string) []string {
	switch axis {
	case axisWorkload:
		return []string{c.Workload, c.Label}
	case axisModel:
		return []string{c.Model, c.ModelLabel}
	case axisCores:
		return []string{strconv.Itoa(c.Cores)}
	case axisWorkers:
		return []string{strconv.Itoa(c.Workers), strconv.FormatFloat(ratio(float64(c.Workers), float64(c.Cores)), 'g', -1, 64) + "x"}
	case axisProcesses:
		return []string{strconv.Itoa(c.Processes)}
	case axisSchedule:
		return []string{c.Schedule}
	case axisScaling:
		return []string{c.Scaling}
	case axisIterations:
		return []string{strconv.Itoa(c.Iterations)}
	case axisItems:
		return []string{strconv.FormatInt(c.Items, 10)}
	case axisDuration:
		return []string{strconv.FormatFloat(c.DurationS, 'g', -1, 64)}
	case axisPlacement:
		return []string{c.Placement.Policy}
	}
	if v, ok := c.Params[axis]; ok {
		return []string{v}
	}
	return nil
}

// unknownAxes returns the axes of where that no cell has.
func unknownAxes(where map[string][]string, cells []Cell) []string {
	var list []string
	for _, axis := range slices.Sorted(maps.Keys(where)) {
		known := func(c Cell) bool { return axisTexts(&c.Cell, axis) != nil }
		if !slices.ContainsFunc(cells, known) {
			list = append(list, axis)
		}
	}
	return list
}

// besides returns a text that is equal for two cells exactly if they may be
// compared along the axis: all that they hold fixed besides it, and besides
// what follows from it.
func besides(c experiments.Cell, axis string) string {
	label, multiple := c.Label, "" // labels name parameters and amounts of work that vary
	switch axis {
	case "":
	case axisModel:
		c.Model, c.ModelLabel, c.Processes = "", "", 0
	case axisCores:
		// Workers and processes go with the cores, as they do by default.
		multiple = axisTexts(&c, axisWorkers)[1]
		c.Cores, c.Workers, c.Processes = 0, 0, 0
	case axisCurve:
		c.Cores, c.Workers, c.Processes = 0, 0, 0
	case axisWorkers:
		c.Workers, c.Processes = 0, 0
	case axisProcesses:
		c.Processes = 0
	case axisWorkload:
		label, c.Workload, c.Params, c.Items, c.AutoS = "", "", nil, 0, 0
	case axisSchedule:
		c.Schedule = ""
	case axisScaling:
		label, c.Scaling = "", ""
	case axisIterations:
		c.Iterations = 0
	case axisItems, axisDuration:
		label, c.Items, c.AutoS, c.DurationS = "", 0, 0, 0
	case axisPlacement:
		c.Placement = experiments.Placement{}
	default:
		params := maps.Clone(c.Params)
		delete(params, axis)
		label, c.Params = "", params
	}
	if c.Model == experiments.Hybrid && c.Processes == 0 {
		c.ModelLabel = "" // it may name the number of processes
	}
	return fmt.Sprint([]any{label, c.Workload, paramText(c.Params), c.Model, c.ModelLabel, c.Cores, c.Workers, c.Processes, multiple,
		c.Schedule, c.Scaling, c.Items, c.AutoS, c.DurationS, c.Iterations, c.Placement})
}

// flips names the factor that decides between the verdicts of parts: the one
// whose value settles each of them. It is empty where no single factor does.
func flips(cells []*experiments.Cell, verdicts []string) string {
	names := slices.Clone(axes)
	for _, c := range cells {
		for _, p := range slices.Sorted(maps.Keys(c.Params)) {
			if !slices.Contains(names, p) {
				names = append(names, p)
			}
		}
	}
	for _, axis := range names {
		if words := settles(axis, cells, verdicts); words != "" {
			return words
		}
	}
	return ""
}

// settles returns "cores: supported at 1, 2; reversed at 4" if the axis alone
// decides, else nothing.
func settles(axis string, cells []*experiments.Cell, verdicts []string) string {
	of := map[string]string{} // value: verdict
	values := map[string][]string{}
	var order []string
	for i, c := range cells {
		text := ""
		if texts := axisTexts(c, axis); texts != nil {
			text = texts[len(texts)-1]
			if axis == axisWorkers || text == "" {
				text = texts[0]
			}
		}
		if v, met := of[text]; met {
			if v != verdicts[i] {
				return ""
			}
			continue
		}
		of[text] = verdicts[i]
		if values[verdicts[i]] == nil {
			order = append(order, verdicts[i])
		}
		values[verdicts[i]] = append(values[verdicts[i]], text)
	}
	if len(order) < 2 {
		return ""
	}
	var words []string
	for _, v := range order {
		words = append(words, v+" at "+strings.Join(values[v], ", "))
	}
	return axis + ": " + strings.Join(words, "; ")
}
