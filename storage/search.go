package storage

import (
	"hash/maphash"
	"strings"

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

// IndexSums are sums of the tokens that an index holds of each document, 8 bytes each. The
// order in which tokens are added does not matter. The zero value is empty.
type IndexSums struct {
	// UpTo says, by the engine's key of an agency, which ids the index reached then. What
	// comes after is none of the sums' affair.
	UpTo map[int64]int64

	seed  maphash.Seed
	pages map[int64]*[4096]uint64 // ids are dense, and a damaged one may be any number
}

// Add adds tokens of a document, apart by blanks.
func (s *IndexSums) Add(id int64, tokens string) {
	if s.pages == nil {
		s.seed, s.pages = maphash.MakeSeed(), map[int64]*[4096]uint64{}
	}
	page := s.pages[id>>12]
	if page == nil {
		page = new([4096]uint64)
		s.pages[id>>12] = page
	}
	page[id&4095] += s.sum(tokens)
}

// Agree reports whether a document's tokens are those that were added.
func (s *IndexSums) Agree(id int64, tokens string) bool {
	page := s.pages[id>>12]
	return page != nil && page[id&4095] == s.sum(tokens)
}

func (s *IndexSums) sum(tokens string) (sum uint64) {
	for t := range strings.SplitSeq(tokens, " ") {
		sum += maphash.String(s.seed, t)
	}
	return sum
}
