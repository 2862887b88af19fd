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

var statuses = []string{OK, Crashed, Timeout, OOM, Wrong, Killed, Skipped}

// Trial is one row of trials.csv: one execution of a cell in a fresh process
// tree. The csv tag names the column ("key": a row without it is refused), doc
// says what it holds, unit is SI; results/README.md is made from these tags.
// An absent number is NaN here and an empty field in the file, never 0 or -1:
// use [NewTrial], whose optional numbers all start absent.
type Trial struct {
	Trial    int  `csv:"trial,key" doc:"number in the run, from 1"`
	Block    int  `csv:"block,key" doc:"block of the trial, from 1; a block is one trial of every cell"`
	Position int  `csv:"position,key" doc:"place within its block, from 1"`
	Warmup   bool `csv:"warmup,key" doc:"true for a trial that is discarded from every statistic"`

	Cell       string  `csv:"cell,key" doc:"c and 12 hex digits that stand for all settings of the cell"`
	Workload   string  `csv:"workload,key" doc:"name of the workload; of a command its label"`
	Label      string  `csv:"label" doc:"the workload in charts: its name or the author's label, and the parameters that vary"`
	Params     string  `csv:"params" doc:"every parameter of the workload, sorted by name: n=256 block=64"`
	Model      string  `csv:"model,key" doc:"sequential, goroutines, threads, processes or hybrid"`
	ModelLabel string  `csv:"model_label" doc:"the model in charts: its name or the author's label"`
	Cores      int     `csv:"cores,key" doc:"CPUs the trial may run on"`
	Workers    int     `csv:"workers,key" doc:"concurrent executors"`
	Processes  int     `csv:"processes" doc:"processes that hold workers"`
	Schedule   string  `csv:"schedule" doc:"how items are dealt: static or dynamic"`
	Scaling    string  `csv:"scaling" doc:"strong (the same items for any number of workers) or weak (items times workers)"`
	Iterations int     `csv:"iterations" doc:"repetitions of the work inside the trial"`
	Items      float64 `csv:"items" doc:"planned items of one iteration, all workers together; absent under fixed time"`
	DurationS  float64 `csv:"duration_s" unit:"s" doc:"planned time of work under fixed time; else absent"`

	Control string `csv:"control" doc:"aa, positive or canary for a cell that tests the run: leave it out of every answer; else empty"`

	Status  string    `csv:"status,key" doc:"ok, crashed, timeout, oom, wrong, killed or skipped; only ok rows have numbers that count"`
	Detail  string    `csv:"detail" doc:"why the status is not ok; else empty"`
	Started time.Time `csv:"started" doc:"when the trial began, UTC, RFC 3339"`

	SpawnS   float64 `csv:"spawn_s" unit:"s" doc:"spawn call to the last worker's first instruction; absent for a plain command, which starts with its work"`
	SetupS   float64 `csv:"setup_s" unit:"s" doc:"from there to the last worker's readiness; absent for a plain command"`
	WallS    float64 `csv:"wall_s" unit:"s" doc:"gate to the last worker's finish; the sum over iterations; of a server the first request to there; of a plain command exec to exit, its start included"`
	FirstS   float64 `csv:"first_s" unit:"s" doc:"gate to the first worker's finish; absent for commands"`
	MergeS   float64 `csv:"merge_s" unit:"s" doc:"last finish to the merged result"`
	ReapS    float64 `csv:"reap_s" unit:"s" doc:"stop order to the reaped tree"`
	ColdS    float64 `csv:"cold_s" unit:"s" doc:"spawn_s + setup_s + wall_s + merge_s + reap_s, as far as they are known: spawn call to the reaped tree, without the time in which the trial waited for its runner"`
	ObserveS float64 `csv:"observe_s" unit:"s" doc:"time the trial stood still for the meters' readings between phases"`

	ItemsDone float64 `csv:"items_done" doc:"items done, over all iterations; of a plain command the planned ones, which its verification vouches for"`
	BytesDone float64 `csv:"bytes_done_B" unit:"B" doc:"bytes that the items done stand for; absent for workloads that move none"`
	OpsDone   float64 `csv:"ops_done" doc:"operations that the items done stand for; absent where an item is the operation"`
	Checksum  string  `csv:"checksum" doc:"x and 16 hex digits; equal for all trials of one workload and size; absent for servers, whose answers have one each"`

	CPUS       float64 `csv:"cpu_s" unit:"s" doc:"user and system CPU time of the whole process tree, spawn to reap"`
	CPUUserS   float64 `csv:"cpu_user_s" unit:"s" doc:"user part of cpu_s"`
	CPUSysS    float64 `csv:"cpu_sys_s" unit:"s" doc:"system part of cpu_s"`
	CPUSource  string  `csv:"cpu_source" doc:"authority of the three before: cgroup or rusage"`
	CPUWorkS   float64 `csv:"cpu_work_s" unit:"s" doc:"CPU time of the workers' processes between gate and finish; of a command of its process and all below it"`
	CPUSelfS   float64 `csv:"cpu_self_s" unit:"s" doc:"sum of the processes' own rusage at their end: a cross-check of cpu_s; absent for commands"`
	RusageS    float64 `csv:"cpu_rusage_s" unit:"s" doc:"wait4 rusage of the tree: the other cross-check"`
	MemLowB    float64 `csv:"mem_low_B" unit:"B" doc:"lower bound of peak memory: largest sampled sum of PSS"`
	MemHighB   float64 `csv:"mem_high_B" unit:"B" doc:"upper bound of peak memory: sum of the processes' own VmHWM; of a command that speaks the protocol, read when it has told its result"`
	MemPeakB   float64 `csv:"mem_peak_B" unit:"B" doc:"peak memory where an authority (a cgroup) gives one number; else absent"`
	MemBaseB   float64 `csv:"mem_base_B" unit:"B" doc:"sum of VmHWM at readiness, before any work"`
	MemSource  string  `csv:"mem_source" doc:"authority of the memory columns: cgroup, pss..vmhwm, vmhwm or pss"`
	RSSPeakB   float64 `csv:"rss_peak_B" unit:"B" doc:"largest sampled sum of RSS; counts a shared page once per process"`
	PSSReadyB  float64 `csv:"pss_ready_B" unit:"B" doc:"sum of PSS at readiness"`
	PSSDoneB   float64 `csv:"pss_done_B" unit:"B" doc:"sum of PSS after the last finish"`
	USSDoneB   float64 `csv:"uss_done_B" unit:"B" doc:"sum of private memory after the last finish"`
	ThreadsMax float64 `csv:"threads_max" doc:"largest sampled sum of OS threads"`
	FDsMax     float64 `csv:"fds_max" doc:"largest sum of open descriptors seen at a phase end"`

	MinorFaults float64 `csv:"minor_faults" doc:"page faults served without a disk, whole tree"`
	MajorFaults float64 `csv:"major_faults" doc:"page faults that waited for a disk, whole tree"`
	VolCtxSw    float64 `csv:"voluntary_switches" doc:"context switches because a thread waited, whole tree"`
	InvolCtxSw  float64 `csv:"involuntary_switches" doc:"context switches because a thread was preempted, whole tree"`
	InBlocks    float64 `csv:"in_blocks" unit:"blocks" doc:"block reads of the file system, whole tree (rusage)"`
	OutBlocks   float64 `csv:"out_blocks" unit:"blocks" doc:"block writes of the file system, whole tree (rusage)"`

	GCCycles float64 `csv:"gc_cycles" doc:"Go garbage collections between readiness and finish, summed over processes"`
	GCCPUS   float64 `csv:"gc_cpu_s" unit:"s" doc:"CPU time of the Go garbage collector in that span"`
	GCPauseS float64 `csv:"gc_pause_s" unit:"s" doc:"time the Go program stood still for it in that span"`
	AllocB   float64 `csv:"alloc_B" unit:"B" doc:"heap bytes allocated in that span"`

	StealS       float64 `csv:"steal_s" unit:"s" doc:"CPU time the hypervisor took during the work; noise, as are all columns to swap_pages"`
	ForeignCPUS  float64 `csv:"foreign_cpu_s" unit:"s" doc:"CPU time used during the work by others than the trial and the runner"`
	RunDelayS    float64 `csv:"run_delay_s" unit:"s" doc:"time the workers' threads were runnable but waited for a CPU"`
	ThrottledS   float64 `csv:"throttled_s" unit:"s" doc:"time the cgroup was throttled"`
	PSICPUS      float64 `csv:"psi_cpu_s" unit:"s" doc:"pressure stall: time some task waited for a CPU"`
	PSIIOS       float64 `csv:"psi_io_s" unit:"s" doc:"pressure stall: time some task waited for IO"`
	PSIMemS      float64 `csv:"psi_mem_s" unit:"s" doc:"pressure stall: time some task waited for memory"`
	SwapPages    float64 `csv:"swap_pages" unit:"pages" doc:"pages swapped in and out, whole machine"`
	Samples      float64 `csv:"samples" doc:"ticks of the sampler"`
	LateTicks    float64 `csv:"late_ticks" doc:"ticks that came more than half an interval late"`
	SamplerCPUS  float64 `csv:"sampler_cpu_s" unit:"s" doc:"the sampler's own CPU time during the trial"`
	SamplerTickS float64 `csv:"sampler_tick_s" unit:"s" doc:"median time that one tick took"`
	CPUs         string  `csv:"cpus" doc:"affinity read back from the workers: 0-3,8"`
	GoMaxProcs   int     `csv:"gomaxprocs,omitzero" doc:"GOMAXPROCS of each process that holds workers; absent where none started"`
	Version      string  `csv:"version" doc:"version of forklore"`
	Log          string  `csv:"log" doc:"file under log/ where something was kept; else empty"`
}
