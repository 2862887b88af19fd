// Package metrics holds the meters that watch a trial's processes and the
// machine under them: topology and settings, noise counters, a sampler on a
// fixed clock, and cgroups of our own.
//
// What the kernel prints is parsed below a root directory, see [FS], so that
// machines which we do not have are tested from recorded files. Nothing here is
// essential to a trial: what cannot be read is NaN or empty, with a reason
// where someone would ask for it.
package metrics
