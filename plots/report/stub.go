package report

import (
	"os"
	"path/filepath"

	"forklore/metrics/digest"
	"forklore/plots"
)

func Answer(d *digest.Digest) string { return "stub" }

func Write(d *digest.Digest, drawn []plots.Drawn, dir string) error {
	return os.WriteFile(filepath.Join(dir, "report.md"), []byte(d.Manifest.Question), 0o666)
}
