//go:build !linux

package link

// The links that only Linux has are known everywhere, so that an experiment can
// be checked on any system.
func init() {
	for _, name := range []string{"eventfd", "mqueue", "seqpacket", "shm", "sysv_mq"} {
		register(Kind{
			Name:    name,
			Summary: "a link of Linux",
			Doc:     "Definition: needs Linux.\nCopies: see there.\nSystem calls: see there.\nLimits: needs Linux.\nStresses: see there.",
			Across:  true,
			Open: func(Plan, int, string) (Fabric, error) {
				return nil, Unavailable{"the link " + name + " needs Linux"}
			},
			join: func(Plan, int, int, int, Share) (Joint, error) {
				return nil, Unavailable{"the link " + name + " needs Linux"}
			},
		})
	}
}

// Sweep finds nothing: no link here leaves anything in the kernel.
func Sweep() (removed []string, err error) { return nil, nil }
