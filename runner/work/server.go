package work

// Names of what is measured of a server. Charts and gates know them.
const (
	MeasureLatency   = "latency_s"
	MeasureService   = "service_s"
	MeasureLateness  = "send_lateness_s"
	MeasureOffered   = "offered_per_s"
	MeasureAchieved  = "achieved_per_s"
	MeasureErrors    = "errors"
	MeasureGini      = "gini"
	MeasureMaxRate   = "max_rate_per_s"
	MeasureGenerator = "generator_cpu_share"
	MeasureSaturated = "generator_saturated"
)

// ServerMeasures are the measures of every Server. Its workers take none of them: whoever
// sends the requests does.
func ServerMeasures() []Measure {
	return []Measure{
		{Name: MeasureLatency, Title: "latency", Unit: "s", Less: true, Hist: true, Doc: "from the time for which a request was scheduled to the last byte of its answer; in a closed loop from its send"},
		{Name: MeasureService, Aside: true, Title: "service time", Unit: "s", Less: true, Hist: true, Doc: "from the send of a request to the last byte of its answer: hides what it waited for its turn"},
		{Name: MeasureLateness, Aside: true, Title: "lateness of sends", Unit: "s", Less: true, Hist: true, Doc: "the load generator's own: from the scheduled time of a request to its send, where a connection was free; absent in a closed loop"},
		{Name: MeasureOffered, Title: "requests offered", Unit: "requests/s", Merge: MergeMean, Doc: "requests/s that were scheduled in the measured window; in a closed loop those achieved"},
		{Name: MeasureAchieved, Title: "requests achieved", Unit: "requests/s", Merge: MergeMean, Doc: "right answers/s that came within the measured window of the load generator"},
		{Name: MeasureErrors, Title: "requests without a right answer", Less: true, Merge: MergeSum, Total: true, Doc: "connections refused or cut, timeouts, other statuses than 200, wrong bodies"},
		{Name: MeasureGini, Title: "inequality of shares", Less: true, Merge: MergeMean, Doc: "Gini coefficient of the requests that each worker process, or thread of the pool, handled: 0 is even, 1 is all at one; absent where there is only one"},
		{Name: MeasureMaxRate, Title: "greatest rate under the objective", Unit: "requests/s", Merge: MergeMean, Doc: "load max: the greatest rate that met the objective, found by bisection; absent where none did"},
		{Name: MeasureGenerator, Aside: true, Title: "CPU of the load generator", Less: true, Merge: MergeMax, Doc: "CPU time of the load generator over the measured window, as a share of one CPU; without what it only spun"},
		{Name: MeasureSaturated, Aside: true, Title: "load generator saturated", Less: true, Merge: MergeMax, Doc: "1 where the load generator was the bottleneck, so that its numbers are about itself; verdicts on such cells are void"},
	}
}
