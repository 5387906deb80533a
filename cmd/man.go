package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
)

// manSection is where user commands stand in a manual.
const manSection = 1

func manCommand() *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "write the manual pages into a folder",
		Description: "piecework config man --out ~/.local/share/man/man1\npiecework config man --out . && man ./piecework-channel.1",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "out", Usage: "`FOLDER` that gets piecework.1 and a page for each group of commands", Required: true}},
		Action:      man,
	}
}

func man(c *cli.Context) error {
	folder := c.String("out")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, page := range manPages(wholeApp()) {
		text, err := page.ToManWithSection(manSection)
		if err != nil {
			return fmt.Errorf("writing the page of %s: %w", page.Name, err)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s.%d", page.Name, manSection)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// manPages are the whole program as a page that lists the commands, and a page for each command with all that is below it.
func manPages(app *cli.App) []*cli.App {
	front := *app
	front.Commands = nil
	pages := []*cli.App{&front}
	for _, group := range app.VisibleCommands() {
		front.Commands = append(front.Commands, &cli.Command{Name: group.Name, Usage: fmt.Sprintf("%s; see %s-%s(%d)", group.Usage, app.Name, group.Name, manSection)})
		below := group.Subcommands
		if len(below) == 0 || group.ArgsUsage != "" {
			own := *group
			own.Subcommands = nil
			below = append([]*cli.Command{&own}, below...)
		}
		pages = append(pages, &cli.App{
			Name: app.Name + "-" + group.Name, Usage: group.Usage, Description: group.Description,
			UsageText: app.Name + " " + group.Name + " [flags]", Commands: withExamples(below),
		})
	}
	return pages
}

// withExamples copies commands so that their examples are printed as they stand: the library's pages leave descriptions out.
func withExamples(commands []*cli.Command) []*cli.Command {
	copies := make([]*cli.Command, len(commands))
	for i, command := range commands {
		page := *command
		if page.UsageText == "" {
			page.UsageText = page.Description + "\n"
		}
		page.Subcommands = withExamples(command.Subcommands)
		copies[i] = &page
	}
	return copies
}
