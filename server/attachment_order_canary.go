//go:build canary_attachment

package server

// ordered of this deliberately broken build writes the row before its content is on the
// disk. The test that kills the service must notice.
func ordered(content, row func() error) error {
	if err := row(); err != nil {
		return err
	}
	return content()
}
