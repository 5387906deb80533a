//go:build unix

package cmd_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/piecework/piecework/channel/store/storetest"
)

// TestPages types what the pages show, as somebody would who has an empty home and nothing but the page: the sh blocks of a section, in order, each in a shell.
// A block whose last command stays is a terminal of its own. What a text block shows must be printed, … standing for anything. Only ports are others.
func TestPages(t *testing.T) {
	for _, walk := range []struct{ name, page, section string }{
		{"token developer, exchange, seeder, downloader, creator, broadcaster, operator", "../README.md", "First five minutes"},
		{"integrator", "../channel/api/INTEGRATE.md", "From nothing"},
		{"hub operator", "../channel/README.md", "The first hour of a hub"},
	} {
		t.Run(walk.name, func(t *testing.T) {
			if testing.Short() && walk.name == "integrator" {
				t.Skip("installs packages of npm")
			}
			text, err := os.ReadFile(walk.page)
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t)
			for _, b := range shown(string(text), walk.section) {
				r.follow(b)
			}
		})
	}
}

// block is a fenced block of a page.
type block struct{ language, text string }

var fenced = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```")

// shown gives the blocks of a section that are typed, and what they print.
func shown(page, section string) (list []block) {
	_, rest, _ := strings.Cut(page, "\n## "+section+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	for _, m := range fenced.FindAllStringSubmatch(rest, -1) {
		if m[1] == "sh" || m[1] == "text" {
			list = append(list, block{m[1], m[2]})
		}
	}
	return list
}

// reader is who follows a page: a home, a clone of the project, and what is known from what was printed.
type reader struct {
	t       *testing.T
	home    string
	clone   string
	ports   *strings.Replacer
	exports string // of blocks before, which a person repeats in every terminal
	output  []string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	for program, install := range map[string]string{"openssl": "openssl", "curl": "curl", "npm": "npm", "ffmpeg": "ffmpeg"} {
		need(t, program, "apt-get install "+install)
	}
	command, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, home: t.TempDir()}
	r.clone = filepath.Join(r.home, "piecework")
	var pairs []string
	ports := map[string]string{}
	for _, port := range []string{"9090", "50051", "6881", "7443", "7444", "7445", "8080"} {
		ports[port] = free(t)
		pairs = append(pairs, port, ports[port])
	}
	r.ports = strings.NewReplacer(append(pairs, "postgres:///piecework?host=/run/postgresql", "$POSTGRES")...)
	// The command with other defaults for its ports.
	r.write("bin/piecework", fmt.Sprintf(`#!/bin/sh
