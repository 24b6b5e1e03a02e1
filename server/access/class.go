package access

// Class orders methods by what gives way to what when more is asked than can be done. The
// statutory periods run on while the service is overloaded: what registers and answers
// applications goes first, what can be asked again tomorrow goes last.
type Class int

// The classes, the first goes before all others.
const (
	// Reply registers an application or moves it on.
	Reply Class = iota
	// Work is the rest of an officer's day: single cases, queues, people, settings.
	Work
	// Search walks through lists.
	Search
	// Report counts and lays out whole years.
	Report
	// Bulk carries ledgers and files in and out. It lasts for minutes, and so has places of
	// its own.
	Bulk
)

// Classes returns every class, the first first.
func Classes() []Class { return []Class{Reply, Work, Search, Report, Bulk} }

// String names a class in logs and metrics.
func (c Class) String() string {
	return [...]string{"reply", "work", "search", "report", "bulk"}[c]
}
