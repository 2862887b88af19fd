package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics"
	"forklore/metrics/digest"
	"forklore/plots"
	"forklore/runner"
)

// choice is how a command line changes the experiments that it names.
type choice struct {
	options experiments.Options
	tags    []string
}

func (c *choice) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.options.Set, "set", nil, "change a key of the file, as in --set trials=20 or --set timeout=10s; may be repeated")
	cmd.Flags().StringVar(&c.options.Filter, "filter", "", "run only some cells, as in 'workload:sieve cores:(1 OR 2) -model:threads'")
	cmd.Flags().StringVar(&c.options.Profile, "profile", "", "apply one of the file's profiles, such as smoke or thorough")
	cmd.Flags().StringSliceVar(&c.tags, "tag", nil, "take the shipped experiments that have one of these tags as well")
}

// loaded is an experiment that is ready to run.
type loaded struct {
	*experiments.Experiment
	plan *experiments.Plan
}

// load finds, reads and plans every experiment that the words name. All of
// them are read before any is refused: every fault is told at once.
func (c *choice) load(words []string, stderr io.Writer) ([]loaded, error) {
	cat, err := catalogue()
	if err != nil {
		return nil, err
	}
	sources, err := find(words, c.tags, cat, stderr)
	if err != nil {
		return nil, err
	}
	var list []loaded
	var faults []error
	for _, src := range sources {
		e, err := experiments.Load(src, cat, c.options)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		p, err := e.Plan()
		if err != nil {
			faults = append(faults, usage(err))
			continue
		}
		list = append(list, loaded{e, p})
	}
	return list, errors.Join(faults...)
}

func catalogue() (experiments.Catalogue, error) {
	cpus, err := metrics.UsableCPUs()
	if err != nil {
		return experiments.Catalogue{}, err
	}
	cat := runner.Catalogue(plots.Names(), len(cpus))
	for _, m := range digest.Metrics() {
		cat.Metrics = append(cat.Metrics, m.Name)
	}
	return cat, nil
}

// find turns words into sources: a path with a slash or .yaml is a file; a
// name is experiments/NAME.yaml of the current folder if there is one, so that
// an edited file never loses to the built-in copy, else the built-in one.
func find(words, tags []string, cat experiments.Catalogue, stderr io.Writer) ([]experiments.Source, error) {
	var sources []experiments.Source
	var faults []error
	for _, w := range words {
		src, err := source(w, stderr)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		sources = append(sources, src)
	}
	if len(tags) > 0 {
		tagged, err := withTags(tags, cat, stderr)
		faults = append(faults, err)
		sources = append(sources, tagged...)
	}
	if len(sources) == 0 && len(words) == 0 && len(tags) == 0 {
		faults = append(faults, errors.New("name an experiment or a file; forklore list experiments shows what is built in"))
	}
	return sources, usage(errors.Join(faults...))
}

func source(word string, stderr io.Writer) (experiments.Source, error) {
	if strings.ContainsRune(word, filepath.Separator) || strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml") {
		return readFile(word)
	}
	local := filepath.Join("experiments", word+".yaml")
	src, err := readFile(local)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(stderr, "using "+local)
		return src, err
	}
	if src, ok := experiments.ReadEmbedded(word); ok {
		fmt.Fprintf(stderr, "using the built-in experiment %s\n", word)
		return src, nil
	}
	return src, fmt.Errorf("no experiment is named %q: there is no %s, and built in are %s; a path to a file has a slash or ends in .yaml",
		word, local, strings.Join(experiments.Embedded(), ", "))
}

func readFile(path string) (experiments.Source, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return experiments.Source{}, fmt.Errorf("read the experiment: %w", err)
	}
	here, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return experiments.Source{}, fmt.Errorf("find the folder of the experiment: %w", err)
	}
	return experiments.Source{Name: strings.TrimSuffix(strings.TrimSuffix(filepath.Base(path), ".yaml"), ".yml"), File: path, Text: text,
		Folder: os.DirFS(here), Here: here}, nil
}

// withTags returns the shipped experiments that have one of the tags.
func withTags(tags []string, cat experiments.Catalogue, stderr io.Writer) ([]experiments.Source, error) {
	var found []experiments.Source
	for _, name := range experiments.Embedded() {
		src, err := source(name, io.Discard)
		if err != nil {
			return nil, err
		}
		e, err := experiments.Load(src, cat, experiments.Options{})
		if err != nil {
			continue // told when it is named
		}
		for _, t := range e.Tags {
			for _, want := range tags {
				if t == want && (len(found) == 0 || found[len(found)-1].Name != src.Name) {
					found = append(found, src)
				}
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no shipped experiment has the tag %s; forklore list experiments shows the tags", strings.Join(tags, " or "))
	}
	for _, src := range found {
		fmt.Fprintln(stderr, "using "+src.File)
	}
	return found, nil
}
