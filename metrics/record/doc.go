// Package record holds what a run leaves behind: trials, samples, iterations
// and the manifest, and the codecs of their files. Everything later is derived
// from these files alone.
package record
