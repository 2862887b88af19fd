package record

import "time"

// Statuses of a trial. Only an ok trial has numbers that statistics may use.
const (
	OK      = "ok"
	Crashed = "crashed" // the host or a worker died, or refused to start
	Timeout = "timeout" // the trial outlived its limit and was killed
	OOM     = "oom"     // killed by the kernel for want of memory
	Wrong   = "wrong"   // checksum or counts do not agree
	Killed  = "killed"  // ended by the user
	Skipped = "skipped" // not run: something it needs is missing
)

// Trial is one row of trials.csv: one execution of a cell in a fresh process
// tree. Columns are named by the csv tags; units are SI and part of the name.
// An absent number is NaN here and an empty field in the file, never 0 or -1:
// use [NewTrial], whose optional numbers all start absent.
type Trial struct {
	Trial    int  `csv:"trial"`    // 1-based number in the run
	Block    int  `csv:"block"`    // 1-based block
	Position int  `csv:"position"` // 1-based place within its block
	Warmup   bool `csv:"warmup"`   // discarded from every statistic

	Cell       string  `csv:"cell"`
	Workload   string  `csv:"workload"`
	Label      string  `csv:"label"`
	Params     string  `csv:"params"` // "n=256 block=64", sorted by name
	Model      string  `csv:"model"`
	ModelLabel string  `csv:"model_label"`
	Cores      int     `csv:"cores"`
	Workers    int     `csv:"workers"`
	Processes  int     `csv:"processes"`
	Schedule   string  `csv:"schedule"`
	Scaling    string  `csv:"scaling"`
	Iterations int     `csv:"iterations"`
	Items      float64 `csv:"items"`      // planned items of one iteration; absent under fixed time
	DurationS  float64 `csv:"duration_s"` // planned seconds under fixed time, else absent

	Status  string    `csv:"status"`
	Detail  string    `csv:"detail"`  // why the status is not ok; else empty
	Started time.Time `csv:"started"` // UTC

	SpawnS   float64 `csv:"spawn_s"`   // spawn call to the last worker's first instruction
	SetupS   float64 `csv:"setup_s"`   // from there to the last worker's readiness
	WallS    float64 `csv:"wall_s"`    // gate to the last worker's finish; the sum over iterations
	FirstS   float64 `csv:"first_s"`   // gate to the first worker's finish
	MergeS   float64 `csv:"merge_s"`   // last finish to the merged result
	ReapS    float64 `csv:"reap_s"`    // stop order to the reaped tree
	ColdS    float64 `csv:"cold_s"`    // spawn call to the reaped tree, less observe_s
	ObserveS float64 `csv:"observe_s"` // time the trial stood still for the meters' phase readings

	ItemsDone float64 `csv:"items_done"` // over all iterations
	BytesDone float64 `csv:"bytes_done_B"`
	Checksum  string  `csv:"checksum"` // 16 hex digits

	CPUS       float64 `csv:"cpu_s"` // user + system of the whole tree, spawn to reap
	CPUUserS   float64 `csv:"cpu_user_s"`
	CPUSysS    float64 `csv:"cpu_sys_s"`
	CPUSource  string  `csv:"cpu_source"`   // "cgroup" or "rusage"
	CPUWorkS   float64 `csv:"cpu_work_s"`   // what the workers' processes used between gate and finish
	CPUSelfS   float64 `csv:"cpu_self_s"`   // sum of the processes' own rusage at their end: the cross-check
	RusageS    float64 `csv:"cpu_rusage_s"` // wait4 rusage of the tree: the other cross-check
	MemLowB    float64 `csv:"mem_low_B"`    // peak memory lies in [mem_low_B, mem_high_B]: largest sampled sum of PSS
	MemHighB   float64 `csv:"mem_high_B"`   // sum of the processes' own VmHWM
	MemPeakB   float64 `csv:"mem_peak_B"`   // the authority's single number where there is one (cgroup), else absent
	MemBaseB   float64 `csv:"mem_base_B"`   // sum of VmHWM at readiness, before any work
	MemSource  string  `csv:"mem_source"`   // "cgroup", "pss..vmhwm", "vmhwm"
	RSSPeakB   float64 `csv:"rss_peak_B"`   // largest sampled sum of RSS (shared pages counted once per process)
	PSSReadyB  float64 `csv:"pss_ready_B"`  // sum of PSS at readiness
	PSSDoneB   float64 `csv:"pss_done_B"`   // sum of PSS after the last finish
	USSDoneB   float64 `csv:"uss_done_B"`   // sum of private memory after the last finish
	ThreadsMax float64 `csv:"threads_max"`  // largest sampled sum of OS threads
	FDsMax     float64 `csv:"fds_max"`      // largest sum of open descriptors seen at a phase end

	MinorFaults float64 `csv:"minor_faults"`
	MajorFaults float64 `csv:"major_faults"`
	VolCtxSw    float64 `csv:"voluntary_switches"`
	InvolCtxSw  float64 `csv:"involuntary_switches"`
	InBlocks    float64 `csv:"in_blocks"`
	OutBlocks   float64 `csv:"out_blocks"`

	GCCycles float64 `csv:"gc_cycles"` // between readiness and finish, summed over processes
	GCCPUS   float64 `csv:"gc_cpu_s"`
	GCPauseS float64 `csv:"gc_pause_s"`
	AllocB   float64 `csv:"alloc_B"` // heap bytes allocated between readiness and finish

	StealS       float64 `csv:"steal_s"`       // noise: all from here to swap_pages are deltas over the work
	ForeignCPUS  float64 `csv:"foreign_cpu_s"` // CPU used by others than this trial and the runner
	RunDelayS    float64 `csv:"run_delay_s"`   // time the workers' threads were runnable but waiting
	ThrottledS   float64 `csv:"throttled_s"`
	PSICPUS      float64 `csv:"psi_cpu_s"`
	PSIIOS       float64 `csv:"psi_io_s"`
	PSIMemS      float64 `csv:"psi_mem_s"`
	SwapPages    float64 `csv:"swap_pages"`
	Samples      float64 `csv:"samples"` // ticks of the sampler
	LateTicks    float64 `csv:"late_ticks"`
	SamplerCPUS  float64 `csv:"sampler_cpu_s"`
	SamplerTickS float64 `csv:"sampler_tick_s"` // median time one tick took
	CPUs         string  `csv:"cpus"`           // affinity read back from the workers: "0-3,8"
	GoMaxProcs   int     `csv:"gomaxprocs"`     // of each process that holds workers
	Version      string  `csv:"version"`        // of forklore
	Log          string  `csv:"log"`            // file under log/ when something was kept
}

// Sample is one row of samples.csv: one reading of one process, or of the
// whole machine, during a trial.
type Sample struct {
	Trial   int     `csv:"trial"`
	TS      float64 `csv:"t_s"`   // seconds after the gate; negative before it
	PID     int     `csv:"pid"`   // 0 for the machine
	Role    string  `csv:"role"`  // host, worker, machine, runner
	CPUS    float64 `csv:"cpu_s"` // CPU seconds used since the process began; busy seconds of all CPUs for the machine
	RSSB    float64 `csv:"rss_B"` // memory in use for the machine
	PSSB    float64 `csv:"pss_B"`
	Threads float64 `csv:"threads"`
}

// Iteration is one row of iterations.csv, written only where iterations > 1.
type Iteration struct {
	Trial     int     `csv:"trial"`
	Iteration int     `csv:"iteration"` // 1-based
	WallS     float64 `csv:"wall_s"`
}
