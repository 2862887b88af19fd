package host

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
)

// sysvQueue tells whether there is a System V queue whose key says that process
// pid made it.
func sysvQueue(t *testing.T, pid int) bool {
	t.Helper()
	table, err := os.ReadFile("/proc/sysvipc/msg")
	if err != nil {
		t.Skip(err)
	}
	return bytes.Contains(table, fmt.Appendf(nil, "%d ", 0x46<<24|pid))
}

// A host whose workers talk over a System V queue leaves none, whether it ends
// in order, is killed, or loses its runner.
func TestQueuesDoNotOutliveTheirTrial(t *testing.T) {
	for _, processes := range []int{0, 2} {
		for how, end := range map[string]func(trial *Trial) error{
			"order": func(trial *Trial) error {
				if _, err := trial.Done(t.Context()); err != nil {
					return err
				}
				_, err := trial.Stop(t.Context())
				return err
			},
			"killed": func(trial *Trial) error {
				defer trial.Abort(false)
				return syscall.Kill(trial.PID(), syscall.SIGKILL)
			},
			"runner lost": func(trial *Trial) error {
				defer trial.Abort(false)
				err := trial.commands.Close()
				select {
				case <-trial.exited:
				case <-time.After(20 * time.Second):
					return fmt.Errorf("the host outlived its runner")
				}
				return err
			},
		} {
			t.Run(fmt.Sprint(processes, " processes, ", how), func(t *testing.T) {
				j := job("barrier", map[string]string{"link": "sysv_mq"}, 2)
				j.Processes, j.Dir, j.Items = processes, t.TempDir(), UntilStopped
				trial, err := Start(Options{Program: program, Job: j, Token: t.Name()})
				if err != nil {
					t.Fatal(err)
				}
				procs, err := trial.Ready(t.Context())
				if err != nil {
					trial.Abort(false)
					t.Skip(err) // a system without such queues
				}
				if !sysvQueue(t, trial.PID()) {
					t.Error("the host has no queue")
				}
				if err := trial.Open(50 * time.Millisecond); err != nil {
					t.Fatal(err)
				}
				if err := end(trial); err != nil {
					t.Error(err)
				}
				if sysvQueue(t, trial.PID()) {
					t.Error("a queue is left")
				}
				expectGone(t, procs)
			})
		}
	}
}

// A worker that is killed takes its trial with it, over links that notice its
// death and over those that do not.
func TestKilledTalkerEndsTheTrial(t *testing.T) {
	for _, link := range []string{"pipe", "seqpacket", "tcp", "file", "shm", "mqueue", "sysv_mq"} {
		t.Run(link, func(t *testing.T) {
			j := job("pingpong", map[string]string{"link": link}, 2)
			j.Processes, j.Dir, j.Items = 2, t.TempDir(), UntilStopped
			trial, err := Start(Options{Program: program, Job: j, Token: t.Name()})
			if err != nil {
				t.Fatal(err)
			}
			procs, err := trial.Ready(t.Context())
			if err != nil {
				trial.Abort(false)
				t.Skip(err)
			}
			if err := trial.Open(time.Hour); err != nil {
				t.Fatal(err)
			}
			expectNamed(t, trial, procs, len(procs)-1, syscall.SIGKILL)
		})
	}
}
