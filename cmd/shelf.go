package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/piecework/piecework/channel/torrent"
)

// shelf is the torrents that a gate stands for: one .torrent file, or a folder of them, such as the one in which a client keeps its own.
type shelf struct {
	path     string
	trackers []string // for all of them

	mu    sync.Mutex
	known map[string][]torrent.ProxyTorrent // by file
	order []string
}

func newShelf(path string, trackers []string) *shelf {
	return &shelf{path: path, trackers: trackers, known: map[string][]torrent.ProxyTorrent{}}
}

// read looks what is there. A file in a folder that is no torrent, or not whole yet, is passed over.
func (s *shelf) read() error {
	stat, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("reading the torrents: %w", err)
	}
	files := []string{s.path}
	if stat.IsDir() {
		if files, err = filepath.Glob(filepath.Join(s.path, "*.torrent")); err != nil {
			return fmt.Errorf("reading the torrents: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string][]torrent.ProxyTorrent{}
	s.order = nil
	for _, file := range files {
		list := s.known[file]
		if list == nil {
			if list, err = s.load(file); err != nil && !stat.IsDir() {
				return err
			}
		}
		if len(list) > 0 {
			known[file] = list
			s.order = append(s.order, file)
		}
	}
	s.known = known
	if len(known) == 0 {
		return withHint(fmt.Errorf("%s: %w", s.path, errNoTorrents), "Name a .torrent file, or the folder in which the client keeps its torrents; GATE.md has the usual places.")
	}
	return nil
}

// load reads one file, with the trackers that qBittorrent keeps beside it.
func (s *shelf) load(file string) ([]torrent.ProxyTorrent, error) {
	mi, err := torrent.Load(file)
	if err != nil {
		return nil, err
	}
	torrent.AddTrackers(mi, torrent.ResumeTrackers(strings.TrimSuffix(file, ".torrent")+".fastresume")...)
	torrent.AddTrackers(mi, s.trackers...)
	list, err := torrent.ProxyTorrents(mi)
	for i := range list { // ours first: a torrent that names very many does not keep them from being told
		slices.SortStableFunc(list[i].Trackers, func(a, b string) int { return s.place(a) - s.place(b) })
	}
	return list, err
}

// place is 0 for a tracker of ours, and 1 for another.
func (s *shelf) place(tracker string) int {
	if slices.Contains(s.trackers, tracker) {
		return 0
	}
	return 1
}

// torrents is what is there, one for each info hash.
func (s *shelf) torrents() (list []torrent.ProxyTorrent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, file := range s.order {
		list = append(list, s.known[file]...)
	}
	return list
}
