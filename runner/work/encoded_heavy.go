//go:build !light

package work

import (
	"encoding/gob"
	"encoding/json"
)

func init() {
	encodings["json"], encodings["gob"] = jsonMail, gobMail
}

func jsonMail(l *encodedMail) {
	l.encode = func(m letter) error {
		text, err := json.Marshal(m)
		l.envelope.Write(text)
		return err
	}
	l.decode = func(m *letter) error {
		defer l.arrived.Reset()
		return json.Unmarshal(l.arrived.Bytes(), m)
	}
}

// gobMail keeps one encoder and one decoder for all messages, as programs do: the first
// message describes the type, the others need not.
func gobMail(l *encodedMail) {
	encoder, decoder := gob.NewEncoder(&l.envelope), gob.NewDecoder(&l.arrived)
	l.encode = func(m letter) error { return encoder.Encode(m) }
	l.decode = func(m *letter) error { return decoder.Decode(m) }
}
