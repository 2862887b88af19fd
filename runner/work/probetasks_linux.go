package work

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// exhaustTasks is a probe that succeeds if the sibling can start no process once the prober has started as many as
// RLIMIT_NPROC lets it, and can start one again when these have ended. Both have the same limit.
func (t *encounter) exhaustTasks() (what finding, err error) {
	most, before, err := t.lowTasks()
	if err != nil || !before.granted() {
		return t.untestable("the sibling could not start a process before any were used up: " + before.words()), err
	}
	what, err = t.useUpTasks(most)
	back, err2 := t.prober.ask("release")
	if err2 != nil || back != answerDone {
		err = errors.Join(err, fmt.Errorf("give back what was used up: %s, %v", back, err2))
	}
	if err != nil || what != yes {
		return what, err
	}
	after, err := t.wants("start " + most)
	if err != nil || !after.granted() {
		return t.untestable("the sibling could not start a process afterwards either: " + after.words()), err
	}
	return yes, nil
}

// useUpTasks lets the user's other processes come and go: what the sibling gets when one of them ends says nothing.
func (t *encounter) useUpTasks(most string) (finding, error) {
	apart := 0
	for try := range 20 {
		used, err := asked(t.prober.ask, "use_tasks "+most)
		switch {
		case err != nil || !used.granted():
			return t.untestable("the limit could not be used up: " + used.words()), err
		case used.data == "0" && try == 0:
			return t.untestable("others of the user's processes have used up what was left"), nil
		case used.data == "0": // the sibling has got what the prober does not get
			apart++
		}
		if apart == 3 {
			return no, nil
		}
		after, err := t.wants("start " + most)
		switch {
		case err != nil:
			return no, err
		case after.errno == unix.EAGAIN:
			return yes, nil
		case !after.granted():
			return t.untestable("the sibling asks in vain, but for another reason: " + after.words()), nil
		}
	}
	return t.untestable("others of the user's processes come and go too often"), nil
}

// lowTasks finds what RLIMIT_NPROC is to be lowered to: to a few more than their users have, as far as /proc shows them.
// It does not show those in other containers, which count where the users are the same. So what it finds is raised
// until the sibling can start one.
func (t *encounter) lowTasks() (most string, before reply, err error) {
	counted := 0
	for _, ask := range []func(string) (string, error){t.prober.ask, t.told} {
		r, err := asked(ask, "tasks")
		if err != nil || !r.granted() {
			return "", r, err
		}
		n, err := strconv.Atoi(r.data)
		if err != nil {
			return "", r, fmt.Errorf("count the tasks of a user: %w", err)
		}
		counted = max(counted, n)
	}
	for room := fewTasks; room <= mostTasks; room *= 2 {
		most = strconv.Itoa(counted + room)
		if before, err = t.wants("start " + most); err != nil || before.errno != unix.EAGAIN {
			break
		}
	}
	return most, before, err
}
