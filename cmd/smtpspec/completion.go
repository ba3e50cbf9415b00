package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi"
	"github.com/urfave/cli/v2"
)

// The scripts are written of the table of commands and flags as it is, and ask the program nothing: a press of a key must not wait.

func completionCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a script that completes commands, flags and their values in a shell", ArgsUsage: "bash|zsh|fish",
		Description: "bash: . <(smtpspec completion bash) in ~/.bashrc. zsh: the same in ~/.zshrc, after compinit.\n" +
			"fish: smtpspec completion fish | source in ~/.config/fish/config.fish.",
		Action: func(c *cli.Context) error { return printCompletion(e, c) },
	}
}

func printCompletion(e *env, c *cli.Context) error {
	shells := map[string]func([]completedCommand) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	write := shells[c.Args().First()]
	if c.NArg() != 1 || write == nil {
		return usage("as in smtpspec completion bash", "one of bash, zsh, fish is expected")
	}
	commands, err := completedCommands(c.App)
	if err != nil {
		return err
	}
	fmt.Fprint(e.stdout, write(commands))
	return nil
}

// completedCommand is a command as the scripts see it.
type completedCommand struct {
	name, usage string
	flags       []completedFlag
	args        choice
}

type completedFlag struct {
	names  []string // "--target", "-t"
	usage  string
	value  choice
	valued bool
}

// choice is what may stand in a place: words, and files of a kind.
type choice struct {
	words []string
	files string // "", "lua", "dirs" or "all"
}

// completedCommands reads the table. What a flag's value can be is in its description: the placeholder, and the words behind it.
func completedCommands(app *cli.App) ([]completedCommand, error) {
	ref, err := luaapi.New().Reference()
	if err != nil {
		return nil, err
	}
	kinds := map[string]choice{
		"fact=value": {words: equals(ref.Fields("target"))},
		"URL":        {words: []string{"demo", "smtp://", "smtp+starttls://", "smtps://", "lmtp://", "lmtp+unix:///", "smtp+unix:///"}},
		"[WHERE]":    {words: []string{"demo", "smtp://", "smtp+starttls://", "smtps://", "lmtp://", "lmtp+unix:///", "smtp+unix:///"}},
		"FILE":       {files: "all"},
		"FILE…":      {files: "all"},
		"DIR":        {files: "dirs"},
		"PATH…":      {files: "lua"},
		"[NAME…]":    {words: ref.Names()},
	}
	var commands []completedCommand
	for _, cmd := range app.VisibleCommands() {
		out := completedCommand{name: cmd.Name, usage: cmd.Usage, args: kinds[cmd.ArgsUsage]}
		if strings.Contains(cmd.ArgsUsage, "|") {
			out.args.words = strings.Split(cmd.ArgsUsage, "|")
		}
		for _, f := range cmd.Flags {
			out.flags = append(out.flags, completed(f, kinds))
		}
		out.flags = append(out.flags, completedFlag{names: []string{"--help", "-h"}, usage: "show help"})
		commands = append(commands, out)
	}
	return commands, nil
}

func completed(f cli.Flag, kinds map[string]choice) completedFlag {
	out := completedFlag{}
	for _, n := range f.Names() {
		if len(n) == 1 {
			out.names = append(out.names, "-"+n)
		} else {
			out.names = append(out.names, "--"+n)
		}
	}
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return out
	}
	placeholder, text := placeholder(doc.GetUsage())
	out.usage, out.valued = text, doc.TakesValue()
	if !out.valued {
		return out
	}
	out.value = kinds[placeholder]
	if _, list, ok := strings.Cut(text, ": "); ok && wordsOf(list) != nil {
		out.value.words = wordsOf(list)
	}
	return out
}

// wordsOf are the values that a description lists, as in "auto, always or never"; nil where it is a sentence.
func wordsOf(text string) []string {
	text, _, _ = strings.Cut(text, ";")
	words := strings.Split(strings.ReplaceAll(text, " or ", ", "), ", ")
	if len(words) < 2 || slices.ContainsFunc(words, func(w string) bool { return w == "" || strings.ContainsAny(w, " .`'()") }) {
		return nil
	}
	return words
}

func equals(names []string) []string {
	for i := range names {
		names[i] += "="
	}
	return names
}

// quoted is a word as every one of the shells takes it literally.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func bashCompletion(commands []completedCommand) string {
	var b strings.Builder
	b.WriteString(`# bash completion for smtpspec; needs neither bash-completion nor the program.
_smtpspec() {
  # bash splits words at = and : as well, which belong to values here.
  local line=${COMP_LINE:0:COMP_POINT} words='' files='' flags='' value='' cur prev
  cur=${line##*[[:space:]]}
  prev=${line%"$cur"}
  prev=${prev%"${prev##*[![:space:]]}"}
  prev=${prev##*[[:space:]]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
`)
	var names []string
	for _, c := range commands {
		names = append(names, c.name)
	}
	fmt.Fprintf(&b, "    COMPREPLY=($(compgen -W %s -- \"$cur\"))\n    return\n  fi\n", quoted(strings.Join(names, " ")))
	b.WriteString("  if [[ $cur == --*=* ]]; then\n    prev=${cur%%=*} value=1 cur=${cur#*=}\n  fi\n  case ${COMP_WORDS[1]},$prev in\n")
	for _, c := range commands {
		for _, f := range c.flags {
			if f.valued {
				fmt.Fprintf(&b, "  %s) words=%s files=%s value=1 ;;\n", bashPattern(c.name, f.names), quoted(strings.Join(f.value.words, " ")), quoted(f.value.files))
			}
		}
	}
	b.WriteString("  *)\n    case ${COMP_WORDS[1]} in\n")
	for _, c := range commands {
		var flags []string
		for _, f := range c.flags {
			flags = append(flags, f.names...)
		}
		fmt.Fprintf(&b, "    %s) flags=%s words=%s files=%s ;;\n", c.name, quoted(strings.Join(flags, " ")), quoted(strings.Join(c.args.words, " ")), quoted(c.args.files))
	}
	b.WriteString(bashEnd)
	return b.String()
}

