package luaapi

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/smtpspec/smtpspec/luaapi/wire"
	"github.com/smtpspec/smtpspec/runner/event"
	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Problem is something wrong with a file, found without running a scenario.
type Problem struct {
	Position event.Position `json:"position"`
	Message  string         `json:"message"`
	Hint     string         `json:"hint,omitempty"`
	Warning  bool           `json:"warning,omitempty"` // does not keep the file from being run
}

func (p Problem) String() string {
	if p.Position.Line == 0 {
		return p.Position.File + ": " + p.Message
	}
	at := fmt.Sprintf("%s:%d", p.Position.File, p.Position.Line)
	if p.Position.Column > 0 {
		at = fmt.Sprintf("%s:%d", at, p.Position.Column)
	}
	return at + ": " + p.Message
}

// LoadError is why a scenario file does not load.
type LoadError struct{ Problems []Problem }

func (e *LoadError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Mask masks the secrets in every problem.
func (e *LoadError) Mask(s *wire.Secrets) {
	for i := range e.Problems {
		e.Problems[i].Message, e.Problems[i].Hint = s.Text(e.Problems[i].Message), s.Text(e.Problems[i].Hint)
	}
}

func loadError(file string, line int, format string, args ...any) *LoadError {
	return &LoadError{[]Problem{{Position: event.Position{File: file, Line: line}, Message: fmt.Sprintf(format, args...)}}}
}

// Place is where a file may look for others.
type Place struct {
	RequireRoot string // require looks no higher than this directory
	ReadRoot    string // read_file reads nothing above this directory
}

// chunk is a compiled file. It never changes, and is shared by all scenarios. The syntax tree is not kept: a run may have
// a hundred thousand files, and only lint looks at it again.
type chunk struct {
	path     string // as messages name it
	source   string
	proto    *lua.FunctionProto
	globals  map[string]bool // names that it assigns as globals
	declares bool            // it calls scenario
	plain    bool            // it cannot: it names nothing that leads there
	suite    bool            // it names suite
	fails    *Reproduction   // the failure that it is to show again; nil for none
}

// stmts parses the source again.
func (c *chunk) stmts() []ast.Stmt {
	stmts, err := parse.Parse(strings.NewReader(c.source), c.path)
	if err != nil {
		return nil // it parsed before
	}
	return stmts
}

// Loader reads and compiles scenario files and what they require, each once. It may be used from several goroutines.
type Loader struct {
	lang *Language
	read func(path string) ([]byte, error)

	mu     sync.Mutex
	chunks map[string]*loading
}

type loading struct {
	once  sync.Once
	chunk *chunk
	err   error
}

// NewLoader returns a loader that reads files with read; nil stands for the files that there are.
func (lang *Language) NewLoader(read func(path string) ([]byte, error)) *Loader {
	if read == nil {
		read = lang.read
	}
	return &Loader{lang: lang, read: read, chunks: map[string]*loading{}}
}

// File is a scenario file that compiled.
type File struct {
	Path  string
	place Place
	chunk *chunk
	load  *Loader
}

// Load reads and compiles a file. The error is a *LoadError.
func (l *Loader) Load(path string, place Place) (*File, error) {
	c, err := l.chunk(path)
	if err != nil {
		return nil, err
	}
	return &File{Path: path, place: place, chunk: c, load: l}, nil
}

func (l *Loader) chunk(path string) (*chunk, error) {
	l.mu.Lock()
	entry := l.chunks[path]
	if entry == nil {
		entry = &loading{}
		l.chunks[path] = entry
	}
	l.mu.Unlock()
	entry.once.Do(func() {
		source, err := l.read(path)
		if err != nil {
			entry.err = loadError(path, 0, "cannot be read: %s", FileProblem(err))
			return
		}
		entry.chunk, entry.err = l.lang.compile(path, source)
	})
	return entry.chunk, entry.err
}

// FileProblem says in words of our own why a file could not be read or written.
func FileProblem(err error) string {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "no such file"
	case errors.Is(err, os.ErrPermission):
		return "permission denied"
	}
	var perr *os.PathError
	if errors.As(err, &perr) {
		return perr.Err.Error()
	}
	return err.Error()
}

// Bounds of a source file: gopher-lua's parser and compiler recurse without one of their own, and take a time that grows with the square of it.
const (
	maxSource  = 1 << 20
	maxNesting = 200  // of brackets
	maxDepth   = 1000 // of the syntax tree, in which "a + b + c" is one deeper than "a + b"
)

