package load

import (
	"time"

	"forklore/runner/work"
)

// Result is what a generator saw. The window begins Warmup after the first request and lasts
// Duration. An open loop's requests belong to it by their scheduled times, and all of them count, also those
// answered after its end; a closed loop's by the time of the answer. Of a Search, numbers
// of a window are those of the step at MaxRate, or of the last one where none met the
// objective; counts are of all steps.
type Result struct {
	Offered  float64 // requests/s that the window held; of a closed loop the same as Achieved
	Achieved float64 // right answers/s within the window

	Done     int64 // right answers, warm-up included: as many as the server counts, but for errors
	Measured int64 // of them, those of requests of the window

	Errors Errors // warm-up included

	Latency      *work.Histogram // of Measured, to the last byte: from the scheduled time, in a closed loop from the send
	Service      *work.Histogram // of Measured, from the send: hides the time that a request waited for its turn
	SendLateness *work.Histogram // of the window: from the scheduled time to the send, of requests for which a connection was free

	Waited   int64 // requests of the window that had to wait for a free connection
	Reopened int64 // connections opened anew after the first ones, which is no error by itself

	Resent     int64         // times that requests were sent again, warm-up included
	Lost       []int64       // when those were due that got no right answer, by CLOCK_MONOTONIC, warm-up included; nil unless Plan.Trace
	LongestGap time.Duration // within the window in which no right answer came

	CPUS   float64 // of the generator's process over the window, system calls included
	SpunS  float64 // of that, what it only spun; part of no saturation
	DelayS float64 // over the window: it could have run, and others had its CPU; 0 where the kernel does not tell
	WallS  float64 // of the window

	FromNS, ToNS int64 // the window, by CLOCK_MONOTONIC: what else was measured at that time belongs to it

	Saturated string // "", or why these numbers are about the generator and must void a verdict

	MaxRate float64 // of a Search, requests/s: what was offered in the step of the greatest rate that met the objective; 0: none did
	Steps   []Step  // of a Search, in their order
}

// Errors counts requests that got no right answer, by cause.
type Errors struct {
	Refused  int64 // no connection could be opened
	Cut      int64 // the connection ended before the answer did
	TimedOut int64 // not answered, or not even sent, Timeout after it was sent, or due
	Status   int64 // answered with another status than 200
	Garbled  int64 // what came is no HTTP/1.1 answer of a stated length
	Wrong    int64 // the body is not what X-Sum or Plan.Expect say

	First string // what the first one was, in words; "" where there is none
}

// Total is the number of errors of all causes.
func (e Errors) Total() int64 {
	return e.Refused + e.Cut + e.TimedOut + e.Status + e.Garbled + e.Wrong
}

// Step is one rate that a Search tried.
type Step struct {
	Rate     float64       // asked for, requests/s
	Offered  float64       // as in Result
	Achieved float64       // as in Result
	Quantile time.Duration // of the latency, at the objective's quantile
	Errors   int64
	Missed   string // "", or which part of the objective it missed, in words
	Spoilt   string // "", or why the step says nothing of the server: Result.Saturated of its window
}
