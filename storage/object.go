package storage

import "strconv"

// ApplicationObject names an application in the history of its agency.
func ApplicationObject(id int64) string { return "application/" + strconv.FormatInt(id, 10) }

// RemedyObject names a remedy in the history of its agency.
func RemedyObject(id int64) string { return "remedy/" + strconv.FormatInt(id, 10) }

// FigureObject names an entered figure in the history of its agency.
func FigureObject(year int, code string) string { return "figure/" + strconv.Itoa(year) + "/" + code }

// AgencyObject names an agency in its own history.
func AgencyObject(id string) string { return "agency/" + id }

// PrincipalObject names a principal in the history of its agency.
func PrincipalObject(id string) string { return "principal/" + id }
