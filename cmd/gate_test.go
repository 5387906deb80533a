package cmd_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/piecework/piecework/channel/torrent"
)

// TestGatePage follows channel/torrent/GATE.md with real clients: their settings and commands are read out of the page, only the port numbers are others. Behind
// each gate a client that knows nothing of payments earns from our `get`.
func TestGatePage(t *testing.T) {
	page, err := os.ReadFile("../channel/torrent/GATE.md")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	for _, c := range []struct{ name, program, pkg, settings, payer string }{
		{"qBittorrent", "qbittorrent-nox", "qbittorrent-nox", ".config/qBittorrent/qBittorrent.conf", "carol"},
		{"Transmission", "transmission-daemon", "transmission-daemon", ".config/transmission-daemon/settings.json", "dave"},
		{"rTorrent", "rtorrent", "rtorrent", ".rtorrent.rc", "erin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := exec.LookPath(c.program); err != nil {
				t.Skipf("needs the Debian package %s: apt-get install %s", c.pkg, c.pkg)
			}
			h := newHouse(t, r)
			blocks := blocksOf(string(page), c.name)
			h.write(c.settings, blocks[0])
			h.start(blocks[1])
			h.start(blocks[2])
			gate := h.wait("gate")
			got := h.get(strings.TrimSpace(blocksOf(string(page), "Try it")[0]), c.payer, gate) // each from a payer of its own: the gates are strangers to each other
			if want := int64(20); got < want {                                                  // 2 MiB at 10 sun a MiB
				t.Errorf("the gate earned %d sun, want at least %d", got, want)
			}
		})
	}
}

// blocksOf gives the code blocks of a page's section.
func blocksOf(page, section string) (blocks []string) {
	_, rest, _ := strings.Cut(page, "\n## "+section+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	for _, m := range regexp.MustCompile("(?s)```[a-z]*\n(.*?)```").FindAllStringSubmatch(rest, -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// house is the home of somebody who follows the page.
type house struct {
	t     *testing.T
	r     *rig
	home  string
	ports *strings.Replacer
	sum   [32]byte
}

func newHouse(t *testing.T, r *rig) *house {
	t.Helper()
	own := *r
	own.t = t
	h := &house{t: t, r: &own, home: t.TempDir()}
	h.ports = strings.NewReplacer("51413", free(t), ":6881", "127.0.0.1:0", "8080", free(t), "9091", free(t))
	data := make([]byte, 2<<20)
	rand.New(rand.NewSource(int64(len(t.Name())))).Read(data)
	h.sum = sha256.Sum256(data)
	h.write("films/film.bin", string(data))
	mi, err := torrent.Create(filepath.Join(h.home, "films/film.bin"), torrent.CreateConfig{Trackers: []string{"http://127.0.0.1:9/announce"}}) // rTorrent takes none without
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := mi.Write(&b); err != nil {
		t.Fatal(err)
	}
	h.write("films/film.torrent", b.String())
	h.write("film.torrent", b.String()) // a client may move the other one
	return h
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

func (h *house) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.t.Fatal(err)
	}
	if !strings.HasPrefix(name, "film") {
		text = h.ports.Replace(text)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.t.Fatal(err)
	}
}

// command is one of the page, in the home, against the test's network.
func (h *house) command(text string) *exec.Cmd {
	c := exec.Command("sh", "-c", text)
	c.Env = append(os.Environ(), "HOME="+h.home, "TERM=xterm", "PATH="+filepath.Dir(h.r.binary)+":"+os.Getenv("PATH"),
		"PIECEWORK_NODE="+h.r.network.GRPC(), "PIECEWORK_CONTRACT="+h.r.contract, "PIECEWORK_DATA_DIR="+filepath.Join(h.home, "data"),
		"PIECEWORK_LISTEN=127.0.0.1:0", "PIECEWORK_GATE_FILE="+filepath.Join(h.home, "gate"))
	c.Dir = h.home
	return c
}

// start runs a command of the page until the test ends.
func (h *house) start(command string) {
	h.t.Helper()
	command = h.ports.Replace(strings.TrimSpace(command))
	if i := strings.LastIndex(command, "&& "); i >= 0 {
		command = command[:i+3] + "exec " + command[i+3:]
	} else {
		command = "exec " + command
	}
	c := h.command(command)
	said, err := os.Create(filepath.Join(h.t.TempDir(), "said"))
	if err != nil {
		h.t.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	// A gate is opened for what the client keeps: wait until it keeps something.
	if strings.Contains(command, "piecework gate") {
		fields := strings.Fields(command)
		folder := strings.Replace(fields[len(fields)-1], "~", h.home, 1)
		h.r.until("a torrent in "+folder, func() bool {
			found, _ := filepath.Glob(filepath.Join(folder, "*.torrent"))
			return len(found) > 0
		})
	}
	if err := c.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if text, _ := os.ReadFile(said.Name()); h.t.Failed() {
			h.t.Logf("%s\nsaid:\n%s", command, text)
		}
		_ = said.Close()
	})
}

func (h *house) wait(name string) (text string) {
	h.t.Helper()
	h.r.until(name, func() bool {
		b, _ := os.ReadFile(filepath.Join(h.home, name))
		text = strings.TrimSpace(string(b))
		return strings.HasSuffix(string(b), "\n")
	})
	return text
}

// get fetches the film through the gate by the page's command, from an account of its own, and gives what was paid, in sun.
func (h *house) get(command, from, peer string) (paid int64) {
	h.t.Helper()
	c := h.command(strings.NewReplacer("carol", from, "127.0.0.1:6881", peer, "films/film.torrent", "film.torrent").Replace(command) + " -o json")
	printed, err := c.Output()
	if err != nil {
		h.t.Fatalf("%s: %v\n%s", command, err, printed)
	}
	var got map[string]any
	if err := json.Unmarshal(printed, &got); err != nil {
		h.t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(h.home, "tried/film.bin"))
	if err != nil || sha256.Sum256(data) != h.sum {
		h.t.Errorf("the film differs (%v)", err)
	}
	_, _ = fmt.Sscan(got["paid_units"].(string), &paid)
	return paid
}
