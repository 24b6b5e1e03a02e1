package storage

import (
	"gongkai/workflow"
	"gongkai/workflow/search"
)

// SearchQuery asks for applications by what they say.
type SearchQuery struct {
	Find *search.Finder
	// Query narrows what is found. After is the id of the last row of the page before; of
	// the order and due dates nothing is asked.
	Query
}

// Found is a page of applications that were found, newest first.
type Found struct {
	Applications []*workflow.Application
	Next         int64 // After of the next page; 0: nothing follows
	Behind       int64 // applications that the index lacks or holds as they were; at most MaxBehind
}

// MaxBehind is how far what the index lacks is counted.
const MaxBehind = 10_000

// Unindexed is a part of an agency's applications that the search index lacks or holds as
// they were.
type Unindexed struct {
	Agency     string
	From, UpTo int64 // ids after the first, up to the second, will be in the index
	Documents  []Document
	More       bool // than this is lacking
}

// Document is what the search index takes of an application.
type Document struct {
	ID       int64
	Revision int64 // that was read
	Tokens   []search.Token
}

// IndexFault is an application that the search index should hold and does not, or not as
// it is.
type IndexFault struct {
	Agency string
	ID     int64
}
