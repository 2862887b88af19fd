package load

import "testing"

func TestQueueKeepsTheOrder(t *testing.T) {
	var q queue[int]
	pushed, popped := 0, 0
	for round := range 200 {
		for range round % 7 * 5 {
			q.push(pushed)
			pushed++
		}
		for range min(q.n, round%5*6) {
			if v := q.pop(); v != popped {
				t.Fatalf("popped %d, want %d", v, popped)
			}
			popped++
		}
		if q.n != pushed-popped {
			t.Fatalf("length %d, want %d", q.n, pushed-popped)
		}
	}
	if pushed < 1000 || popped < 500 {
		t.Fatalf("only %d were pushed and %d popped", pushed, popped)
	}
}