// compile makes a chunk of source. The error is a *LoadError.
func (lang *Language) compile(path string, source []byte) (*chunk, error) {
	if len(source) > maxSource {
		return nil, loadError(path, 0, "the file has %d bytes; scenario files have at most %d", len(source), maxSource)
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(source, []byte("#")) {
		source = append([]byte("--"), source...) // a first line for the shell
	}
	if problems := scan(path, string(source)); len(problems) > 0 {
		return nil, &LoadError{problems}
	}
	buffered := lang.readers.Get().(*bufio.Reader) // the parser would make one of its own for each file
	defer lang.readers.Put(buffered)
	buffered.Reset(bytes.NewReader(source))
	stmts, err := parse.Parse(buffered, path)
	if err != nil {
		return nil, syntaxError(path, source, err)
	}
	c := &chunk{path: path, source: string(source), plain: true}
	deep := walk(stmts, func(n ast.PositionHolder) {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				c.assigns(nameOf(e))
			}
		case *ast.FuncDefStmt:
			c.assigns(nameOf(n.Name.Func))
		case *ast.FuncCallExpr:
			c.declares = c.declares || nameOf(n.Func) == "scenario"
		case *ast.IdentExpr:
			c.plain = c.plain && !leadsToScenario[n.Value]
			c.suite = c.suite || n.Value == "suite"
		}
	})
	if deep > 0 {
		return nil, loadError(path, deep, "statements or expressions are nested more than %d deep", maxDepth)
	}
	if err := toLua51(path, stmts); err != nil {
		return nil, err
	}
	if c.fails, err = reproductionOf(path, c.source); err != nil {
		return nil, err
	}
	if c.proto, err = compileChunk(inGroups(stmts), path); err != nil {
		return nil, err
	}
	lang.finish(c.proto)
	return c, nil
}

// leadsToScenario are the names by which a file can come to call scenario.
var leadsToScenario = map[string]bool{"scenario": true, "require": true, "load": true, "loadstring": true, "_G": true, "getfenv": true}

func (c *chunk) assigns(name string) {
	if name == "" {
		return
	}
	if c.globals == nil {
		c.globals = map[string]bool{}
	}
	c.globals[name] = true
}

// compileChunk turns the compiler's panics, which it uses for limits of its own, into load errors.
func compileChunk(stmts []ast.Stmt, path string) (proto *lua.FunctionProto, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = loadError(path, 0, "does not compile: %v", r)
		}
	}()
	proto, cerr := lua.Compile(stmts, path)
	var ce *lua.CompileError
	if errors.As(cerr, &ce) {
		line := ce.Line
		if text, at, ok := strings.Cut(ce.Message, " at line "); ok { // of a goto, where Line is that of the block's end
			if n, err := strconv.Atoi(at); err == nil {
				ce.Message, line = text, n
			}
		}
		return nil, loadError(path, line, "%s", ce.Message)
	}
	if cerr != nil {
		return nil, loadError(path, 0, "does not compile: %v", cerr)
	}
	return proto, nil
}

func syntaxError(path string, source []byte, err error) *LoadError {
	var pe *parse.Error
	if !errors.As(err, &pe) {
		return loadError(path, 0, "syntax error: %v", err)
	}
	p := Problem{Position: event.Position{File: path, Line: pe.Pos.Line, Column: pe.Pos.Column}, Message: pe.Message}
	switch {
	case pe.Pos.Line <= 0 || pe.Token == "":
		p.Position.Line, p.Position.Column = 1+bytes.Count(bytes.TrimSpace(source), []byte("\n")), 0
		p.Message = "syntax error at the end of the file: an \"end\" or a bracket is missing"
	case strings.Contains(p.Message, "syntax error"), strings.Contains(p.Message, "parse error"):
		p.Message = fmt.Sprintf("syntax error near %q", pe.Token)
	}
	if p.Position.Line > 0 && strings.Contains(lineOf(source, p.Position.Line), "!=") {
		p.Hint = "Lua writes ~= for \"not equal\""
	}
	return &LoadError{[]Problem{p}}
}

func lineOf(source []byte, n int) string {
	lines := strings.Split(string(source), "\n")
	return lines[min(n, len(lines))-1]
}

