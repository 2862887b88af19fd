//go:build !linux

package work

// adviseSmallPages does nothing: only Linux backs mappings with huge pages
// unasked.
func adviseSmallPages([]byte) {}
