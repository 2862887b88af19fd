package work

func init() { cheap["tally"] = map[string]string{} }
