package link

import (
	"fmt"
	"strings"
	"testing"
)

// listen has rank 0 wait for a second message that never comes.
func listen(c Comm, s scene) error {
	buffer := make([]byte, s.Plan.Max)
	if c.Rank() == 1 {
		if err := c.Send(0, message(s, 1, 0, 0)); err != nil {
			return err
		}
		ready()
		return forever()
	}
	if err := expect(c, s, 1, 0, buffer); err != nil {
		return err
	}
	ready()
	_, err := c.Recv(1, buffer)
	return fmt.Errorf("listened: %w", err)
}

// pour has rank 0 send on and on to one that no longer receives.
func pour(c Comm, s scene) error {
	if c.Rank() == 1 {
		if err := expect(c, s, 0, 0, make([]byte, s.Plan.Max)); err != nil {
			return err
		}
		ready()
		return forever()
	}
	for k := 0; ; k++ {
		if err := c.Send(1, message(s, 0, 1, k)); err != nil {
			return fmt.Errorf("poured: %w", err)
		}
		if k == 0 {
			ready()
		}
	}
}

// Whoever waits for a process that was killed must learn of it, where the link
// can tell.
func TestDeathIsNoticed(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		if !k.Notices {
			t.Skip("this link cannot tell")
		}
		for act, did := range map[string]string{"listen": "listened", "pour": "poured"} {
			t.Run(act, func(t *testing.T) {
				s := scene{Plan: Plan{Link: k.Name, Pairs: chained(2), Max: 4096}, Ranks: 2, Act: act}
				f := open(t, s.Plan, s.Ranks)
				survivor, victim := startChild(t, f, s, 0, 1), startChild(t, f, s, 1, 2)
				victim.ready(t)
				survivor.ready(t)
				victim.kill(t)
				err := survivor.wait(t)
				if err == nil || !strings.Contains(err.Error(), did) || !strings.Contains(err.Error(), "gone") {
					t.Errorf("the survivor ended with %v", err)
				}
			})
		}
	})
}
