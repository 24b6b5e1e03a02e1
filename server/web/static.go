package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"
)

//go:embed static/*
var staticFiles embed.FS

// staticPath is where style and script lie, each below the hash of what it holds: a
// browser keeps a version for ever and asks for the next under another address.
const staticPath = "/static/"

var staticTypes = map[string]string{
	"style.css": "text/css; charset=utf-8",
	"script.js": "text/javascript; charset=utf-8",
	"icon.svg":  "image/svg+xml",
}

// staticFile is a file as it is served, with the version that its address names.
type staticFile struct {
	raw     []byte
	version string
}

var static = load()

func load() map[string]staticFile {
	out := map[string]staticFile{}
	for name := range staticTypes {
		raw, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		if strings.HasSuffix(name, ".css") {
			raw = compact(raw)
		}
		sum := sha256.Sum256(raw)
		out[name] = staticFile{raw, hex.EncodeToString(sum[:8])}
	}
	return out
}

// compact takes out of a stylesheet what only its readers need.
func compact(css []byte) []byte {
	css = regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAll(css, nil)
	css = regexp.MustCompile(`\s+`).ReplaceAll(css, []byte(" "))
	css = bytes.ReplaceAll(css, []byte(": "), []byte(":"))
	return regexp.MustCompile(` ?([{};,]) ?`).ReplaceAll(css, []byte("$1"))
}

// serveStatic serves style, script and icon; there is nothing of anybody in them.
func serveStatic(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	file, ok := static[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", staticTypes[name])
	if r.PathValue("version") == file.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.raw))
}

// staticAddress is where the present version of a file lies.
func staticAddress(name string) string { return staticPath + static[name].version + "/" + name }
