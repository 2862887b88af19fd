package report

func trust(p *page) {
	warnings := append([]string(nil), p.Manifest.Warnings...)
	seen := map[string]bool{}
	for _, w := range warnings {
		seen[w] = true
	}
	for _, w := range p.Warnings {
		if !seen[w] {
			warnings = append(warnings, w)
		}
	}
	if len(warnings) == 0 {
		p.para("No check of this run raised a warning.")
		return
	}
	p.para("Read these before believing the numbers:")
	for i, w := range warnings {
		warnings[i] = line(w)
	}
	p.list(warnings)
}
