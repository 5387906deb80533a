// Command piecework is a toolkit for Tron tokens and a payment channel service that pays BitTorrent seeders by the piece.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/piecework/piecework/cmd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cmd.Run(ctx, os.Args, cmd.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
