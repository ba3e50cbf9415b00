package runner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/smtpspec/smtpspec/luaapi/spell"
)

// TagExpr is an expression over tags, as in "tls and not (slow or flood)".
type TagExpr struct {
	match func(tags []string) bool
	words []string
}

// ParseTags reads an expression: tags, and, or, not and parentheses; not binds strongest, or weakest.
func ParseTags(text string) (*TagExpr, error) {
	spaced := strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)
	p := &tagParser{words: strings.Fields(spaced), text: text}
	match, err := p.or()
	if err == nil && p.i < len(p.words) {
		err = p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	return &TagExpr{match: match, words: p.tags}, nil
}

// Unknown returns the first tag of the expression that no scenario has, with a suggestion.
func (e *TagExpr) Unknown(known []string) error {
	for _, w := range e.words {
		if !slices.Contains(known, w) {
			return fmt.Errorf("no scenario has the tag %q%s", w, spell.Hint(w, known))
		}
	}
	return nil
}

type tagParser struct {
	words []string
	i     int
	tags  []string
	text  string
}

func (p *tagParser) unexpected() error {
	if p.i >= len(p.words) {
		return fmt.Errorf("tag expression %q ends too early", p.text)
	}
	return fmt.Errorf("tag expression %q: %q is not expected there", p.text, p.words[p.i])
}

func (p *tagParser) next(word string) bool {
	if p.i < len(p.words) && p.words[p.i] == word {
		p.i++
		return true
	}
	return false
}

type tagMatch = func([]string) bool

func (p *tagParser) or() (tagMatch, error) {
	left, err := p.and()
	for err == nil && p.next("or") {
		var right tagMatch
		l := left
		right, err = p.and()
		left = func(t []string) bool { return l(t) || right(t) }
	}
	return left, err
}

func (p *tagParser) and() (tagMatch, error) {
	left, err := p.not()
	for err == nil && p.next("and") {
		var right tagMatch
		l := left
		right, err = p.not()
		left = func(t []string) bool { return l(t) && right(t) }
	}
	return left, err
}

func (p *tagParser) not() (tagMatch, error) {
	switch {
	case p.next("not"):
		inner, err := p.not()
		return func(t []string) bool { return !inner(t) }, err
	case p.next("("):
		inner, err := p.or()
		if err == nil && !p.next(")") {
			err = p.unexpected()
		}
		return inner, err
	case p.i >= len(p.words) || slices.Contains([]string{"and", "or", ")"}, p.words[p.i]):
		return nil, p.unexpected()
	}
	tag := p.words[p.i]
	p.i++
	p.tags = append(p.tags, tag)
	return func(t []string) bool { return slices.Contains(t, tag) }, nil
}
