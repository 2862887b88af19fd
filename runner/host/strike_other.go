//go:build !linux

package host

// strike is never called: faults are refused where there is no futex.
func strike(fault string) []int { panic("host: the fault " + fault + " needs Linux") }
