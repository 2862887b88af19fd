package report

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
)

// Run is a digest with the results folder that it was made of.
type Run struct {
	*digest.Digest
	Dir string
}

// WriteVerdicts writes one page of the claims of many runs to file, whole or
// not at all. It holds all it needs and links, relative to its own folder, to
// the report of each run that has one. The same runs and folders give the same
// bytes.
func WriteVerdicts(runs []Run, file string) error {
	b, err := verdictsPage(runs, file)
	if err != nil {
		return fmt.Errorf("make the page of verdicts %s: %w", file, err)
	}
	return record.WriteFile(file, b)
}

func verdictsPage(runs []Run, file string) ([]byte, error) {
	links, err := linksTo(runs, file)
	if err != nil {
		return nil, err
	}
	title := "Verdicts of " + plots.Count(len(runs), "run")
	v := view{Title: title}
	if v.Head, err = toHTML("# " + title + "\n\n" + text(tally(runs...)) + "\n"); err != nil {
		return nil, err
	}
	for _, s := range []struct {
		title string
		write func(*page, []Run, []string)
	}{{"Claims", manyClaims}, {"Runs", manyRuns}} {
		p := &page{}
		s.write(p, runs, links)
		body, err := toHTML(p.String())
		if err != nil {
			return nil, err
		}
		v.Sections = append(v.Sections, htmlSection{ID: slug(s.title), Title: s.title, Body: body})
	}
	return v.render()
}

// linksTo are the names of runs on a page that is written to file.
func linksTo(runs []Run, file string) ([]string, error) {
	met := map[string]int{}
	for _, r := range runs {
		met[r.Manifest.Name]++
	}
	var links []string
	for _, r := range runs {
		link, err := linkTo(r, met[r.Manifest.Name] > 1, file)
		if err != nil {
			return nil, err
		}
		links = append(links, link)
	}
	return links, nil
}

// linkTo is the name of a run as Markdown, with a link to its report if it has
// one. Of several runs of one experiment, the folder tells which it is.
func linkTo(r Run, several bool, file string) (string, error) {
	folder, err := record.Open(r.Dir)
	if err != nil {
		return "", err
	}
	name := text(r.Manifest.Name)
	switch {
	case name == "":
		name = text(folder.Name())
	case several:
		name += " (" + text(folder.Name()) + ")"
	}
	for _, report := range []string{HTMLFile, File} {
		path := filepath.Join(folder.Dir, report)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		link, err := linkFrom(filepath.Dir(file), path)
		if err != nil {
			return "", err
		}
		return "[" + name + "](" + link + ")", nil
	}
	return name, nil
}

// linkFrom is the way from a folder to a file as a link of Markdown: what could
// end the link, or be read as an entity, is escaped.
func linkFrom(dir, file string) (string, error) {
	from, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if from, err = filepath.EvalSymlinks(from); err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	if file, err = filepath.EvalSymlinks(file); err != nil {
		return "", err
	}
	rel, err := filepath.Rel(from, file)
	if err != nil {
		return "", err
	}
	u := url.URL{Path: filepath.ToSlash(rel)}
	return strings.ReplaceAll(u.String(), "&", "%26"), nil
}

func manyClaims(p *page, runs []Run, links []string) {
	var rows [][]string
	for i, r := range runs {
		for _, v := range r.Verdicts() {
			estimate, n := spread(v)
			why := text(v.Reason)
			if v.Trials > 0 {
				why = strings.TrimPrefix(fmt.Sprintf("%s; about %s would decide it", why, plots.Count(v.Trials, "block")), "; ")
			}
			rows = append(rows, []string{links[i], text(v.Claim.ID), text(v.Claim.Says), bold(v.Verdict), estimate, n, why})
		}
	}
	if len(rows) == 0 {
		p.para("No run makes a claim, so that there is nothing to judge.")
		return
	}
	p.para("What the words mean, what each claim asks for and how sure it is stands in the report of its run. A claim over several cells shows the least and the greatest estimate of its parts.")
	p.table(7, []string{"experiment", "claim", "says", "verdict", "estimate [95 % CI]", "n", "why"}, rows)
}

// spread is the estimate of a claim and its n, or the least and the greatest
// of its parts.
func spread(v digest.Verdict) (estimate, n string) {
	lo, hi := extremes(v)
	if lo == nil {
		return "", ""
	}
	if lo == hi {
		return rangeText(*lo), fmt.Sprint(lo.Primary.N)
	}
	least, most := lo.Primary.N, lo.Primary.N
	for _, part := range v.Parts {
		if part.Primary.N > 0 {
			least, most = min(least, part.Primary.N), max(most, part.Primary.N)
		}
	}
	n = fmt.Sprint(least)
	if most > least {
		n += fmt.Sprintf(" to %d", most)
	}
	return rangeText(*lo) + " to " + rangeText(*hi), n
}

func manyRuns(p *page, runs []Run, links []string) {
	var rows [][]string
	for i, r := range runs {
		m := &r.Manifest
		started, ended := "", text(m.Ended)
		if !m.Started.IsZero() {
			started = m.Started.UTC().Format("2006-01-02 15:04:05 UTC")
		}
		var broken []string
		for _, g := range r.Gates {
			if !g.Passed {
				broken = append(broken, text(g.Name+": "+g.Detail))
			}
		}
		rows = append(rows, []string{links[i], text(m.Question), text(tally(r)), strings.Join(broken, "; "), started, text(m.Machine.Host), ended})
	}
	p.table(7, []string{"experiment", "question", "claims", "broken gates", "started", "host", "ended"}, rows)
}

// tally counts the claims of runs by their verdicts.
func tally(runs ...Run) string {
	all, of := 0, map[string]int{}
	for _, r := range runs {
		for _, v := range r.Verdicts() {
			all++
			of[v.Verdict]++
		}
	}
	var parts []string
	for _, name := range []string{digest.Supported, digest.Conditional, digest.Equivalent, digest.Reversed, digest.Inconclusive, digest.NoData} {
		if of[name] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", of[name], name))
		}
	}
	return strings.TrimSuffix(plots.Count(all, "claim")+": "+strings.Join(parts, ", "), ": ")
}