// finish makes of what gopher-lua compiled what scenarios run: tail calls become plain ones, the marks of operators functions. What was compiled is cut to
// its size: gopher-lua makes room for a thousand instructions in every function, 12 KB that would stay for the whole run.
func (lang *Language) finish(p *lua.FunctionProto) {
	keepCallers(p)
	bindOperators(p, lang.operators)
	p.Code, p.DbgSourcePositions = slices.Clone(p.Code), slices.Clone(p.DbgSourcePositions)
	p.Constants, p.DbgLocals, p.DbgCalls = slices.Clone(p.Constants), slices.Clone(p.DbgLocals), slices.Clone(p.DbgCalls)
	p.FunctionPrototypes, p.DbgUpvalues = slices.Clone(p.FunctionPrototypes), slices.Clone(p.DbgUpvalues)
	for _, child := range p.FunctionPrototypes {
		lang.finish(child)
	}
}

// opcodeShift is where gopher-lua keeps the opcode of an instruction: in the upper six bits.
const opcodeShift = 26

// keepCallers turns tail calls into plain calls: a tail call takes its caller off the stack, and with it the line of the scenario that
// a failure in a helper is reported at. Tail recursion is bounded by the call stack in return.
func keepCallers(p *lua.FunctionProto) {
	for i, inst := range p.Code {
		if inst>>opcodeShift == uint32(lua.OP_TAILCALL) {
			p.Code[i] = inst&(1<<opcodeShift-1) | uint32(lua.OP_CALL)<<opcodeShift
		}
	}
}

// excerpt returns the lines around line, which is among them.
func (c *chunk) excerpt(line int) []event.SourceLine {
	var out []event.SourceLine
	lines := strings.Split(c.source, "\n")
	for n := max(1, line-2); n <= min(line, len(lines)); n++ {
		text := strings.TrimRight(lines[n-1], "\r\t ")
		if text == "" && n != line {
			continue
		}
		out = append(out, event.SourceLine{Line: n, Text: text})
	}
	return out
}

// resolve finds the file that a require names.
func (f *File) resolve(from, name string) (string, error) {
	if module, ok := strings.CutSuffix(name, ".lua"); ok {
		return "", fmt.Errorf("require %q: the name of a module is expected, without .lua: require %q", name, module)
	}
	rel := filepath.FromSlash(strings.ReplaceAll(name, ".", "/")) + ".lua"
	if name == "" || filepath.IsAbs(rel) || strings.ContainsAny(name, `/\`) && strings.Contains(name, "..") || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("require %q: the name of a module is expected, as in require \"helpers\" or require \"lib.dns\"", name)
	}
	var tried []string
	for dir := filepath.Dir(from); ; dir = filepath.Dir(dir) {
		for _, candidate := range []string{filepath.Join(dir, rel), filepath.Join(dir, "lib", rel)} {
			if f.load.lang.exists(candidate) {
				return candidate, within(f.place.RequireRoot, candidate, "require")
			}
			tried = append(tried, candidate)
		}
		if same(dir, f.place.RequireRoot) || filepath.Dir(dir) == dir {
			break
		}
	}
	return "", fmt.Errorf("require %q: no such module; looked for %s", name, strings.Join(tried, ", "))
}

func same(a, b string) bool {
	aa, err1 := filepath.Abs(a)
	bb, err2 := filepath.Abs(b)
	return err1 != nil || err2 != nil || aa == bb
}

// within tells whether path, links followed, lies below root.
func within(root, path, who string) error {
	realRoot, err := realPath(root)
	if err != nil {
		return fmt.Errorf("%s: %s: %s", who, root, FileProblem(err))
	}
	real, err := realPath(path)
	if err != nil {
		return fmt.Errorf("%s: %s: %s", who, path, FileProblem(err))
	}
	rel, err := filepath.Rel(realRoot, real)
	if err != nil || !filepath.IsLocal(rel) && rel != "." {
		return fmt.Errorf("%s: %s is outside the scenario directory %s", who, path, root)
	}
	return nil
}

func realPath(path string) (string, error) {
	if IsShipped(path) {
		return filepath.Clean(path), nil // there are no links
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// ReadFile reads a file that a script names, relative to the directory of from.
func (f *File) readFile(from, name string) ([]byte, error) {
	return f.readBeside("read_file", filepath.Dir(from), name)
}

// readBeside reads a file that who names, relative to dir.
func (f *File) readBeside(who, dir, name string) ([]byte, error) {
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, filepath.FromSlash(name))
	}
	if err := within(f.place.ReadRoot, path, who); err != nil {
		return nil, err
	}
	if filepath.Base(path) == "smtpspec.lua" {
		return nil, fmt.Errorf("%s: %s is the configuration, which scripts may not read", who, name)
	}
	b, err := f.load.read(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %s", who, name, FileProblem(err))
	}
	return b, nil
}
