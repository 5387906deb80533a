// Command piecework is a toolkit for Tron tokens and a payment channel service that pays BitTorrent seeders by the piece.
package main

import (
	"os"

	"github.com/piecework/piecework/cmd"
)

func main() { os.Exit(cmd.Main(os.Args)) }
