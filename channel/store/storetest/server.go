package storetest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// server is a private PostgreSQL cluster.
type server struct {
	folder  string
	process *exec.Cmd
}

var (
	once    sync.Once
	running *server
	failure error
)

func started() (*server, error) {
	once.Do(func() { running, failure = start() })
	return running, failure
}

func stop() {
	once.Do(func() { failure = errors.New("never started") })
	if running != nil {
		_ = running.process.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = running.process.Wait()
		_ = os.RemoveAll(running.folder)
	}
}

func start() (*server, error) {
	initdb, err := binary("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := binary("postgres")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "pw-postgres-")
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder}
	if err := s.boot(initdb, postgres); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

func (s *server) boot(initdb, postgres string) error {
	if err := os.Chmod(s.folder, 0o777); err != nil {
		return err
	}
	data := filepath.Join(s.folder, "data")
	if out, err := unprivileged(initdb, "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	s.process = unprivileged(postgres, "-D", data, "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	var log strings.Builder
	s.process.Stdout, s.process.Stderr = &log, &log
	if err := s.process.Start(); err != nil {
		return err
	}
	// The server writes its pid file's last line, "ready", when it takes connections.
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		pid, _ := os.ReadFile(filepath.Join(data, "postmaster.pid"))
		if strings.HasSuffix(strings.TrimSpace(string(pid)), "ready") {
			return nil
		}
		if s.process.ProcessState != nil {
			break
		}
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	return fmt.Errorf("postgres did not become ready: %s", log.String())
}

func (s *server) url(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres&sslmode=disable", database, url.QueryEscape(s.folder))
}

// unprivileged is a command that does not run as root, which PostgreSQL refuses, and that ends when the tests do, even if they are killed.
func unprivileged(name string, args ...string) *exec.Cmd {
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		return exec.Command(name, args...)
	}
	drop := []string{"--pdeathsig", "INT"}
	if os.Getuid() == 0 {
		drop = append(drop, "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
	}
	cmd := exec.Command(setpriv, append(append(drop, "--", name), args...)...)
	cmd.Dir = os.TempDir()
	return cmd
}

// binary finds a program of PostgreSQL, also where Debian keeps it out of the path.
func binary(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s is not installed", name)
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}
