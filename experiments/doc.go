// Package experiments turns a YAML file into an [Experiment] and an Experiment
// into a [Plan]. It knows nothing of how cells are run.
package experiments
