//go:build !canary_attachment

package server

// ordered does what a row rests on, and then the row.
func ordered(content, row func() error) error {
	if err := content(); err != nil {
		return err
	}
	return row()
}
