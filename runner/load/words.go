package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"forklore/runner/work"
)

// The generator reads one line, its plan, and answers with lines of a first word and fields in
// a fixed order; the last one is done or fault.
const (
	sayPlan   = "plan"
	sayStep   = "step"
	sayResult = "result"
	sayLost   = "lost"
	sayDone   = "done"
	sayFault  = "fault" // it could not do its work: whether the system lacks something, and why
)

const planForm = sayPlan + " %q %q %q %d %q %v %d %d %d %d %t %t %t %v %d\n"

func (p *Plan) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, planForm, p.Addr, p.Path, p.Expect, p.Connections, p.Mode, p.Rate, int64(p.Duration), int64(p.Warmup),
		p.Seed, int64(p.Timeout), p.Trace, p.Retry, p.Spin, p.Quantile, int64(p.Limit))
	return err
}

func (p *Plan) read(line string) error {
	_, err := fmt.Sscanf(line, planForm, &p.Addr, &p.Path, &p.Expect, &p.Connections, &p.Mode, &p.Rate, (*int64)(&p.Duration), (*int64)(&p.Warmup),
		&p.Seed, (*int64)(&p.Timeout), &p.Trace, &p.Retry, &p.Spin, &p.Quantile, (*int64)(&p.Limit))
	if err != nil {
		return fmt.Errorf("a line that is no plan: %.80q: %w", line, err)
	}
	return p.Check()
}

// histograms are those of a result, by the words that begin their lines.
func (r *Result) histograms() map[string]**work.Histogram {
	return map[string]**work.Histogram{"latency": &r.Latency, "service": &r.Service, "lateness": &r.SendLateness}
}

const (
	resultForm = sayResult + " %v %v %d %d %d %d %d %d %d %d %q %d %d %d %d %v %v %v %v %d %d %q %v\n"
	stepForm   = sayStep + " %v %v %v %d %d %q %q\n"
)

func (r *Result) write(to io.Writer) error {
	w := bufio.NewWriter(to)
	e := r.Errors
	fmt.Fprintf(w, resultForm, r.Offered, r.Achieved, r.Done, r.Measured, e.Refused, e.Cut, e.TimedOut, e.Status, e.Garbled, e.Wrong, e.First,
		r.Waited, r.Reopened, r.Resent, int64(r.LongestGap), r.CPUS, r.SpunS, r.DelayS, r.WallS, r.FromNS, r.ToNS, r.Saturated, r.MaxRate)
	for _, s := range r.Steps {
		fmt.Fprintf(w, stepForm, s.Rate, s.Offered, s.Achieved, int64(s.Quantile), s.Errors, s.Missed, s.Spoilt)
	}
	for word, h := range r.histograms() {
		fmt.Fprint(w, word)
		for _, b := range (*h).Buckets() {
			fmt.Fprintf(w, " %d %d %d", b.LoNS, b.HiNS, b.Count)
		}
		fmt.Fprintln(w)
	}
	if len(r.Lost) > 0 {
		fmt.Fprint(w, sayLost)
		for _, due := range r.Lost {
			fmt.Fprintf(w, " %d", due)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, sayDone)
	return w.Flush() // the first error of any of these
}

// readResult reads lines until the last. io.ErrUnexpectedEOF means that the generator
// ended before.
func readResult(from *bufio.Reader) (Result, error) {
	var r Result
	for _, h := range r.histograms() {
		*h = work.NewHistogram()
	}
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return r, io.ErrUnexpectedEOF
		}
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if word == sayDone {
			return r, nil
		}
		if err := r.take(word, line); err != nil {
			return r, err
		}
	}
}

// take reads one line of a result.
func (r *Result) take(word, line string) (err error) {
	e := &r.Errors
	switch word {
	case sayResult:
		_, err = fmt.Sscanf(line, resultForm, &r.Offered, &r.Achieved, &r.Done, &r.Measured, &e.Refused, &e.Cut, &e.TimedOut, &e.Status, &e.Garbled, &e.Wrong, &e.First,
			&r.Waited, &r.Reopened, &r.Resent, (*int64)(&r.LongestGap), &r.CPUS, &r.SpunS, &r.DelayS, &r.WallS, &r.FromNS, &r.ToNS, &r.Saturated, &r.MaxRate)
	case sayStep:
		var s Step
		_, err = fmt.Sscanf(line, stepForm, &s.Rate, &s.Offered, &s.Achieved, (*int64)(&s.Quantile), &s.Errors, &s.Missed, &s.Spoilt)
		r.Steps = append(r.Steps, s)
	case sayLost:
		for _, word := range strings.Fields(line[len(word):]) {
			var due int64
			if due, err = strconv.ParseInt(word, 10, 64); err != nil {
				break
			}
			r.Lost = append(r.Lost, due)
		}
	case sayFault:
		return readFault(line)
	default:
		h, ok := r.histograms()[word]
		if !ok {
			return fmt.Errorf("the load generator said %.80q, which is no part of a result", line)
		}
		var list []work.Bucket
		list, err = readBuckets(line[len(word):])
		(*h).Add(list)
	}
	if err != nil {
		return fmt.Errorf("the load generator said %.80q: %w", line, err)
	}
	return nil
}

func readBuckets(text string) ([]work.Bucket, error) {
	words := strings.Fields(text)
	if len(words)%3 != 0 {
		return nil, fmt.Errorf("%d numbers are no spans of three", len(words))
	}
	var list []work.Bucket
	for ; len(words) > 0; words = words[3:] {
		lo, err1 := strconv.ParseInt(words[0], 10, 64)
		hi, err2 := strconv.ParseInt(words[1], 10, 64)
		n, err3 := strconv.ParseInt(words[2], 10, 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		list = append(list, work.Bucket{LoNS: lo, HiNS: hi, Count: n})
	}
	return list, nil
}

const faultForm = sayFault + " %t %q\n"

func writeFault(w io.Writer, err error) {
	short := errors.As(err, &work.Unavailable{})
	_, _ = fmt.Fprintf(w, faultForm, short, err.Error()) // nobody is left to tell if this fails
}

func readFault(line string) error {
	var short bool
	var text string
	if _, err := fmt.Sscanf(line, faultForm, &short, &text); err != nil {
		return fmt.Errorf("the load generator said %.80q: %w", line, err)
	}
	if short {
		return work.Unavailable{Reason: text}
	}
	return errors.New(text)
}
