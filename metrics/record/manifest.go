package record

import (
	"time"

	"forklore/experiments"
)

// Manifest is manifest.json: everything about a run that is not a row. It is
// written before the first trial and again, with Finished, after the last.
type Manifest struct {
	Format      int              `json:"format"` // of the folder's files; set by WriteManifest
	Name        string           `json:"name"`   // of the experiment
	Question    string           `json:"question"`
	Analysis    string           `json:"analysis,omitempty"`
	Tags        []string         `json:"tags,omitempty"`
	Charts      []string         `json:"charts,omitempty"` // as asked for; empty means all that the data allow
	File        string           `json:"file"`             // base name of the YAML file, or "embedded:NAME"
	SHA256      string           `json:"sha256"`           // of experiment.yaml
	Command     []string         `json:"command"`          // words that reproduce the run: forklore run NAME --set ...
	Set         []string         `json:"set,omitempty"`
	Filter      string           `json:"filter,omitempty"`
	Profile     string           `json:"profile,omitempty"`
	Plan        experiments.Plan `json:"plan"`
	Calibration []Calibration    `json:"calibration,omitempty"`
	Files       []File           `json:"files,omitempty"`    // below files/: what commands need
	Programs    []Program        `json:"programs,omitempty"` // of commands that tell their version
	Folder      string           `json:"folder,omitempty"`   // where commands without files run
	Measures    []Measure        `json:"measures,omitempty"` // what the plan's workloads measure of themselves

	Version   string      `json:"version"` // of forklore and trialhost, which must be equal
	Commit    string      `json:"commit,omitempty"`
	GoVersion string      `json:"go_version"`
	Started   time.Time   `json:"started"`
	Resumed   []time.Time `json:"resumed,omitempty"` // when an interrupted run went on
	Finished  time.Time   `json:"finished,omitzero"` // zero while running and after an interruption
	Ended     string      `json:"ended"`             // "running", "complete", "interrupted", or the error that ended the run
	Stopped   string      `json:"stopped,omitempty"` // adaptive trials: why no further block was run
	Machine   Machine     `json:"machine"`
	Warnings  []string    `json:"warnings,omitempty"` // about the run as a whole, in words
}

// File is a file that was kept with a run.
type File struct {
	Name   string `json:"name"` // its path, with slashes
	SHA256 string `json:"sha256"`
}

// Program is the version of a command, in its own words.
type Program struct {
	Workload string `json:"workload"`
	Version  string `json:"version"`
}

// Calibration is what "items: auto" chose for one workload and its parameters, or what a server
// under load can do, which its loads are shares of.
type Calibration struct {
	Workload string  `json:"workload"`
	Params   string  `json:"params"` // as in trials.csv
	Items    int64   `json:"items"`
	Cell     string  `json:"cell"`   // the reference cell that was timed
	WallS    float64 `json:"wall_s"` // of the last calibration trial
	AimS     float64 `json:"aim_s"`
	RatePerS float64 `json:"rate_per_s,omitempty"` // of a server: requests/s in a closed loop, the median of three trials; Params are then those that its cells share
}

// Machine describes the computer. Every field is optional: what could not be
// read is empty and named, with the reason, in Missing.
type Machine struct {
	Host          string            `json:"host"`
	OS            string            `json:"os"`
	Arch          string            `json:"arch"`
	Kernel        string            `json:"kernel,omitempty"`
	CPUModel      string            `json:"cpu_model,omitempty"`
	Topology      Topology          `json:"topology"`
	UsableCPUs    []int             `json:"usable_cpus,omitempty"` // the affinity mask the runner was given
	MemTotalB     uint64            `json:"mem_total_B,omitempty"`
	PageB         int               `json:"page_B"`
	Governor      string            `json:"governor,omitempty"`
	Driver        string            `json:"cpufreq_driver,omitempty"`
	Boost         string            `json:"boost,omitempty"` // "on" or "off"
	Mitigations   map[string]string `json:"mitigations,omitempty"`
	THP           string            `json:"thp,omitempty"`
	ASLR          string            `json:"aslr,omitempty"`
	Cgroup        string            `json:"cgroup,omitempty"`         // "v2", "v1", "hybrid"
	CgroupCPUMax  float64           `json:"cgroup_cpu_max,omitempty"` // CPUs the cgroup may use
	CgroupMemMaxB uint64            `json:"cgroup_mem_max_B,omitempty"`
	Container     string            `json:"container,omitempty"` // "docker", "podman", "lxc", "kubernetes"
	Virtual       string            `json:"virtual,omitempty"`   // hypervisor vendor where known
	Boot          string            `json:"boot_id,omitempty"`
	Missing       map[string]string `json:"missing,omitempty"` // field: why it is empty
}

// Topology is the layout of the CPUs.
type Topology struct {
	CPUs     []CPU   `json:"cpus,omitempty"` // online CPUs by number
	Offline  []int   `json:"offline,omitempty"`
	Packages int     `json:"packages,omitempty"`
	Cores    int     `json:"cores,omitempty"` // physical
	Nodes    int     `json:"numa_nodes,omitempty"`
	SMT      bool    `json:"smt,omitempty"`    // more than one CPU per core
	Caches   []Cache `json:"caches,omitempty"` // of the first CPU
}

// CPU is one logical processor.
type CPU struct {
	CPU     int `json:"cpu"`
	Package int `json:"package"`
	Core    int `json:"core"` // unique within its package
	Node    int `json:"node"`
	Thread  int `json:"thread"` // 0 for the first CPU of a core, 1 for its sibling
}

// Cache is one level of cache.
type Cache struct {
	Level  int    `json:"level"`
	Type   string `json:"type"` // Data, Instruction, Unified
	SizeB  int64  `json:"size_B"`
	LineB  int    `json:"line_B,omitempty"`
	Shared int    `json:"shared"` // CPUs that share one
}
