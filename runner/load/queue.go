package load

// queue is first in, first out. It allocates only where it has never been as long before.
type queue[T any] struct {
	ring  []T // of a power of two
	first int
	n     int
}

func (q *queue[T]) push(v T) {
	if q.n == len(q.ring) {
		longer := make([]T, max(16, 2*len(q.ring)))
		for i := range q.n {
			longer[i] = *q.at(i)
		}
		q.ring, q.first = longer, 0
	}
	q.n++
	*q.at(q.n - 1) = v
}

// pop returns the oldest of a queue that is not empty.
func (q *queue[T]) pop() T {
	v := *q.at(0)
	q.first, q.n = (q.first+1)&(len(q.ring)-1), q.n-1
	return v
}

func (q *queue[T]) at(i int) *T { return &q.ring[(q.first+i)&(len(q.ring)-1)] }
