package main

import (
	"fmt"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/urfave/cli/v2"
)

//go:generate sh -c "go run . doc --format markdown > ../../docs/reference.md"

// docPage is the command that writes docs/reference.md.
const docPage = "smtpspec doc --format markdown"

func docCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "doc", Usage: "show the reference of the language", ArgsUsage: "[NAME…]",
		Description: "NAME is what a script can name: smtp.connect, c:expect, reply.enhanced, smtp.ConnectOptions, target.valid_rcpt, or only\n" +
			"the end of it. Without one there is an overview.",
		Flags:  []cli.Flag{&cli.StringFlag{Name: "format", Usage: "`FORMAT`: text or markdown", Value: "text"}},
		Action: func(c *cli.Context) error { return showDoc(e, c) },
	}
}

func showDoc(e *env, c *cli.Context) error {
	format := c.String("format")
	if format != "text" && format != "markdown" {
		return usage("write --format text or markdown", "--format: %q is not one of text, markdown", format)
	}
	ref, err := luaapi.New().Reference()
	if err != nil {
		return err
	}
	switch {
	case format == "markdown" && c.Args().Present():
		return usage("leave the name out", "--format markdown is for the whole reference")
	case format == "markdown":
		fmt.Fprint(e.stdout, ref.Markdown(docPage))
		return nil
	case !c.Args().Present():
		fmt.Fprintf(e.stdout, "%s\nsmtpspec doc NAME shows all that is said of a name.\n", ref.Overview(e.textOptions()))
		return nil
	}
	for i, name := range c.Args().Slice() {
		if i > 0 {
			fmt.Fprintln(e.stdout)
		}
		if err := e.showName(ref, name); err != nil {
			return err
		}
	}
	return nil
}

// showName writes all that is said of one name, or what it may mean.
func (e *env) showName(ref *luaapi.Reference, name string) error {
	found := ref.Find(name)
	if found.Near != "" {
		return usage("smtpspec doc lists the names", "there is no %q (did you mean %q?)", name, found.Near)
	}
	if found.Text != "" {
		fmt.Fprintln(e.stdout, found.Text)
	}
	switch {
	case len(found.Entries) == 0 && found.Text == "":
		return usage("smtpspec doc lists the names", "there is no %q", name)
	case found.Several:
		fmt.Fprint(e.stdout, ref.List(found.Entries, e.textOptions()))
		return nil
	}
	for i, entry := range found.Entries {
		if i > 0 || found.Text != "" {
			fmt.Fprintln(e.stdout)
		}
		fmt.Fprint(e.stdout, ref.Text(entry, e.textOptions()))
	}
	return nil
}

// textOptions are how text is written on the screen, whose colours only add to it.
func (e *env) textOptions() luaapi.TextOptions {
	o := luaapi.TextOptions{Width: 80}
	if columns, _ := e.size(); columns > 0 {
		o.Width = min(max(columns, 40), helpWidth)
	}
	if color, _ := e.color("auto"); color {
		o.Heading = func(s string) string { return "\x1b[1m" + s + "\x1b[0m" }
		o.Code = func(s string) string { return "\x1b[36m" + s + "\x1b[0m" }
	}
	return o
}
