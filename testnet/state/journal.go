package state

// Mark is a moment of a State: the number of row changes up to it.
type Mark int

// change is one row that was written, with what stood there before. Swapping it twice changes nothing.
type change interface {
	// swap exchanges the row's present content with the kept one.
	swap()
	// row names the row, for the set of rows that a file has to catch up with.
	row() rowRef
}

// rowRef finds a row's present content by table and key.
type rowRef interface {
	// encode gives the table's number and the row as bytes; a nil value means that the row is gone.
	encode() (table byte, key, value []byte)
}

// journal is the log of changes since base. touched collects rows for a file while somebody keeps one.
type journal struct {
	base    Mark
	changes []change
	touched map[rowRef]struct{}
}

func (j *journal) add(c change) {
	j.changes = append(j.changes, c)
	j.touch(c)
}

func (j *journal) touch(c change) {
	if j.touched != nil {
		j.touched[c.row()] = struct{}{}
	}
}

func (j *journal) mark() Mark { return j.base + Mark(len(j.changes)) }

// revert undoes every change after m. It says false, and does nothing, when m lies outside of the log.
func (j *journal) revert(m Mark) bool {
	if m < j.base || m > j.mark() {
		return false
	}
	for i := len(j.changes) - 1; i >= int(m-j.base); i-- {
		j.changes[i].swap()
		j.touch(j.changes[i])
		j.changes[i] = nil
	}
	j.changes = j.changes[:m-j.base]
	return true
}

// at runs f as if nothing had happened after m; what f writes is undone.
func (j *journal) at(m Mark, f func()) bool {
	if m < j.base || m > j.mark() {
		return false
	}
	later := append([]change(nil), j.changes[m-j.base:]...)
	for i := len(later) - 1; i >= 0; i-- {
		later[i].swap()
	}
	j.changes = j.changes[:m-j.base]
	defer func() {
		j.revert(m)
		for _, c := range later {
			c.swap()
		}
		j.changes = append(j.changes, later...)
	}()
	f()
	return true
}

// forget drops the log up to m: nobody will go back there.
func (j *journal) forget(m Mark) {
	if m <= j.base || m > j.mark() {
		return
	}
	kept := j.changes[m-j.base:]
	j.changes = append(make([]change, 0, len(kept)+len(kept)/4), kept...)
	j.base = m
}
