package torrent

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piecework/piecework/channel"
	"github.com/piecework/piecework/channel/torrent/gate"
	"github.com/piecework/piecework/wallet"
)

// Bounds of a diary.
const (
	diaryDays = 62
	maxDiary  = 5000 // rows; then the oldest go
)

// Sold is what went through the gates for one torrent on one day.
type Sold struct {
	Day       string                           `json:"day"`     // YYYY-MM-DD, UTC
	Torrent   string                           `json:"torrent"` // info hash in hex; "" when all torrents are booked as one
	Name      string                           `json:"name"`
	PaidBytes int64                            `json:"paid_bytes"` // payload sent on accounts
	FreeBytes int64                            `json:"free_bytes"` // payload sent to free riders
	Payments  int64                            `json:"payments"`
	Earned    map[channel.Asset]channel.Amount `json:"earned"` // evidence that came in, in units
}

// diary books by torrent and day.
type diary struct {
	mu      sync.Mutex
	single  string // not "": all torrents are booked as one, under this name
	now     func() time.Time
	rows    map[[2]string]*Sold
	names   map[string]string
	day     int64  // since 1970, of date
	date    string // today, as it is written
	written string // what stands in the file; belongs to the keeper
}

func newDiary(single string, now func() time.Time) *diary {
	return &diary{single: single, now: now, rows: map[[2]string]*Sold{}, names: map[string]string{}}
}

// call names a torrent.
func (d *diary) call(infoHash [20]byte, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.single == "" && len(d.names) < maxDiary {
		d.names[hex.EncodeToString(infoHash[:])] = name
	}
}

// note changes today's row of a torrent.
func (d *diary) note(infoHash [20]byte, change func(*Sold)) {
	torrent := ""
	if d.single == "" {
		torrent = hex.EncodeToString(infoHash[:])
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	key := [2]string{d.today(), torrent}
	row := d.rows[key]
	if row == nil {
		d.forget()
		row = &Sold{Day: key[0], Torrent: torrent, Name: d.single, Earned: map[channel.Asset]channel.Amount{}}
		if d.single == "" {
			row.Name = d.names[torrent]
		}
		d.rows[key] = row
	}
	change(row)
}

// today is the day, in UTC. It is asked for with every block, so it is written once a day. mu must be held.
func (d *diary) today() string {
	now := d.now()
	if day := now.Unix() / (24 * 60 * 60); day != d.day || d.date == "" {
		d.day, d.date = day, now.UTC().Format(time.DateOnly)
	}
	return d.date
}

// forget drops days that are long over, and the oldest where there are too many rows. mu must be held.
func (d *diary) forget() {
	since := d.now().UTC().AddDate(0, 0, -diaryDays).Format(time.DateOnly)
	oldest := [2]string{}
	for key := range d.rows {
		if key[0] < since {
			delete(d.rows, key)
		} else if oldest[0] == "" || key[0] < oldest[0] {
			oldest = key
		}
	}
	if len(d.rows) >= maxDiary {
		delete(d.rows, oldest)
	}
}

// list is all rows, the newest day first.
func (d *diary) list() []Sold {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Sold, 0, len(d.rows))
	for _, row := range d.rows {
		copied := *row
		copied.Earned = maps.Clone(row.Earned)
		list = append(list, copied)
	}
	slices.SortFunc(list, func(a, b Sold) int {
		return cmp.Or(strings.Compare(b.Day, a.Day), strings.Compare(a.Name, b.Name), strings.Compare(a.Torrent, b.Torrent))
	})
	return list
}

// diaryFile is the file.
type diaryFile struct {
	Version int    `json:"version"`
	Sold    []Sold `json:"sold"`
}

// restore reads what an earlier run has written. It is figures for people: a file that is broken is put aside.
func (d *diary) restore(path string) error {
	text, err := readBounded(path, maxKeptFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var file diaryFile
	if json.Unmarshal(text, &file) != nil || file.Version != 1 {
		return os.Rename(path, path+".broken")
	}
	for i := range file.Sold {
		row := &file.Sold[i]
		if row.Earned == nil {
			row.Earned = map[channel.Asset]channel.Amount{}
		}
		d.rows[[2]string{row.Day, row.Torrent}] = row
	}
	d.forget()
	return nil
}

// write replaces the file when there is something new to say.
func (d *diary) write(path string) error {
	text, err := json.Marshal(diaryFile{Version: 1, Sold: d.list()})
	if err != nil || string(text) == d.written {
		return err
	}
	if err := wallet.WriteFile(path, text); err != nil {
		return err
	}
	d.written = string(text)
	return nil
}

// Diary is what was sold, by torrent and day, the newest day first, over all runs that share TollhouseConfig.Diary.
func (h *Tollhouse) Diary() []Sold { return h.diary.list() }

// Call names a torrent in the diary.
func (h *Tollhouse) Call(infoHash [20]byte, name string) { h.diary.call(infoHash, name) }

// earned books what payments brought to an account that are durable now.
func (p *payee) earned() {
	n, amount := p.unbooked, p.session.news()
	p.unbooked = 0
	p.house.diary.note(p.l.torrent(), func(s *Sold) {
		s.Payments += n
		s.Earned[p.session.asset] = s.Earned[p.session.asset].Add(amount)
	})
}

// news is what was paid into the account since it was asked last.
func (a *account) news() channel.Amount {
	a.mu.Lock()
	defer a.mu.Unlock()
	more, ok := a.safe.SubOK(a.booked)
	if !ok {
		return channel.Amount{}
	}
	a.booked = a.safe
	return more
}

// keep notes that so much of what was paid is durable.
func (a *account) keep(paid channel.Amount) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.safe = a.safe.Max(paid)
}

// kept is how much of what was paid is durable.
func (a *account) kept() channel.Amount {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.safe
}

// exposed says whether a window has been opened by what is not durable yet.
func (a *account) exposed() bool {
	s := a.Statement()
	return gate.Covered(s.Price, s.Paid.Excess(a.kept()), s.Window) >= s.Window
}
