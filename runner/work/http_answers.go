//go:build !light && !heavy

package work

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// responder is a handler: what it does for request n, and what it gives back in the end.
type responder struct {
	respond func(h *hand, w http.ResponseWriter, r *http.Request, n uint64) error
	close   func() error
}

// stateless is a responder that holds nothing.
func stateless(respond func(h *hand, w http.ResponseWriter, r *http.Request, n uint64) error) responder {
	return responder{respond, func() error { return nil }}
}

// sumHeader is the header that proves a body.
const sumHeader = "X-Sum"

// sendBody sends a body with its sum.
func sendBody(w http.ResponseWriter, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/plain")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set(sumHeader, bodySum(body))
	_, err := w.Write(body)
	return err
}

// bodySum is the FNV-1a sum of a body, as 16 hexadecimal digits.
func bodySum(body []byte) string {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	sum := uint64(offset)
	for _, b := range body {
		sum = (sum ^ uint64(b)) * prime
	}
	return fmt.Sprintf("%016x", sum)
}

// sendNumber sends the request's number back.
func sendNumber(h *hand, w http.ResponseWriter, n uint64) error {
	h.body = strconv.AppendUint(h.body[:0], n, 10)
	return sendBody(w, h.body)
}

func newEcho(Params, Env) (responder, error) {
	return stateless(func(h *hand, w http.ResponseWriter, r *http.Request, _ uint64) error {
		h.body = append(h.body[:0], r.URL.Path...)
		return sendBody(w, h.body)
	}), nil
}

func newCPU(ps Params, _ Env) (responder, error) {
	if _, err := threadTime(); err != nil {
		return responder{}, fmt.Errorf("read the thread's CPU clock, which it needs: %w", err)
	}
	cpu := ps.Duration("cpu")
	return stateless(func(h *hand, w http.ResponseWriter, _ *http.Request, n uint64) error {
		if err := h.burn(cpu); err != nil {
			return err
		}
		return sendNumber(h, w, n)
	}), nil
}

func newDownstream(ps Params, _ Env) (responder, error) {
	wait := ps.Duration("wait")
	return stateless(func(h *hand, w http.ResponseWriter, _ *http.Request, n uint64) (err error) {
		if h.pause == nil {
			if h.pause, err = newPause(); err != nil {
				return err
			}
		}
		if wait > 0 {
			if err := h.pause.sleep(context.Background(), wait); err != nil {
				return err
			}
		}
		return sendNumber(h, w, n)
	}), nil
}

// garbagePiece is what handler alloc allocates at a time: what a program does that builds a page or
// decodes a document, rather than one block, which the heap would map and unmap.
const garbagePiece = 4096

func newAlloc(ps Params, _ Env) (responder, error) {
	pieces := int(ps.Bytes("garbage")) / garbagePiece
	return stateless(func(h *hand, w http.ResponseWriter, _ *http.Request, n uint64) error {
		held := make([][]byte, pieces) // until the answer is made
		for i := range held {
			held[i] = make([]byte, garbagePiece)
			for at := 0; at < garbagePiece; at += 512 {
				held[i][at] = byte(n) + byte(i)
			}
		}
		h.state += uint64(held[int(n%uint64(pieces))][512])
		return sendNumber(h, w, n)
	}), nil
}
