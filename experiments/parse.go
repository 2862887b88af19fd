package experiments

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

type token struct {
	kind string // "word", "quoted", or the operator itself: ( ) : - AND OR, "" at the end
	text string
	at   int // column
}

// filterParser is a recursive descent over the tokens.
type filterParser struct {
	tokens []token
	filter *filter
	depth  int
	fault  *Fault
}

// parseFilter returns a filter whose test holds for everything if s is empty.
func parseFilter(s string) (*filter, Faults) {
	f := &filter{source: s, test: func(*point) bool { return true }}
	if strings.TrimSpace(s) == "" {
		if s != "" {
			return nil, Faults{f.fault(1, "the filter is empty", "leave the option out to run every cell")}
		}
		return f, nil
	}
	tokens, fault := f.scan()
	if fault != nil {
		return nil, Faults{*fault}
	}
	p := &filterParser{tokens: tokens, filter: f}
	test := p.or()
	if p.fault == nil && p.peek().kind != "" {
		p.fail(p.peek(), "unexpected "+p.peek().show(), "close what is open, or remove it")
	}
	if p.fault != nil {
		return nil, Faults{*p.fault}
	}
	f.test = test
	return f, nil
}

func (f *filter) fault(col int, message, remedy string) Fault {
	return Fault{File: "--filter", Col: col, Source: f.source, Message: message, Remedy: remedy}
}

// scan splits the source into tokens.
func (f *filter) scan() ([]token, *Fault) {
	runes := []rune(f.source)
	if len(runes) > maxFilter {
		one := f.fault(1, fmt.Sprintf("a filter of %d characters is too long", len(runes)), fmt.Sprintf("%d are the limit", maxFilter))
		return nil, &one
	}
	var out []token
	for i := 0; i < len(runes); {
		c := runes[i]
		switch {
		case unicode.IsSpace(c):
			i++
		case strings.ContainsRune("():", c), c == '-' && startsTerm(runes, i):
			out = append(out, token{string(c), string(c), i + 1})
			i++
		case c == '"':
			end := i + 1
			for end < len(runes) && runes[end] != '"' {
				end++
			}
			if end == len(runes) {
				one := f.fault(i+1, "a quote is opened here and never closed", `add a "`)
				return nil, &one
			}
			out = append(out, token{"quoted", string(runes[i+1 : end]), i + 1})
			i = end + 1
		default:
			end := i
			for end < len(runes) && !unicode.IsSpace(runes[end]) && !strings.ContainsRune(`():"`, runes[end]) {
				end++
			}
			word := token{"word", string(runes[i:end]), i + 1}
			if word.text == "AND" || word.text == "OR" {
				word.kind = word.text
			}
			out = append(out, word)
			i = end
		}
	}
	return append(out, token{"", "", len(runes) + 1}), nil
}

// startsTerm tells the - of "not" from the one inside a word.
func startsTerm(runes []rune, i int) bool {
	return i == 0 || unicode.IsSpace(runes[i-1]) || runes[i-1] == '(' || runes[i-1] == '-'
}

func (t token) show() string {
	switch t.kind {
	case "":
		return "end of the filter"
	case "quoted":
		return `"` + t.text + `"`
	}
	return quote(t.text)
}

func (p *filterParser) peek() token { return p.tokens[0] }

func (p *filterParser) next() token {
	t := p.tokens[0]
	if t.kind != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// fail keeps the first fault; what follows from it helps nobody.
func (p *filterParser) fail(t token, message, remedy string) func(*point) bool {
	if p.fault == nil {
		one := p.filter.fault(t.at, message, remedy)
		p.fault = &one
	}
	return func(*point) bool { return false }
}

func (p *filterParser) or() func(*point) bool {
	a := p.and()
	for p.fault == nil && p.peek().kind == "OR" {
		p.next()
		left, right := a, p.and()
		a = func(x *point) bool { return left(x) || right(x) }
	}
	return a
}

func (p *filterParser) and() func(*point) bool {
	a := p.unary()
	for p.fault == nil {
		switch p.peek().kind {
		case "", "OR", ")":
			return a
		case "AND":
			p.next()
		}
		left, right := a, p.unary()
		a = func(x *point) bool { return left(x) && right(x) }
	}
	return a
}

func (p *filterParser) unary() func(*point) bool {
	p.depth++
	defer func() { p.depth-- }()
	t := p.next()
	switch {
	case p.depth > maxFilterDepth:
		return p.fail(t, "too many parentheses", "write it flatter")
	case t.kind == "-":
		inner := p.unary()
		return func(x *point) bool { return !inner(x) }
	case t.kind == "(":
		inner := p.or()
		if end := p.next(); p.fault == nil && end.kind != ")" {
			return p.fail(t, "a ( is opened here and never closed", "add a )")
		}
		return inner
	case t.kind == "word" && t.text == "*" && p.peek().kind != ":":
		return func(*point) bool { return true }
	case t.kind == "word" || t.kind == "quoted":
		return p.term(t)
	}
	return p.fail(t, "expected key:value, found "+t.show(), "write for example workload:sieve cores:(1 OR 2) -model:threads")
}

// term reads what follows a key.
func (p *filterParser) term(key token) func(*point) bool {
	if colon := p.next(); colon.kind != ":" {
		return p.fail(key, key.show()+" has no value", fmt.Sprintf("write %s:value, or a key before it: workload:%s", key.text, key.text))
	}
	if p.peek().kind != "(" {
		return p.value(key)
	}
	open := p.next()
	any := []func(*point) bool{p.value(key)}
	for p.fault == nil && p.peek().kind != ")" {
		if t := p.next(); t.kind != "OR" {
			if t.kind == "" {
				return p.fail(open, "a ( is opened here and never closed", "add a )")
			}
			return p.fail(t, "expected OR or ), found "+t.show(), "values in parentheses are joined with OR: cores:(1 OR 2)")
		}
		any = append(any, p.value(key))
	}
	p.next()
	return func(x *point) bool {
		return slices.ContainsFunc(any, func(one func(*point) bool) bool { return one(x) })
	}
}

func (p *filterParser) value(key token) func(*point) bool {
	v := p.next()
	if v.kind != "word" && v.kind != "quoted" {
		remedy := fmt.Sprintf("write %s:value or %s:(a OR b)", key.text, key.text)
		if v.kind == "AND" || v.kind == "OR" {
			remedy = fmt.Sprintf("write %s:%q if that is the value", key.text, v.text)
		}
		return p.fail(v, fmt.Sprintf("expected a value of %s, found %s", key.text, v.show()), remedy)
	}
	t := &term{key: key.text, value: v.text, keyAt: key.at, valAt: v.at, values: []string{v.text}}
	t.glob = v.kind == "word" && strings.Contains(v.text, "*")
	p.filter.terms = append(p.filter.terms, t)
	return t.matches
}
