// Package runner runs a plan: it turns each cell into a job, drives the trial
// host through it, watches it and journals the row, whatever happens to the
// trial.
package runner
