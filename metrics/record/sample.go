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

// Iteration is one row of iterations.csv, written only where iterations > 1.
type Iteration struct {
	Trial     int     `csv:"trial,key" doc:"trial that the iteration belongs to"`
	Iteration int     `csv:"iteration,key" doc:"iteration within the trial, from 1"`
	WallS     float64 `csv:"wall_s" unit:"s" doc:"time of this iteration, gate to last finish"`
}
