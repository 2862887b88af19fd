package record

// Set is a set of trial numbers, which are dense from 1: a bit for each below
// 2^26, a map beyond, so that no row can ask for much memory. The zero Set is
// empty and ready.
type Set struct {
	bits []uint64
	far  map[int]bool
}

const far = 1 << 26

// Add adds n and reports whether it is new; n must not be negative.
func (s *Set) Add(n int) bool {
	if s.Has(n) {
		return false
	}
	if n >= far {
		if s.far == nil {
			s.far = map[int]bool{}
		}
		s.far[n] = true
		return true
	}
	if need := n/64 + 1; need > len(s.bits) {
		s.bits = append(s.bits, make([]uint64, need-len(s.bits))...)
	}
	s.bits[n/64] |= 1 << (n % 64)
	return true
}

// Has reports whether n was added.
func (s *Set) Has(n int) bool {
	if n >= far {
		return s.far[n]
	}
	return n >= 0 && n/64 < len(s.bits) && s.bits[n/64]&(1<<(n%64)) != 0
}
