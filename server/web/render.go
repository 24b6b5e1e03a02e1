package web

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"gongkai/server/web/chart"
)

//go:embed templates/*.html
var templateFiles embed.FS

// parse reads the templates once for each language: layout and parts are common, every
// other file is a page of its own that defines "content".
func parse([]route) (map[language]templates, error) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing the templates: %w", err)
	}
	out := map[language]templates{}
	for _, l := range []language{chinese, english} {
		common, err := template.New("").Funcs(functions(l)).ParseFS(templateFiles, "templates/layout.html", "templates/parts*.html")
		if err != nil {
			return nil, fmt.Errorf("reading the layout: %w", err)
		}
		out[l] = templates{}
		for _, file := range files {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || strings.HasPrefix(name, "parts") {
				continue
			}
			t, err := template.Must(common.Clone()).ParseFS(templateFiles, file)
			if err != nil {
				return nil, fmt.Errorf("reading a page: %w", err)
			}
			out[l][name] = t
		}
	}
	return out, nil
}

// functions are those of the templates of a language.
func functions(l language) template.FuncMap {
	return template.FuncMap{
		"t":  func(zh, en string) string { return text{zh, en}.in(l) },
		"tn": func(n any, zh, one, several string) (string, error) { return afterNumber(l, n, zh, one, several) },
		"said": func(message string) string {
			return named(l, message, func(field string) string { return labelElsewhere(l, field) })
		},
		"label":    func(value any) string { return labelOf(l, value) },
		"longDay":  func(day string) string { return longDay(l, day) },
		"weekday":  func(day string) string { return weekday(l, day) },
		"moment":   moment,
		"basis":    func(key string) string { return basisLabel(l, key) },
		"yuan":     yuanOf,
		"bytes":    bytesOf,
		"cite":     func(article string) string { return cited(l, article) },
		"festival": l.festival,
		"tongue":   l.tongue,
		"left":     func(n int32) string { return workdaysLeft(l, n) },
		"enum":     func(d *field, name string, but ...string) *field { return d.enum(l, name, strings.Join(but, " ")) },
		"dict":     dict,
		"path":     pathOf,
		"last":     lastOf,
		"style":    func() string { return staticAddress("style.css") },
		"script":   func() string { return staticAddress("script.js") },
		"icon":     func() string { return staticAddress("icon.svg") },
	}
}

// afterNumber picks the words that follow a number, which English says otherwise of one.
func afterNumber(l language, n any, zh, one, several string) (string, error) {
	switch n := n.(type) {
	case int:
		return text{zh, chart.Plural(n, one, several)}.in(l), nil
	case int32:
		return text{zh, chart.Plural(n, one, several)}.in(l), nil
	case int64:
		return text{zh, chart.Plural(n, one, several)}.in(l), nil
	}
	return "", fmt.Errorf("%v, a %[1]T, counts nothing", n)
}

// dict makes a map of names and values, for a template that takes more than one.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("a dict of %d values", len(pairs))
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// pathOf is the page of a thing: it lies where its resource name says.
func pathOf(name string) string {
	return (&url.URL{Path: "/" + name}).EscapedPath()
}
