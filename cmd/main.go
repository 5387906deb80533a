package cmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the command for this process's terminal, and gives its exit code. Ctrl-C, a termination and the end of its terminal (unless that is ignored, as under nohup) stop what it does in
// good order: what was earned is redeemed, what is under way is written down. A second Ctrl-C ends it at once, which loses nothing that was acknowledged.
func Main(args []string) int {
	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		stops = append(stops, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), stops...)
	context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt) })
	defer stop()
	return Run(ctx, args, Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
