package state

import "sync"

// group finds the rows of a table by a part of their key. It is built when it is first asked, and kept from then on: most networks never ask.
type group[G, K comparable] struct {
	of func(K) G

	mu      sync.Mutex // covers members: readers ask at the same time
	members map[G]map[K]struct{}
}

// changed hears that a row is there, or no longer.
func (g *group[G, K]) changed(k K, there bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil {
		return
	}
	if there {
		g.add(k)
		return
	}
	of := g.of(k)
	delete(g.members[of], k)
	if len(g.members[of]) == 0 {
		delete(g.members, of)
	}
}

func (g *group[G, K]) add(k K) {
	of := g.of(k)
	if g.members[of] == nil {
		g.members[of] = map[K]struct{}{}
	}
	g.members[of][k] = struct{}{}
}

// keysOf lists the keys of a part, in no particular order.
func keysOf[G, K comparable, V any](t *table[K, V], g *group[G, K], part G) []K {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.members == nil {
		g.members = map[G]map[K]struct{}{}
		for k := range t.rows {
			g.add(k)
		}
	}
	list := make([]K, 0, len(g.members[part]))
	for k := range g.members[part] {
		list = append(list, k)
	}
	return list
}

// partnersOf is the part of a partner's key that names a list.
type partnersOf struct {
	account     [21]byte
	lender, old bool
}
