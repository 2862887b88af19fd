package record

// Sample is one row of samples.csv: one reading of one process, or of the
// whole machine, during a trial.
type Sample struct {
	Trial   int     `csv:"trial,key" doc:"trial that the reading belongs to"`
	TS      float64 `csv:"t_s,key" unit:"s" doc:"seconds after the gate; negative before it"`
	PID     int     `csv:"pid,key" doc:"process; 0 for the whole machine"`
	Role    string  `csv:"role,key" doc:"host, worker, machine or runner"`
	CPUS    float64 `csv:"cpu_s" unit:"s" doc:"CPU time used since the process began; busy time of all CPUs for the machine"`
	RSSB    float64 `csv:"rss_B" unit:"B" doc:"resident memory; memory in use for the machine"`
	PSSB    float64 `csv:"pss_B" unit:"B" doc:"proportional memory: a shared page divides among its users; absent on most ticks, for it is dear to read"`
	Threads float64 `csv:"threads" doc:"OS threads of the process"`
}

// Measured is one row of measures.csv: a number that a workload took of itself in
// one trial, merged over its workers and iterations. Which there are, and what they
// mean, is in the manifest.
type Measured struct {
	Trial   int     `csv:"trial,key" doc:"trial that the number belongs to"`
	Measure string  `csv:"measure,key" doc:"name of the measure, with its unit: moved_B; the manifest describes it"`
	Value   float64 `csv:"value,key" doc:"the number, in the unit of its name"`
}

// Bucket is one row of histograms.csv: how many durations of a trial fell into
// one span. A trial's rows of one measure stand together, in rising order;
// the first span begins at the least duration, the last ends at the greatest.
type Bucket struct {
	Trial   int     `csv:"trial,key" doc:"trial that the durations belong to"`
	Measure string  `csv:"measure,key" doc:"name of the measure: latency_s; the manifest describes it"`
	LoS     float64 `csv:"lo_s,key" unit:"s" doc:"least duration of the span"`
	HiS     float64 `csv:"hi_s,key" unit:"s" doc:"greatest duration of the span; at most 0.5 % above lo_s, or 1 ns; 1 % for service_s and send_lateness_s"`
	Count   int     `csv:"count,key" doc:"durations in it, all workers and iterations together"`
}

// Iteration is one row of iterations.csv, written only where iterations > 1.
type Iteration struct {
	Trial     int     `csv:"trial,key" doc:"trial that the iteration belongs to"`
	Iteration int     `csv:"iteration,key" doc:"iteration within the trial, from 1"`
	WallS     float64 `csv:"wall_s" unit:"s" doc:"time of this iteration, gate to last finish"`
}
