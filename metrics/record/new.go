package record

import "math"

// NewTrial returns a Trial whose every float64 is absent.
func NewTrial() Trial {
	var t Trial
	clearFloats(bind(&t))
	return t
}

// NewSample returns a Sample whose every float64 is absent.
func NewSample() Sample {
	nan := math.NaN()
	return Sample{TS: nan, CPUS: nan, RSSB: nan, PSSB: nan, Threads: nan}
}

func clearFloats(slots []slot) {
	for i := range slots {
		if slots[i].float != nil {
			slots[i].clear()
		}
	}
}
