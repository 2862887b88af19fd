package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
)

// browser is a headless Chromium, spoken to over a pair of pipes: messages in
// JSON, each ended by a NUL byte (--remote-debugging-pipe).
type browser struct {
	t       *testing.T
	to      io.Writer
	from    *bufio.Reader
	session string
	id      int
	events  []message
}

type message struct {
	ID     int             `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
	Session string `json:"sessionId,omitempty"`
}

// openBrowser starts Chromium on a blank page, or skips the test where there
// is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here: apt-get install chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirsToo, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{theirs, theirsToo}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	theirsToo.Close()
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		b.session = ""
		if _, err := b.send("Browser.close", nil); err != nil {
			cancel()
		}
		_ = cmd.Wait()
		cancel()
		to.Close()
		from.Close()
	})
	var target struct {
		TargetID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// send writes a command and reads until its answer; what comes between are
// events.
func (b *browser) send(method string, params any) (json.RawMessage, error) {
	b.id++
	if params == nil {
		params = struct{}{}
	}
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	out, err := json.Marshal(message{ID: b.id, Method: method, Params: raw, Session: b.session})
	if err != nil {
		return nil, err
	}
	if _, err := b.to.Write(append(out, 0)); err != nil {
		return nil, err
	}
	for {
		m, err := b.read()
		switch {
		case err != nil:
			return nil, err
		case m.ID != b.id:
			b.events = append(b.events, m)
		case m.Error != nil:
			return nil, errors.New(m.Error.Message)
		default:
			return m.Result, nil
		}
	}
}

func (b *browser) read() (m message, err error) {
	line, err := b.from.ReadBytes(0)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &m)
}

func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	raw, err := b.send(method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(raw, result)
	}
	if err != nil {
		b.t.Fatalf("chromium: %s: %v", method, err)
	}
}

// open loads a page and waits for its load event.
func (b *browser) open(url string) {
	b.t.Helper()
	b.events = nil
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	for i := 0; ; i++ {
		for ; i < len(b.events); i++ {
			if b.events[i].Method == "Page.loadEventFired" {
				return
			}
		}
		m, err := b.read()
		if err != nil {
			b.t.Fatalf("chromium: wait for %s: %v", url, err)
		}
		b.events = append(b.events, m)
		i--
	}
}

// size sets the width of the window and the medium.
func (b *browser) size(width int, media, scheme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"media": media, "features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// eval runs a script that the page itself would refuse, and returns its value.
func (b *browser) eval(script string, value any) {
	b.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true}, &r)
	if r.Exception != nil {
		b.t.Fatalf("chromium: %s: %s %s", script, r.Exception.Text, r.Exception.Exception.Description)
	}
	if value != nil {
		if err := json.Unmarshal(r.Result.Value, value); err != nil {
			b.t.Fatalf("chromium: %s gave %s: %v", script, r.Result.Value, err)
		}
	}
}

// complaints returns the errors and warnings of the console, and the requests
// for anything but the page and what it holds.
func (b *browser) complaints(page string) (all []string) {
	for _, m := range b.events {
		var p struct {
			Type  string
			Entry struct{ Level, Text string }
			Args  []struct{ Value any }

			Request          struct{ URL string }
			ExceptionDetails struct{ Text string }
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			continue
		}
		switch m.Method {
		case "Runtime.exceptionThrown":
			all = append(all, "exception: "+p.ExceptionDetails.Text)
		case "Runtime.consoleAPICalled":
			all = append(all, fmt.Sprint("console: ", p.Type, p.Args))
		case "Log.entryAdded":
			all = append(all, p.Entry.Level+": "+p.Entry.Text)
		case "Network.requestWillBeSent":
			if u := p.Request.URL; u != page && len(u) > 5 && u[:5] != "data:" {
				all = append(all, "request: "+u)
			}
		}
	}
	return all
}
