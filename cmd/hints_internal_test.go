package cmd

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

var (
	commandQuoted = regexp.MustCompile("`(piecework [^`]*)`")
	flagNamedIn   = regexp.MustCompile(`(?:^|[^\w-])--([a-z][a-z0-9-]*)`)
)

// source is this package's code: of each function the functions of this package that it mentions, and the next steps that it gives to people.
type source struct {
	mentions map[types.Object][]types.Object
	hints    map[types.Object][]string
	reads    map[types.Object][]string // every text in a function, the names of the flags that it reads among them
	texts    []string                  // every text of the code
	info     types.Info
}

// strangers stand in for what this package imports: of that only the names are of interest.
type strangers struct{}

func (strangers) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
	p.MarkComplete()
	return p, nil
}

// readSource parses this package and finds out which names stand for its functions. What it uses of others is not looked up, so methods of theirs are not seen.
func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{mentions: map[types.Object][]types.Object{}, hints: map[types.Object][]string{}, reads: map[types.Object][]string{}}
	s.info = types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{}}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{Importer: strangers{}, Error: func(error) {}}
	_, _ = config.Check("cmd", set, files, &s.info)
	for _, file := range files {
		s.read(file)
	}
	return s
}

// read notes what each function of a file mentions and says.
func (s *source) read(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, is := n.(*ast.BasicLit); is {
			s.texts = append(s.texts, s.text(literal))
		}
		return true
	})
	for _, decl := range file.Decls {
		f, is := decl.(*ast.FuncDecl)
		if !is || f.Body == nil {
			continue
		}
		me := s.info.Defs[f.Name]
		ast.Inspect(f.Body, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if other, is := s.info.Uses[n].(*types.Func); is {
					s.mentions[me] = append(s.mentions[me], other)
				}
			case *ast.BasicLit:
				s.reads[me] = append(s.reads[me], s.text(n)) // c.String("amount")
			case *ast.CallExpr:
				if called, is := n.Fun.(*ast.Ident); is && called.Name == "usagef" {
					s.hints[me] = append(s.hints[me], s.text(n.Args[0]))
				} else if is && called.Name == "withHint" {
					s.hints[me] = append(s.hints[me], s.text(n.Args[1]))
				}
			}
			return true
		})
	}
}

// text is what an expression says, constants put in.
func (s *source) text(e ast.Expr) string {
	if v := s.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

// reach adds what a function comes to, itself included. What depends on flags or on methods of other packages is not told apart.
func (s *source) reach(f types.Object, seen map[types.Object]bool) {
	if seen[f] || slices.Contains([]string{"groups", "builders", "commands"}, f.Name()) { // which mention every command
		return
	}
	seen[f] = true
	for _, next := range s.mentions[f] {
		s.reach(next, seen)
	}
}

// action is the function of this package that a command comes to.
func (s *source) action(t *testing.T, command *cli.Command) types.Object {
	t.Helper()
	path := runtime.FuncForPC(reflect.ValueOf(command.Action).Pointer()).Name() // …/cmd.txSend, or of a function in it …/cmd.manCommand.func1
	name := strings.Split(path[strings.LastIndexByte(path, '/')+1:], ".")[1]
	for _, object := range s.info.Defs {
		if f, is := object.(*types.Func); is && f.Name() == name && f.Signature().Recv() == nil {
			return f
		}
	}
	t.Fatalf("%s is not in the source", path)
	return nil
}

// A next step, or a complaint about usage, that names a flag without a command means the command that was given: it has that flag. A function that reads the
// flag itself is left out, as it speaks of it where it was given.
func TestHintsNameFlagsThatTheCommandHas(t *testing.T) {
	s := readSource(t)
	common := []string{"help", configFlag, profileName}
	leaves(groups(), "piecework", func(path string, command *cli.Command) {
		reached := map[types.Object]bool{}
		s.reach(s.action(t, command), reached)
		for f := range reached {
			for _, hint := range s.hints[f] {
				for _, named := range flagNamedIn.FindAllStringSubmatch(commandQuoted.ReplaceAllString(hint, ""), -1) {
					if flag := named[1]; flagNamed(command, flag) == nil && !slices.Contains(common, flag) && !slices.Contains(s.reads[f], flag) {
						t.Errorf("%s has no flag --%s, which %s tells to give: %s", path, flag, f.Name(), hint)
					}
				}
			}
		}
	})
}

// A command that a text quotes, in a hint, a note or an example of the help, exists and has the flags that stand behind it.
func TestQuotedCommandsExist(t *testing.T) {
	quoted := map[string]bool{}
	for _, text := range readSource(t).texts {
		for _, command := range commandQuoted.FindAllStringSubmatch(text, -1) {
			quoted[command[1]] = true
		}
	}
	all := groups()
	leaves(all, "piecework", func(_ string, command *cli.Command) {
		for line := range strings.Lines(strings.ReplaceAll(command.Description, "\\\n", " ")) {
			if strings.HasPrefix(line, "piecework ") {
				quoted[strings.TrimSpace(line)] = true
			}
		}
	})
	if len(quoted) < 100 {
		t.Fatalf("only %d quoted commands were found", len(quoted))
	}
	for line := range quoted {
		checkQuoted(t, all, line)
	}
}

// checkQuoted looks a line up, command by command where && joins several.
func checkQuoted(t *testing.T, all []*cli.Command, line string) {
	t.Helper()
	for part := range strings.SplitSeq(line, "&&") {
		words := strings.Fields(part)
		if len(words) < 2 || words[0] != "piecework" {
			continue
		}
		command, below := (*cli.Command)(nil), all
		for _, word := range words[1:] {
			i := slices.IndexFunc(below, func(c *cli.Command) bool { return c.HasName(word) })
			if i < 0 {
				if plain := strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""; plain && !strings.HasPrefix(word, "-") && len(below) > 0 && (command == nil || command.ArgsUsage == "") {
					t.Errorf("%s: there is no command %q", line, word)
				}
				break
			}
			command, below = below[i], below[i].Subcommands
		}
		for _, named := range flagNamedIn.FindAllStringSubmatch(part, -1) {
			if command != nil && flagNamed(command, named[1]) == nil && !slices.Contains([]string{"help", configFlag, profileName}, named[1]) {
				t.Errorf("%s: %s has no flag --%s", line, command.Name, named[1])
			}
		}
	}
}
