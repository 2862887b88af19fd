package work

import "testing"

func TestPipelineDoesAllSteps(t *testing.T) {
	const steps, items = 17, 12
	var want uint64
	for i := range int64(items) {
		number := uint64(i)
		for range steps {
			number = scramble(number)
		}
		want += mix(i, number)
	}
	kind, _ := Lookup("pipeline")
	raw := map[string]string{"steps": itoa(steps)}
	for _, workers := range []int{1, 2, 3, 5, 20} { // of 20 three have no steps
		newTalkers(t, kind, raw, workers).want(t, Round{Items: items}, items, want)
	}
}