func bashPattern(command string, names []string) string {
	patterns := make([]string, len(names))
	for i, n := range names {
		patterns[i] = command + "," + n
	}
	return strings.Join(patterns, "|")
}

// bashEnd chooses among what the cases before it found. What bash replaces begins behind the last = or : of the word.
const bashEnd = `    esac
    ;;
  esac
  if [[ -z $value && $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$cur"))
    return
  fi
  local reply=() word
  while IFS= read -r word; do
    [[ -n $word ]] && reply+=("$word")
  done < <(compgen -W "$words" -- "$cur")
  case $files in
  lua | all | dirs)
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
      reply+=("$word")
    done < <(
      compgen -d -- "$cur"
      compgen -f -- "$cur" | while IFS= read -r word; do
        [[ ! -d $word ]] && [[ $files == all || $files == lua && $word == *.lua ]] && echo "$word"
      done
    )
    ;;
  esac
  local split=${cur%"${cur##*[=:]}"}
  for word in "${reply[@]}"; do
    COMPREPLY+=("${word#"$split"}")
  done
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _smtpspec smtpspec
`

func zshCompletion(commands []completedCommand) string {
	var b strings.Builder
	b.WriteString("#compdef smtpspec\n_smtpspec() {\n  local context state state_descr line\n  typeset -A opt_args\n  if ((CURRENT == 2)); then\n    local -a commands=(\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "      %s\n", quoted(c.name+":"+strings.ReplaceAll(c.usage, ":", `\:`)))
	}
	b.WriteString("    )\n    _describe -t commands 'smtpspec command' commands\n    return\n  fi\n  local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "  %s)\n    _arguments -S", c.name)
		for _, f := range c.flags {
			b.WriteString(" \\\n      " + zshFlag(f))
		}
		fmt.Fprintf(&b, " \\\n      %s\n    ;;\n", quoted("*: :"+zshChoice(c.args)))
	}
	b.WriteString("  esac\n}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then\n  _smtpspec \"$@\"\nelse\n  compdef _smtpspec smtpspec\nfi\n")
	return b.String()
}

var zshText = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, ":", `\:`)

func zshFlag(f completedFlag) string {
	var specs []string
	for _, n := range f.names {
		value := ""
		if f.valued {
			if strings.HasPrefix(n, "--") {
				n += "="
			}
			value = ": :" + zshChoice(f.value)
		}
		specs = append(specs, quoted("*"+n+"["+zshText.Replace(f.usage)+"]"+value))
	}
	return strings.Join(specs, " ")
}

func zshChoice(c choice) string {
	action := map[string]string{"lua": `_files -g "*.lua"`, "dirs": "_files -/", "all": "_files"}[c.files]
	if len(c.words) == 0 {
		return action
	}
	escaped := make([]string, len(c.words))
	for i, w := range c.words {
		escaped[i] = strings.ReplaceAll(w, ":", `\:`)
	}
	if slices.ContainsFunc(c.words, func(w string) bool { return strings.HasSuffix(w, "=") || strings.HasSuffix(w, "/") }) {
		return "{compadd -S '' -- " + strings.Join(escaped, " ") + "}" // more of the word follows
	}
	return "(" + strings.Join(escaped, " ") + ")"
}

func fishCompletion(commands []completedCommand) string {
	var b strings.Builder
	b.WriteString("function __smtpspec_scenarios\n  __fish_complete_suffix .lua | string match -er '.(\\.lua|/)(\\t|$)'\nend\ncomplete -c smtpspec -f\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "complete -c smtpspec -n __fish_use_subcommand -a %s -d %s\n", c.name, fishQuoted(c.usage))
		when := fmt.Sprintf("complete -c smtpspec -n '__fish_seen_subcommand_from %s'", c.name)
		for _, f := range c.flags {
			b.WriteString(when)
			for _, n := range f.names {
				if long, ok := strings.CutPrefix(n, "--"); ok {
					b.WriteString(" -l " + long)
				} else {
					b.WriteString(" -s " + n[1:])
				}
			}
			if f.valued {
				b.WriteString(" -x" + fishChoice(f.value))
			}
			fmt.Fprintf(&b, " -d %s\n", fishQuoted(f.usage))
		}
		if arguments := fishChoice(c.args); arguments != "" {
			b.WriteString(when + arguments + "\n")
		}
	}
	return b.String()
}

func fishChoice(c choice) string {
	switch {
	case c.files == "lua":
		return " -a '(__smtpspec_scenarios)'"
	case c.files == "dirs":
		return " -a '(__fish_complete_directories)'"
	case c.files == "all":
		return " -a '(__fish_complete_path (commandline -ct))'"
	case len(c.words) > 0:
		return " -a " + fishQuoted(strings.Join(c.words, " "))
	}
	return ""
}

// fishQuoted is a word as fish takes it literally: in its quotes a backslash means something.
func fishQuoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
