package host

import (
	"fmt"
	"os"

	"forklore/runner/link"
	"forklore/runner/work"

	"golang.org/x/sys/unix"
)

// fdLinks is the first descriptor of those that a worker process inherits of its
// links, behind the page.
const fdLinks = fdPage + 1

// plan returns how the workers of a job talk. Where no two of them do it names a
// link that needs nothing of the system.
func (j Job) plan(kind work.Kind, params work.Params) link.Plan {
	var p link.Plan
	if kind.Links != nil {
		p = kind.Links(params, j.Workers)
	}
	if len(p.Pairs) == 0 {
		return link.Plan{Link: "channel", Max: 1}
	}
	return p
}

// connect makes, before any worker starts, what workers talk through and what servers
// listen on. A kernel needs neither.
func (s *served) connect(job Job) error {
	kind, err := work.Lookup(job.Workload)
	if err != nil || kind.Peer == nil && kind.Server == nil {
		return err
	}
	params, err := kind.Parse(job.Params)
	switch {
	case err != nil:
		return err
	case kind.Peer != nil:
		s.fabric, err = link.Open(job.plan(kind, params), job.Workers, job.Dir)
	default:
		s.doors, err = openListeners(job, kind.Apart != nil && kind.Apart(params))
	}
	if err != nil {
		return fmt.Errorf("set up %s: %w", job.Workload, err)
	}
	return nil
}

// startSharing starts a worker process with the descriptors of its own ranks'
// channels.
func startSharing(job Job, fabric link.Fabric, page *os.File, faults chan *Fault) (*remote, error) {
	if fabric == nil {
		return startRemote(job, page, nil, faults)
	}
	share, err := fabric.Share(job.Rank, job.Rank+job.Slots)
	if err != nil {
		return nil, fmt.Errorf("set up %s: %w", job.Workload, err)
	}
	defer share.Close() // the child has its own: its death must be the end of its channels
	job.Links, job.Words = len(share.Files), share.Words
	return startRemote(job, page, share.Files, faults)
}

// join takes up this process's ends of the links.
func (l *local) join(kind work.Kind, params work.Params) error {
	var err error
	if l.fabric != nil {
		l.joint, err = l.fabric.Join()
	} else {
		share := link.Share{Words: l.job.Words}
		for i := range l.job.Links {
			unix.CloseOnExec(fdLinks + i)
			share.Files = append(share.Files, os.NewFile(uintptr(fdLinks+i), "link"))
		}
		l.joint, err = link.Join(l.job.plan(kind, params), l.job.Workers, l.job.Rank, l.job.Rank+l.job.Slots, share)
	}
	return err
}

// Leftovers ends and removes what earlier runs left because they were killed, and returns
// it in words. Call it before the first trial.
func Leftovers() (removed []string, err error) {
	removed = abandoned() // first: the owner of a queue may be among them
	more, err := link.Sweep()
	return append(removed, more...), err
}
