package state

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// dumpMagic begins every dump and file; its last byte is the version of what follows.
const dumpMagic = "piecework testnet state \x01"

// Limits on what a file from a stranger can ask for.
const (
	maxKey    = 1 << 12
	maxRow    = 1 << 26
	maxRecord = 1 << 31
)

// ErrDump is wrapped by errors about dumps and state files that cannot be read.
var ErrDump = errors.New("not a testnet state")

// Batch is a set of rows with their present content, to be written and read back as one.
type Batch struct{ rows []byte }

// add appends a row; a nil value says that the row is gone.
func (b *Batch) add(table byte, key, value []byte) {
	b.rows = append(b.rows, table)
	b.rows = append(binary.AppendUvarint(b.rows, uint64(len(key))), key...)
	if value == nil {
		b.rows = binary.AppendUvarint(b.rows, 0)
		return
	}
	b.rows = append(binary.AppendUvarint(b.rows, uint64(len(value))+1), value...)
}

// Empty says whether there is nothing in it.
func (b *Batch) Empty() bool { return len(b.rows) == 0 }

// Note adds a text of the owner's, which Apply gives back.
func (b *Batch) Note(text string) { b.add(0, nil, []byte(text)) }

// All is every row of the state, in order: the same state gives the same bytes.
func (s *State) All() *Batch {
	b := &Batch{}
	for _, t := range s.tables {
		t.each(func(key, value []byte) { b.add(t.id(), key, nonNil(value)) })
	}
	return b
}

// Track begins to remember which rows change; Changed is what changed since, and forgets it.
func (s *State) Track() { s.log.touched = map[rowRef]struct{}{} }

// Changed is the present content of every row that was touched since Track or the last Changed, going back included.
func (s *State) Changed() *Batch {
	type row struct {
		table      byte
		key, value []byte
	}
	rows := make([]row, 0, len(s.log.touched))
	for r := range s.log.touched {
		table, key, value := r.encode()
		rows = append(rows, row{table, key, value})
	}
	clear(s.log.touched)
	slices.SortFunc(rows, func(a, b row) int {
		if a.table != b.table {
			return int(a.table) - int(b.table)
		}
		return slices.Compare(a.key, b.key)
	})
	b := &Batch{}
	for _, r := range rows {
		b.add(r.table, r.key, r.value)
	}
	return b
}

// Apply writes a batch's rows without logging them and gives its notes.
func (s *State) Apply(b *Batch) (notes []string, err error) {
	rest := b.rows
	for len(rest) > 0 {
		var table byte
		var key, value []byte
		if table, key, value, rest, err = nextRow(rest); err != nil {
			return nil, err
		}
		if table == 0 {
			notes = append(notes, string(value))
			continue
		}
		if int(table) > len(s.tables) {
			return nil, fmt.Errorf("%w: no table %d", ErrDump, table)
		}
		if err := s.tables[table-1].load(key, value); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDump, err)
		}
	}
	return notes, nil
}

func nextRow(b []byte) (table byte, key, value, rest []byte, err error) {
	table, b = b[0], b[1:]
	size, n := binary.Uvarint(b)
	if n <= 0 || size > maxKey || uint64(len(b)-n) < size {
		return 0, nil, nil, nil, fmt.Errorf("%w: a key is cut off", ErrDump)
	}
	key, b = b[n:n+int(size)], b[n+int(size):]
	size, n = binary.Uvarint(b)
	if n <= 0 || size > maxRow {
		return 0, nil, nil, nil, fmt.Errorf("%w: a row is cut off", ErrDump)
	}
	b = b[n:]
	if size == 0 {
		return table, key, nil, b, nil
	}
	if uint64(len(b)) < size-1 {
		return 0, nil, nil, nil, fmt.Errorf("%w: a row is cut off", ErrDump)
	}
	return table, key, b[: size-1 : size-1], b[size-1:], nil
}

// WriteHeader begins a dump or file.
func WriteHeader(w io.Writer) error {
	_, err := io.WriteString(w, dumpMagic)
	return err
}

// WriteBatch appends a batch with its length and checksum.
func WriteBatch(w io.Writer, b *Batch) error {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(b.rows)))
	head = binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(b.rows))
	if _, err := w.Write(append(head, b.rows...)); err != nil {
		return err
	}
	return nil
}

// ReadBatches calls f for each batch of a dump or file. It stops without error at a batch that was not written whole: a process was killed then.
func ReadBatches(r io.Reader, f func(*Batch) error) error {
	in := bufio.NewReaderSize(r, 1<<16)
	magic := make([]byte, len(dumpMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != dumpMagic {
		return fmt.Errorf("%w of version %d", ErrDump, dumpMagic[len(dumpMagic)-1])
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil //nolint:nilerr // the end, or a head that was cut off
		}
		size := binary.BigEndian.Uint32(head[:])
		if size > maxRecord {
			return nil
		}
		rows, err := io.ReadAll(io.LimitReader(in, int64(size)))
		if err != nil || uint32(len(rows)) != size || crc32.ChecksumIEEE(rows) != binary.BigEndian.Uint32(head[4:]) {
			return nil //nolint:nilerr // cut off, or never finished
		}
		if err := f(&Batch{rows}); err != nil {
			return err
		}
	}
}
