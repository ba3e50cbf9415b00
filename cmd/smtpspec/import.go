package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/importer"
	"github.com/smtpspec/smtpspec/cmd/smtpspec/internal/script"
	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/smtpspec/smtpspec/luaapi/spell"
	"github.com/urfave/cli/v2"
)

func importCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "make scenarios of transcripts, logs and test scripts of other programs", ArgsUsage: "FILE…",
		Description: "FILE is a transcript of swaks, a session typed into telnet, a log of Postfix or Exim with -v, a .cmy of chamuyero, a\n" +
			".test of Apache James MPT, a script of Exim's test client, or one of smtpscript; - is standard input.\n" +
			"Passwords become facts. What cannot be carried over stays as a comment that check warns of.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "from", Usage: "`FORMAT` of the source, rather than what it looks like: " + strings.Join(importer.Formats(), ", ")},
			&cli.StringFlag{Name: "out", Usage: "write to `FILE`, a scenario file, rather than to standard output"},
			&cli.BoolFlag{Name: "force", Usage: "let --out overwrite a file"},
		},
		Action: func(c *cli.Context) error { return importFiles(e, c) },
	}
}

func importFiles(e *env, c *cli.Context) error {
	from, out := c.String("from"), c.String("out")
	if known := importer.Formats(); from != "" && !slices.Contains(known, from) {
		return usage("there are "+strings.Join(known, ", "), "--from: there is no format %q%s", from, spell.Hint(from, known))
	}
	if c.NArg() == 0 {
		return usage("as in smtpspec import transcript.txt; - is standard input", "a file to import is missing")
	}
	if err := newScenarioFile("out", out, c.Bool("force")); err != nil {
		return err
	}
	file, err := imported(e, c.Args().Slice(), from)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := file.Write(&b); err != nil {
		return usage("import them one by one", "%s", err)
	}
	if out == "" {
		_, err := e.stdout.Write(b.Bytes())
		return err
	}
	if err := os.WriteFile(out, b.Bytes(), 0o666); err != nil {
		return usage("", "--out: %s cannot be written: %s", out, luaapi.FileProblem(err))
	}
	fmt.Fprintf(e.stderr, "%s written: %s\n", out, count(len(file.Scenarios), "scenario"))
	return nil
}

// maxImport is the longest source that is read: logs are long, but not all of one is a conversation.
const maxImport = 256 << 20

// imported reads all sources into one file.
func imported(e *env, names []string, from string) (*script.File, error) {
	all := &script.File{}
	for _, name := range names {
		source, err := sourceOf(e, name)
		if err != nil {
			return nil, err
		}
		f, err := importer.Import(name, source, from)
		var unknown *importer.UnknownError
		if errors.As(err, &unknown) {
			return nil, usage(unknown.Hint(), "%s: %s", name, unknown)
		}
		if err != nil {
			return nil, err
		}
		all.Comment = append(all.Comment, f.Comment...)
		all.Scenarios = append(all.Scenarios, f.Scenarios...)
	}
	return all, nil
}

// sourceOf reads a file, or standard input.
func sourceOf(e *env, name string) ([]byte, error) {
	in := e.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usage("", "%s: %s", name, luaapi.FileProblem(err))
		}
		defer f.Close()
		in = f
	}
	source, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	switch {
	case err != nil:
		return nil, usage("", "%s cannot be read: %s", name, luaapi.FileProblem(err))
	case len(source) > maxImport:
		return nil, usage("cut out the part with the conversation", "%s has more than %d MiB", name, maxImport>>20)
	case len(bytes.TrimSpace(source)) == 0:
		return nil, usage("", "%s is empty", name)
	}
	return source, nil
}
