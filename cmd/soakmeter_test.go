//go:build unix

package cmd_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// soakMeter reads what both servers say of themselves, and what their files take.
type soakMeter struct {
	soak    *soak
	samples []soakSample
}

type soakSample struct {
	at          time.Duration
	hub, seeder soakFigures
}

// soakFigures are a process's.
type soakFigures struct {
	rss        float64 // bytes
	goroutines float64
	fds        float64
	disk       int64 // bytes
}

// soakWarm is the part of a soak after which nothing may grow any more: ten minutes of an hour.
const soakWarm = 6

// line measures both servers, just before the hub is restarted, and prints it.
func (m *soakMeter) line() {
	s := m.soak
	sample := soakSample{at: time.Since(s.began)}
	var failed error
	for to, from := range map[*soakFigures]*soaked{&sample.hub: s.hub, &sample.seeder: s.seeder} {
		figures, err := from.figures()
		if err != nil {
			failed = err
		}
		*to = figures
	}
	if failed != nil { // it is being started
		s.t.Logf("%8s  no figures: %v", sample.at.Truncate(time.Second), failed)
		return
	}
	m.samples = append(m.samples, sample)
	s.t.Logf("%8s  channels %d, ended %d, refilled %d, payments %d, kills %d, troubles %d | hub %s | seeder %s", sample.at.Truncate(time.Second), s.open(), s.churned.Load(),
		s.refilled.Load(), s.payments.Load(), s.kills, s.troubles.Load(), sample.hub, sample.seeder)
}

// String is a line's part.
func (f soakFigures) String() string {
	return fmt.Sprintf("rss %.1f MiB, goroutines %.0f, fds %.0f, disk %.1f MiB", f.rss/(1<<20), f.goroutines, f.fds, float64(f.disk)/(1<<20))
}

// figures are read over HTTP as Prometheus does.
func (v *soaked) figures() (f soakFigures, err error) {
	answer, err := http.Get("http://" + v.http + "/metrics")
	if err != nil {
		return f, err
	}
	defer func() { _ = answer.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return f, err
	}
	for name, to := range map[string]*float64{"process_resident_memory_bytes": &f.rss, "go_goroutines": &f.goroutines, "process_open_fds": &f.fds} {
		if family := families[name]; family != nil { // the system tells some of them only on Linux
			*to = family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	err = filepath.WalkDir(v.dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			f.disk += info.Size()
		}
		return nil //nolint:nilerr // a journal may be gone by now
	})
	return f, err
}

// serving says whether the server takes payments.
func (v *soaked) serving() bool {
	answer, err := http.Get("http://" + v.http + "/healthz")
	if err != nil {
		return false
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode == http.StatusOK
}

// check compares the first part after the warm-up with the last. A single sample may fall into an outage, when calls wait and a heap is large; what has grown shows in the
// least of a part. How much may come with chance depends on the length: a short soak has a sample or two in a part, and a server that was just restarted has 30 goroutines
// where a busy one has 80; what a leak of one per payment makes of it is thousands. Memory is compared in long soaks: a heap takes minutes to find its size.
func (m *soakMeter) check() {
	t, warm := m.soak.t, m.samples[len(m.samples)/soakWarm:]
	if len(warm) == 0 {
		t.Fatal("nothing was measured")
	}
	long := m.soak.plan.length >= 30*time.Minute
	part, goroutines, fds := (len(warm)+2)/3, 200.0, 100.0
	if long {
		goroutines, fds = 20, 30
	}
	for name, of := range map[string]func(soakSample) soakFigures{
		"hub": func(s soakSample) soakFigures { return s.hub }, "seeder": func(s soakSample) soakFigures { return s.seeder },
	} {
		was, is := least(warm[:part], of), least(warm[len(warm)-part:], of)
		t.Logf("the %s after the warm-up: %s; at the end: %s", name, was, is)
		if long && is.rss > 1.2*was.rss {
			t.Errorf("the %s has grown from %.1f to %.1f MiB", name, was.rss/(1<<20), is.rss/(1<<20))
		}
		if is.goroutines > 1.2*was.goroutines+goroutines || is.fds > was.fds+fds {
			t.Errorf("the %s has grown from %.0f goroutines and %.0f open files to %.0f and %.0f", name, was.goroutines, was.fds, is.goroutines, is.fds)
		}
	}
}

func least(samples []soakSample, of func(soakSample) soakFigures) soakFigures {
	low := of(samples[0])
	for _, s := range samples[1:] {
		f := of(s)
		low.rss, low.goroutines, low.fds = min(low.rss, f.rss), min(low.goroutines, f.goroutines), min(low.fds, f.fds)
		low.disk = f.disk
	}
	return low
}
