package sqlstore

import (
	"bytes"
	"database/sql/driver"
	"fmt"
	"time"

	"gongkai/workflow"
)

// row is a row as the driver hands it over. Its accessors take NULL for the zero value;
// a value of another type than the schema's is a programming error.
type row []driver.Value

func (r row) integer(i int) int64 {
	n, _ := r[i].(int64)
	return n
}

func (r row) text(i int) string {
	switch v := r[i].(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

func (r row) bytes(i int) []byte {
	switch v := r[i].(type) {
	case []byte:
		return bytes.Clone(v)
	case string:
		if v != "" {
			return []byte(v)
		}
	}
	return nil
}

// boolean takes integers too: that is how SQLite keeps it.
func (r row) boolean(i int) bool {
	switch v := r[i].(type) {
	case bool:
		return v
	case int64:
		return v != 0
	}
	return false
}

func (r row) instant(i int) time.Time {
	if r[i] == nil {
		return time.Time{}
	}
	return time.UnixMicro(r.integer(i)).UTC()
}

func (r row) date(i int) (workflow.Date, error) {
	var d workflow.Date
	if err := d.UnmarshalText([]byte(r.text(i))); err != nil {
		return 0, fmt.Errorf("stored date: %w", err)
	}
	return d, nil
}

// dateValue is the stored form of a day: ISO text, NULL for none.
func dateValue(d workflow.Date) driver.Value {
	if d.IsZero() {
		return nil
	}
	return d.String()
}

// instantValue is the stored form of an instant that may be missing.
func instantValue(t time.Time) driver.Value {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// textValue is the stored form of a text for which none is NULL.
func textValue(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

// integerValue is the stored form of an integer for which 0 is NULL.
func integerValue(n int64) driver.Value {
	if n == 0 {
		return nil
	}
	return n
}

// bytesValue is the stored form of bytes for which nil is NULL.
func bytesValue(b []byte) driver.Value {
	if b == nil {
		return nil
	}
	return b
}
