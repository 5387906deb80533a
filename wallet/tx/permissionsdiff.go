package tx

import "fmt"

// Diff says in words what would change from p to next, a line for each; none when nothing would.
func (p Permissions) Diff(next Permissions) []string {
	lines := diffPermission("owner", &p.Owner, &next.Owner)
	lines = append(lines, diffPermission("witness", p.Witness, next.Witness)...)
	for i := range max(len(p.Actives), len(next.Actives)) {
		lines = append(lines, diffPermission(fmt.Sprintf("active %d", firstActiveID+i), at(p.Actives, i), at(next.Actives, i))...)
	}
	return lines
}

func at(list []Permission, i int) *Permission {
	if i < len(list) {
		return &list[i]
	}
	return nil
}

func diffPermission(what string, old, next *Permission) []string {
	switch {
	case old == nil && next == nil:
		return nil
	case old == nil:
		return append([]string{fmt.Sprintf("+ %s %q", what, next.Name)}, diffFields(what, &Permission{Name: next.Name}, next)...)
	case next == nil:
		return []string{fmt.Sprintf("- %s %q", what, old.Name)}
	}
	return diffFields(what, old, next)
}

func diffFields(what string, old, next *Permission) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, what+": "+fmt.Sprintf(format, args...)) }
	if old.Name != next.Name {
		add("name %q → %q", old.Name, next.Name)
	}
	if old.Threshold != next.Threshold {
		add("threshold %d → %d", old.Threshold, next.Threshold)
	}
	for _, k := range old.Keys {
		if w := next.Weight(k.Address); w == 0 {
			add("- key %s, weight %d", k.Address, k.Weight)
		} else if w != k.Weight {
			add("key %s, weight %d → %d", k.Address, k.Weight, w)
		}
	}
	for _, k := range next.Keys {
		if old.Weight(k.Address) == 0 {
			add("+ key %s, weight %d", k.Address, k.Weight)
		}
	}
	return append(lines, diffOperations(what, old, next)...)
}

func diffOperations(what string, old, next *Permission) []string {
	var lines []string
	var before, after Operations
	copy(before[:], old.Operations)
	copy(after[:], next.Operations)
	for t := range Type(8 * len(before)) {
		switch {
		case before.Has(t) && !after.Has(t):
			lines = append(lines, fmt.Sprintf("%s: - %s", what, t))
		case !before.Has(t) && after.Has(t):
			lines = append(lines, fmt.Sprintf("%s: + %s", what, t))
		}
	}
	return lines
}
