package cmd_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkStartUp starts `piecework version` and `true` in turn, so that both see the same machine, and reports the median of each, their ratio, and how much
// memory the command takes: its own (anonymous pages), and with the pages of the binary that the kernel mapped for it, which all processes share. How many
// of these there are depends on what the page cache reads around a fault. MiB-of-imports is what a program takes that imports the libraries of the command and prints a line.
func BenchmarkStartUp(b *testing.B) {
	binary := built(b)
	var ours, nothing []time.Duration
	for b.Loop() {
		nothing = append(nothing, start(b, "true"))
		ours = append(ours, start(b, binary, "version"))
	}
	slices.Sort(ours)
	slices.Sort(nothing)
	median, base := ours[len(ours)/2], nothing[len(nothing)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "ms(≤15)")
	b.ReportMetric(float64(base.Microseconds())/1000, "ms-of-true")
	b.ReportMetric(float64(median)/float64(base), "times-true")
	if mib := memory(b, binary); mib > 0 {
		b.ReportMetric(mib, "MiB(≤20)")
	}
	if mib := memory(b, floor(b)); mib > 0 {
		b.ReportMetric(mib, "MiB-of-imports")
	}
	if mib := ownMemory(b, binary); mib > 0 {
		b.ReportMetric(mib, "MiB-own")
	}
}

// BenchmarkTestnetReady starts networks and reports the shortest time until the ready file was there, how much memory was resident then, and how much of it
// belongs to the process alone: the rest is the binary, as far as the kernel has mapped it.
func BenchmarkTestnetReady(b *testing.B) {
	binary, least, mib, own := built(b), time.Duration(0), 0.0, 0.0
	for b.Loop() {
		ready := filepath.Join(b.TempDir(), "ready")
		network := exec.CommandContext(b.Context(), binary, "testnet", "--port", "0", "--ready-file", ready)
		began := time.Now()
		if err := network.Start(); err != nil {
			b.Fatal(err)
		}
		for {
			if _, err := os.Stat(ready); err == nil {
				break
			}
			time.Sleep(100 * time.Microsecond)
		}
		if took := time.Since(began); least == 0 || took < least {
			least = took
		}
		mib, own = max(mib, resident(network.Process.Pid, "VmRSS:")), max(own, resident(network.Process.Pid, "RssAnon:"))
		_ = network.Process.Kill()
		_ = network.Wait()
	}
	b.ReportMetric(float64(least.Microseconds())/1000, "ms(≤60)")
	if mib > 0 {
		b.ReportMetric(mib, "MiB(≤40)")
		b.ReportMetric(own, "MiB-own")
	}
}

// resident is a number of MiB in the status of a running process, 0 where the system does not tell.
func resident(pid int, line string) float64 {
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	_, after, _ := strings.Cut(string(status), line)
	kib, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseFloat(kib, 64)
	return n / 1024
}

// built is the command as it is released.
func built(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "piecework")
	build := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-o", binary, "../cmd/piecework")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// floor is a program that imports every package of others that a package of the command imports, and does nothing with them. It lies in no folder: it is laid over the tree.
func floor(b *testing.B) string {
	b.Helper()
	const theirs = `{{if and .Module .Module.Main}}{{range .Imports}}{{.}}{{"\n"}}{{end}}{{end}}`
	list, err := exec.CommandContext(b.Context(), "go", "list", "-deps", "-f", theirs, "../cmd/piecework").Output()
	if err != nil {
		b.Fatal(err)
	}
	imports := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(list)))))
	var source strings.Builder
	source.WriteString("package main\n")
	for _, path := range imports {
		if !strings.HasPrefix(path, "github.com/piecework/") {
			fmt.Fprintf(&source, "import _ %q\n", path)
		}
	}
	source.WriteString("func main() { println() }\n")
	folder, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	file, overlay, binary := filepath.Join(b.TempDir(), "main.go"), filepath.Join(b.TempDir(), "overlay.json"), filepath.Join(b.TempDir(), "floor")
	laid := fmt.Sprintf(`{"Replace": {%q: %q}}`, filepath.Join(folder, "floor", "main.go"), file)
	if err := errors.Join(os.WriteFile(file, []byte(source.String()), 0o600), os.WriteFile(overlay, []byte(laid), 0o600)); err != nil {
		b.Fatal(err)
	}
	build := exec.CommandContext(b.Context(), "go", "build", "-overlay", overlay, "-o", binary, "./floor")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func start(b *testing.B, name string, args ...string) time.Duration {
	b.Helper()
	command := exec.CommandContext(b.Context(), name, args...)
	began := time.Now()
	if err := command.Run(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// memory is the most that the command had resident, by GNU time: a child of a Go program is counted with its parent's memory. 0 where there is no GNU time.
func memory(b *testing.B, binary string) float64 {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), "/usr/bin/time", "-f", "%M", binary, "version").CombinedOutput()
	if err != nil {
		return 0
	}
	lines := strings.Fields(string(out))
	kib, err := strconv.ParseFloat(lines[len(lines)-1], 64)
	if err != nil {
		return 0
	}
	return kib / 1024
}

// ownMemory is what the command has of anonymous memory when it prints its result, by Linux's /proc: it is stopped there by a full pipe. 0 on other systems.
func ownMemory(b *testing.B, binary string) float64 {
	b.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = errors.Join(read.Close(), write.Close()) }()
	_ = write.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = write.Write(make([]byte, 1<<20)) // until nothing more goes in
	command := exec.CommandContext(b.Context(), binary, "version")
	command.Stdout = write
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	time.Sleep(time.Second) // there is nothing to wait for: it hangs in a write
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", command.Process.Pid))
	_ = command.Process.Kill()
	_ = command.Wait()
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	var kib float64
	_, _ = fmt.Sscan(rest, &kib)
	return kib / 1024
}
