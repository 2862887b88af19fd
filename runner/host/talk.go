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

// peerKind returns the workload of a job whose workers talk; talks is false for a kernel.
func peerKind(job Job) (kind work.Kind, params work.Params, talks bool, err error) {
	if kind, err = work.Lookup(job.Workload); err != nil || kind.Peer == nil {
		return kind, nil, false, err
	}
	params, err = kind.Parse(job.Params)
	return kind, params, true, err
}

// openLinks makes every channel of the trial, before any worker starts.
func openLinks(job Job) (link.Fabric, error) {
	kind, params, talks, err := peerKind(job)
	if err != nil || !talks {
		return nil, err
	}
	f, err := link.Open(job.plan(kind, params), job.Workers, job.Dir)
	if err != nil {
		return nil, fmt.Errorf("set up %s: %w", job.Workload, err)
	}
	return f, nil
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
