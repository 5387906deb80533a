package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrNoFFmpeg says that there is no ffmpeg to cut with.
var ErrNoFFmpeg = errors.New("ffmpeg is not there")

// FFmpeg cuts with ffmpeg, into the segments that it would make for HLS: of whatever it can read, without coding anything anew. input is a file, a URL, or "-"
// for stdin; a file is read as fast as it plays.
func (c Cutter) FFmpeg(ctx context.Context, input string, stdin io.Reader, out func(Cut) error) error {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoFFmpeg, err)
	}
	if c.Every == 0 {
		c.Every = DefaultEvery
	}
	if err := CheckEvery(c.Every); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, program, c.arguments(input)...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) } // so that it ends its last segment
	command.WaitDelay = 5 * time.Second
	var said strings.Builder
	command.Stderr = &said
	if input == "-" {
		command.Stdin = stdin
	}
	list, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting ffmpeg: %w", err)
	}
	taken := c.segments(list, out)
	if taken != nil {
		_ = command.Process.Kill()
	}
	if err := command.Wait(); err != nil && ctx.Err() == nil && taken == nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, lastLine(said.String()))
	}
	return taken
}

func (c Cutter) arguments(input string) []string {
	args := []string{"-hide_banner", "-loglevel", "error"}
	if stat, err := os.Stat(input); err == nil && stat.Mode().IsRegular() {
		args = append(args, "-re")
	}
	if input == "-" {
		input = "pipe:0"
	} else {
		args = append(args, "-nostdin")
	}
	return append(args, "-i", input, "-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "segment", "-segment_format", "mpegts",
		"-segment_time", strconv.FormatFloat(c.Every.Seconds(), 'f', 3, 64), "-segment_list", "pipe:1", "-segment_list_type", "csv", filepath.Join(c.Dir, "segment%08d.ts"))
}

// segments reads ffmpeg's list of what is done: NAME,FROM,TO in seconds.
func (c Cutter) segments(list io.Reader, out func(Cut) error) error {
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ",")
		if len(fields) != 3 {
			return fmt.Errorf("ffmpeg lists %q", lines.Text())
		}
		from, errFrom := strconv.ParseFloat(fields[1], 64)
		to, errTo := strconv.ParseFloat(fields[2], 64)
		if err := errors.Join(errFrom, errTo); err != nil {
			return fmt.Errorf("ffmpeg lists %q: %w", lines.Text(), err)
		}
		length := time.Duration((to - from) * float64(time.Second)).Round(time.Millisecond)
		cut := Cut{Path: filepath.Join(c.Dir, filepath.Base(fields[0])), Length: min(max(length, time.Millisecond), MaxChunkTime), Format: MPEGTS}
		if err := out(cut); err != nil {
			return err
		}
	}
	return lines.Err()
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
