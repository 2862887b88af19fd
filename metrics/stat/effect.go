package stat

// A12 returns the probability that a value of a exceeds one of b, ties
// counting one half: U/(mn) (Vargha and Delaney 2000). 0.5 is no difference;
// 0.56, 0.64 and 0.71 are called small, medium and large.
func A12(a, b []float64) (float64, error) {
	if err := checkValues("A12, first sample", a, 1); err != nil {
		return 0, err
	}
	if err := checkValues("A12, second sample", b, 1); err != nil {
		return 0, err
	}
	r := midranks(append(append(make([]float64, 0, len(a)+len(b)), a...), b...))
	sum := 0
	for _, v := range r.doubled[:len(a)] {
		sum += v
	}
	m := len(a)
	return float64(sum-m*(m+1)) / 2 / (float64(m) * float64(len(b))), nil
}

// Cliff returns Cliff's (1993) delta P(a > b) - P(a < b) = 2 A12 - 1, in
// [-1, 1].
func Cliff(a, b []float64) (float64, error) {
	p, err := A12(a, b)
	if err != nil {
		return 0, err
	}
	return 2*p - 1, nil
}