case "$1" in testnet) export PIECEWORK_PORT=%s PIECEWORK_GRPC_PORT=%s;; channel) export PIECEWORK_SERVER=127.0.0.1:%s;; sponsor|get) export PIECEWORK_LISTEN=127.0.0.1:0;; esac
export PIECEWORK_NODE=127.0.0.1:%s
[ -n "$PIECEWORK_LISTEN" ] || export PIECEWORK_LISTEN=127.0.0.1:%s
exec %s "$@"
`, ports["9090"], ports["50051"], ports["7443"], ports["50051"], ports["7443"], command))
	r.film()
	for _, pattern := range []string{"channel/channelpb/*.proto", "channel/api/integrate/typescript/*.ts", "channel/api/integrate/typescript/*.json", "channel/api/integrate/typescript/.npmrc"} {
		files, err := filepath.Glob("../" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r.write(filepath.Join("piecework", strings.TrimPrefix(file, "../")), string(text))
		}
	}
	return r
}

// film makes the film of the pages: 20 seconds of a test picture.
func (r *reader) film() {
	r.t.Helper()
	r.write("piecework/movie.mkv", "")
	out, err := exec.CommandContext(r.t.Context(), "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=duration=20:size=640x360:rate=25", "-c:v", "libx264", "-preset", "ultrafast",
		"-g", "25", filepath.Join(r.clone, "movie.mkv")).CombinedOutput()
	if err != nil {
		r.t.Fatalf("making a film: %v\n%s", err, out)
	}
}

func (r *reader) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

// stays matches commands that run until they are stopped.
var stays = regexp.MustCompile(`^(piecework (testnet|serve|seed|gate|sponsor|events tail|trc20 events)|node build/deposits.js)\b|piecework live |^piecework get .*--(stream|earn)`)

func (r *reader) follow(b block) {
	r.t.Helper()
	if b.language == "text" {
		r.printed(b.text)
		return
	}
	script := r.fill(b.text)
	lines := strings.Split(strings.TrimSpace(script), "\n")
	last := lines[len(lines)-1]
	if stays.MatchString(last) && !strings.Contains(last, "--once") && !strings.Contains(last, "--backup") {
		r.stay(strings.Join(append(lines[:len(lines)-1], "exec "+last), "\n"))
		return
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), 3*time.Minute)
	defer cancel()
	output := filepath.Join(r.t.TempDir(), "said")
	c := r.shell(ctx, script, output)
	if err := c.Run(); err != nil {
		text, _ := os.ReadFile(output)
		r.t.Fatalf("%v\n%s\nsaid:\n%s", err, script, text)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "export ") {
			r.exports += line + "\n"
		}
	}
}

// stay runs a block in a terminal of its own until the test ends, and waits until it says that it is there.
func (r *reader) stay(script string) {
	r.t.Helper()
	output := filepath.Join(r.t.TempDir(), "said")
	c := r.shell(context.Background(), script, output)
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM)
		_ = c.Wait()
		if text, _ := os.ReadFile(output); r.t.Failed() {
			r.t.Logf("%s\nsaid:\n%s", script, text)
		}
	})
	r.until(func() bool { text, _ := os.ReadFile(output); return strings.Contains(string(text), "Ctrl-C") },
		func() string { return script + "\nnever said that it is ready, and how it is stopped" })
}

func (r *reader) shell(ctx context.Context, script, output string) *exec.Cmd {
	r.t.Helper()
	c := exec.CommandContext(ctx, "sh", "-e", "-c", r.exports+script)
	c.Dir = r.clone
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Env = []string{"HOME=" + r.home, "PATH=" + filepath.Join(r.home, "bin") + ":" + os.Getenv("PATH"), "TERM=dumb"}
	for _, name := range []string{"npm_config_cache", "npm_config_registry", "NODE_EXTRA_CA_CERTS", "HTTPS_PROXY", "NO_PROXY"} {
		if value := os.Getenv(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	if strings.Contains(script, "$POSTGRES") {
		c.Env = append(c.Env, "POSTGRES="+storetest.Postgres(r.t))
	}
	file, err := os.Create(output)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = file.Close() })
	c.Stdout, c.Stderr = file, file
	r.output = append(r.output, output)
	return c
}

var (
	addressPrinted = regexp.MustCompile(`(?m)^contract +(T[1-9A-HJ-NP-Za-km-z]{33})$`)
	magnetPrinted  = regexp.MustCompile(`(?m)^magnet:\S+$`)
)

// fill puts what was printed last where the page leaves it to the reader: T… for a contract's address, magnet:?… for a link.
func (r *reader) fill(script string) string {
	said := r.said()
	script = r.ports.Replace(script) // before anything that was printed: keys have the digits of a port now and then
	for shown, printed := range map[string]*regexp.Regexp{"T…": addressPrinted, "magnet:?…": magnetPrinted} {
		found := printed.FindAllStringSubmatch(said, -1)
		if strings.Contains(script, shown) && len(found) == 0 {
			r.t.Fatalf("%s\nnothing that was printed can stand for %s", script, shown)
		}
		if len(found) > 0 {
			script = strings.ReplaceAll(script, shown, found[len(found)-1][len(found[0])-1])
		}
	}
	return script
}

// said is all that was printed until now.
func (r *reader) said() string {
	var all strings.Builder
	for _, file := range r.output {
		text, _ := os.ReadFile(file)
		all.Write(text)
	}
	return all.String()
}

// printed waits until every line of a text block was printed somewhere.
func (r *reader) printed(text string) {
	r.t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(r.ports.Replace(line)), " "); line == "" {
			continue
		}
		pattern := regexp.MustCompile("(?m)^" + strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + "$")
		r.until(func() bool { return pattern.MatchString(squeezed(r.said())) },
			func() string { return "the page says that this is printed:\n" + line + "\nit was:\n" + r.said() })
	}
}

// squeezed is a text with one space between words.
func squeezed(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return out.String()
}

func (r *reader) until(done func() bool, complaint func() string) {
	r.t.Helper()
	for begun := time.Now(); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > time.Minute {
			r.t.Fatal(complaint())
		}
	}
}
