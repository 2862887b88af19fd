package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Format is the version of the files of a results folder. It grows when a
// reader of an older file would misunderstand a newer one.
const Format = 1

// WriteManifest writes manifest.json at path, atomically, with the current
// Format. A NaN or an infinity in it is an error: leave such a field out.
func WriteManifest(path string, m *Manifest) error {
	stamped := *m
	stamped.Format = Format
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(stamped); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return WriteFile(path, buf.Bytes())
}

// ReadManifest reads manifest.json at path. A manifest of another Format, a
// field that is not known and anything behind the object are errors.
func ReadManifest(path string) (*Manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return nil, fmt.Errorf("read manifest %s: %w", path, err)
	}
	return m, nil
}

func parseManifest(data []byte) (*Manifest, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if head.Format != Format {
		return nil, fmt.Errorf("its format is %d; this version reads format %d: use the version that wrote it (field version)", head.Format, Format)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	m := new(Manifest)
	if err := dec.Decode(m); err != nil {
		return nil, err
	}
	return m, nil
}
