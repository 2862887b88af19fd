package load

import (
	"strconv"
	"strings"
)

// template is a text with places for a request's number.
type template []string

func newTemplate(text string) template { return strings.Split(text, Number) }

// append adds the text of one request.
func (t template) append(to []byte, number int64) []byte {
	for i, part := range t {
		if i > 0 {
			to = strconv.AppendInt(to, number, 10)
		}
		to = append(to, part...)
	}
	return to
}
