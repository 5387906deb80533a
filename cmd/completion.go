package cmd

import (
	_ "embed"
	"fmt"

	"github.com/urfave/cli/v2"
)

// The scripts ask the program itself what can come next; fish has no need to, its script lists everything.

//go:embed completion/piecework.bash
var bashCompletion string

//go:embed completion/piecework.zsh
var zshCompletion string

func completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print the completion script of a shell", ArgsUsage: "SHELL",
		Description: "source <(piecework config completion bash)\n" +
			"piecework config completion zsh > \"${fpath[1]}/_piecework\"\n" +
			"piecework config completion fish > ~/.config/fish/completions/piecework.fish",
		Action: completion,
	}
}

// wholeApp is the program with all its groups ready, not only the one that runs: for what lists everything.
func wholeApp() *cli.App {
	app := newApp(Streams{}, &settings{})
	app.Setup()
	return app
}

func completion(c *cli.Context) error {
	script := ""
	switch shell := c.Args().First(); shell {
	case "bash":
		script = bashCompletion
	case "zsh":
		script = zshCompletion
	case "fish":
		fish, err := wholeApp().ToFishCompletion()
		if err != nil {
			return fmt.Errorf("writing the fish completion: %w", err)
		}
		script = fish
	default:
		return usagef("%s: want bash, zsh or fish", shell)
	}
	_, err := fmt.Fprint(c.App.Writer, script)
	return err
}
