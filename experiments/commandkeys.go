package experiments

// commandKeys are the keys of an entry of workloads that has a command.
func commandKeys() []keyReader {
	list := []keyReader{
		{Key: Key{"workloads.command", "A program of any language instead of a kernel: its words for each model, without a shell. " +
			"In them {{workers}}, {{cores}}, {{items}}, {{model}}, {{processes}}, {{seconds}}, {{dir}} (a scratch folder), {{here}} (where the program runs) " +
			"and the names of params are filled in. Models without words are left out.",
			"mapping from models to lists of words", "", `command: {sequential: [python3, sum.py, "{{items}}"], processes: [python3, pool.py, "{{workers}}", "{{items}}"]}`, false},
			read: (*reader).cCommand},
		{Key: Key{"workloads.params", "Values of your own for the words of a command; a list is an axis of this workload alone.", "mapping from names to values or lists of them",
			"", "params: {size: [10, 1000]}", false}, read: (*reader).cParams},
		{Key: Key{"workloads.env", "Variables of a command's environment, beside the little that every trial gets.", "mapping from names to text",
			"", `env: {OMP_NUM_THREADS: "{{workers}}"}`, false}, read: (*reader).cEnv},
		{Key: Key{"workloads.files", "Files beside the experiment that a command needs. They are kept with the results, and each trial runs in a fresh folder that holds them alone. " +
			"Without files a command runs in the experiment's own folder.", "list of paths", "", "files: [sum.py, pool.py]", false}, read: (*reader).cFiles},
		{Key: Key{"workloads.needs", "Programs that must be in PATH beside the command's own; without one of them its trials are skipped.", "list of names",
			"", "needs: [make, cc]", false}, read: (*reader).cNeeds},
		{Key: Key{"workloads.build", "What makes the program, run once before the first trial.", "list of words", "", "build: [make, -s, all]", false}, read: (*reader).cBuild},
		{Key: Key{"workloads.version", "What prints the version of the program, run once; its first line is kept with the results.", "list of words",
			"", "version: [python3, --version]", false}, read: (*reader).cVersion},
		{Key: Key{"workloads.protocol", "1 for a command that says ready, waits for go and tells its result: see Programs in other languages in the README. " +
			"A plain program is timed from exec to exit.", "1", "", "protocol: 1", false}, read: (*reader).cProtocol},
		{Key: Key{"workloads.install", "How to get the program, for the reader of a trial that was skipped for want of it.", "text",
			"", "install: apt-get install python3", false}, read: (*reader).cInstall},
		{Key: Key{"workloads.verify", "What a trial of a command must fulfil; one that does not is wrong and yields no number.", "mapping",
			"", "verify: {output: '^sum [0-9]+$', checksum: stdout}", false}, read: (*reader).cVerify},
		{Key: Key{"workloads.verify.exit", "The exit code that the program must end with; 0 unless given.", "count from 0 to 255", "", "exit: 3", false}, read: (*reader).cExit},
		{Key: Key{"workloads.verify.output", "A regular expression that stdout must match; ^ and $ stand at the ends of each line.", "regular expression (RE2)",
			"", "output: '^sum [0-9]+$'", false}, read: (*reader).cOutput},
		{Key: Key{"workloads.verify.checksum", "What must be the same for all models: stdout, or the sum of the protocol. A SHA-256 in hex is what stdout must have.",
			"stdout, sum, or 64 hex digits", "", "checksum: stdout", false}, read: (*reader).cChecksum},
		{Key: Key{"workloads.metrics", "Numbers that a command prints, as metrics: by a regular expression, or by name in the result of the protocol.", "mapping from names to settings",
			"", "metrics: {requests_per_s: {match: '^rps ([0-9.]+)$', unit: req/s, less: false}}", false}, read: (*reader).cMetrics},
		{Key: Key{"workloads.metrics.match", "Its one group is the number; the last match in stdout counts, and ^ and $ stand at the ends of each line.", "regular expression (RE2)",
			"", "match: '^took ([0-9.]+) s$'", false}, read: (*reader).cMatch},
		{Key: Key{"workloads.metrics.unit", "What it is counted in; s and B are scaled in charts.", "short text", "", "unit: req/s", false}, read: (*reader).cUnit},
		{Key: Key{"workloads.metrics.title", "What charts call it; its name in words unless given.", "short text", "", "title: requests served", false}, read: (*reader).cTitle},
		{Key: Key{"workloads.metrics.less", "Whether less of it is better: claims need to know.", "true or false", "", "less: true", true}, read: (*reader).cLess},
	}
	for i := range list {
		list[i].command = true
	}
	return list
}
