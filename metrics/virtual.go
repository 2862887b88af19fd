package metrics

import "strings"

// container names what runs us, "" on a plain system. The most specific wins:
// a pod's container is also containerd's or Docker's.
func (s FS) container() string {
	member, _ := s.read("proc/self/cgroup")
	first, _ := s.read("proc/1/cgroup")
	mounts, _ := s.read("proc/self/mountinfo")
	environ, _ := s.read("proc/self/environ")
	seen := member + first + mounts
	switch {
	case strings.Contains(seen, "kubepods"), strings.Contains(mounts, "/kubelet/"),
		strings.Contains("\x00"+environ, "\x00KUBERNETES_SERVICE_HOST="):
		return "kubernetes"
	case s.exists("run/.containerenv"), strings.Contains(seen, "libpod"):
		return "podman"
	case s.exists(".dockerenv"), strings.Contains(member+first, "/docker"),
		strings.Contains(mounts, "/docker/containers/"):
		return "docker"
	case strings.Contains(member+first, "/lxc"), strings.Contains("\x00"+environ, "\x00container=lxc"):
		return "lxc"
	}
	return ""
}

// vendors maps words of the DMI strings to the hypervisor behind them.
var vendors = []struct{ word, name string }{
	{"QEMU", "kvm"}, {"KVM", "kvm"}, {"VMware", "vmware"}, {"innotek", "virtualbox"}, {"VirtualBox", "virtualbox"},
	{"Xen", "xen"}, {"Microsoft", "hyperv"}, {"Amazon EC2", "amazon"}, {"Google", "google"},
	{"Parallels", "parallels"}, {"Apple Virtualization", "apple"}, {"OpenStack", "openstack"}, {"DigitalOcean", "digitalocean"},
}

// virtual names the hypervisor, "" on bare metal. x86 CPUs say in a flag that
// there is one; elsewhere only the DMI strings and the device tree can tell.
func (s FS) virtual(cpuinfo string) string {
	if kind, err := s.read("sys/hypervisor/type"); err == nil && kind != "" {
		return kind
	}
	if strings.Contains(cpuinfo, "\nflags") && !hasFlag(cpuinfo, "hypervisor") {
		return ""
	}
	vendor, _ := s.read("sys/class/dmi/id/sys_vendor")
	product, _ := s.read("sys/class/dmi/id/product_name")
	if strings.Contains(product, ".metal") { // a cloud's bare machine, with the cloud as its vendor
		return ""
	}
	for _, v := range vendors {
		if strings.Contains(vendor+" "+product, v.word) {
			return v.name
		}
	}
	if tree, err := s.read("proc/device-tree/hypervisor/compatible"); err == nil {
		return strings.Trim(tree, "\x00")
	}
	if hasFlag(cpuinfo, "hypervisor") {
		return "unknown hypervisor"
	}
	return ""
}
