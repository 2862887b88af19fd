package metrics

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// hierarchy is one cgroup mount as this process sees it: the directory of its
// own cgroup and the mount point above it, both as paths of the machine.
type hierarchy struct {
	mount string   // "sys/fs/cgroup"
	own   string   // "sys/fs/cgroup/user.slice/x.scope"
	opts  []string // v1: the controllers; empty for v2
}

// levels lists the directories from the own cgroup up to the mount point.
// Above that, in a container, limits exist that cannot be seen.
func (h hierarchy) levels() []string {
	var dirs []string
	for dir := h.own; ; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == h.mount || dir == "." || dir == "/" {
			return dirs
		}
	}
}

// hierarchies reads the cgroup mounts: v2 is nil when there is none.
func (s FS) hierarchies() (v2 *hierarchy, v1 []hierarchy, err error) {
	mounts, err := s.read("proc/self/mountinfo")
	if err != nil {
		return nil, nil, err
	}
	member, err := s.read("proc/self/cgroup")
	if err != nil {
		return nil, nil, err
	}
	for line := range strings.Lines(mounts) {
		m, ok := parseMount(line)
		switch {
		case !ok:
		case m.fstype == "cgroup2" && v2 == nil:
			h := m.hierarchy(memberPath(member, ""))
			v2 = &h
		case m.fstype == "cgroup":
			h := m.hierarchy(memberPath(member, m.controllers()...))
			h.opts = m.controllers()
			v1 = append(v1, h)
		}
	}
	if v2 == nil && v1 == nil {
		return nil, nil, fmt.Errorf("no cgroup file system in /proc/self/mountinfo")
	}
	return v2, v1, nil
}

// controller returns the v1 hierarchy of the named controller.
func controller(v1 []hierarchy, name string) *hierarchy {
	for i := range v1 {
		if slices.Contains(v1[i].opts, name) {
			return &v1[i]
		}
	}
	return nil
}

type mount struct{ root, point, fstype, super string }

// parseMount reads one line of mountinfo: fields, a varying number of optional
// ones, " - ", and the file system's type, source and options.
func parseMount(line string) (mount, bool) {
	left, right, ok := strings.Cut(strings.TrimSpace(line), " - ")
	l, r := strings.Fields(left), strings.Fields(right)
	if !ok || len(l) < 6 || len(r) < 3 {
		return mount{}, false
	}
	return mount{root: unescape(l[3]), point: unescape(l[4]), fstype: r[0], super: r[2]}, true
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

func (m mount) controllers() []string {
	return slices.DeleteFunc(strings.Split(m.super, ","), func(o string) bool { return o == "rw" || o == "ro" })
}

// hierarchy places the own path below the mount point. A container may see its
// cgroup's path as the host knows it while that very cgroup is what is mounted,
// hence the mount's root is taken off; a path outside it means the mount point.
func (m mount) hierarchy(own string) hierarchy {
	h := hierarchy{mount: strings.TrimPrefix(m.point, "/")}
	rel := ""
	if root := strings.TrimSuffix(m.root, "/"); own == root || strings.HasPrefix(own, root+"/") {
		rel = strings.TrimPrefix(own, root)
	}
	if strings.Contains(rel, "..") { // above the cgroup namespace: not visible
		rel = ""
	}
	h.own = path.Join(h.mount, rel)
	return h
}

// memberPath finds the cgroup of one hierarchy in /proc/self/cgroup, whose
// lines are "id:controllers:path" with no controllers for v2.
func memberPath(member string, controllers ...string) string {
	for line := range strings.Lines(member) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for _, c := range controllers {
			if slices.Contains(strings.Split(parts[1], ","), c) {
				return parts[2]
			}
		}
	}
	return "/"
}
