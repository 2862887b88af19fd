package metrics

import (
	"fmt"
	"slices"
	"strings"
)

// cpuModel reads the model out of /proc/cpuinfo: a name on x86, POWER and
// s390; on ARM two numbers per CPU, which are named where the table knows them.
// Unlike CPUs are joined by " + ".
func cpuModel(cpuinfo string) (string, error) {
	for _, key := range []string{"model name", "cpu model", "cpu"} {
		if v, ok := field(cpuinfo, key, ":"); ok && v != "" && v != "unknown" {
			return v, nil
		}
	}
	var models []string
	implementer := ""
	for line := range strings.Lines(cpuinfo) {
		k, v, _ := strings.Cut(line, ":")
		switch v = strings.TrimSpace(v); strings.TrimSpace(k) {
		case "CPU implementer":
			implementer = v
		case "CPU part":
			if m := armModel(implementer, v); !slices.Contains(models, m) {
				models = append(models, m)
			}
		}
	}
	if len(models) == 0 {
		return "", fmt.Errorf("no model name and no CPU part in /proc/cpuinfo")
	}
	return strings.Join(models, " + "), nil
}

// armParts names the cores found in servers and boards: ARM's and the vendors'
// values of MIDR_EL1.
var armParts = map[string]string{
	"0x41 0xd03": "ARM Cortex-A53",
	"0x41 0xd05": "ARM Cortex-A55",
	"0x41 0xd07": "ARM Cortex-A57",
	"0x41 0xd08": "ARM Cortex-A72",
	"0x41 0xd0b": "ARM Cortex-A76",
	"0x41 0xd0c": "ARM Neoverse N1",
	"0x41 0xd40": "ARM Neoverse V1",
	"0x41 0xd49": "ARM Neoverse N2",
	"0x41 0xd4f": "ARM Neoverse V2",
	"0x43 0x0af": "Cavium ThunderX2",
	"0x46 0x001": "Fujitsu A64FX",
	"0x48 0xd01": "HiSilicon Kunpeng 920",
	"0xc0 0xac3": "Ampere-1",
}

func armModel(implementer, part string) string {
	if name, ok := armParts[implementer+" "+part]; ok {
		return name
	}
	return fmt.Sprintf("ARM implementer %s part %s", implementer, part)
}

func hasFlag(cpuinfo, flag string) bool {
	flags, _ := field(cpuinfo, "flags", ":")
	return slices.Contains(strings.Fields(flags), flag)
}
