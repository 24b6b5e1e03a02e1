package verify

import (
	"context"
	"fmt"

	"gongkai/storage"
)

// indexPage is how many applications one View holds against the index.
const indexPage = 1000

// index holds the search index against the applications that it says it knows. What it
// holds beyond them does no harm: a search looks at what it finds.
func (v *verifier) index(ctx context.Context) error {
	var sums storage.IndexSums
	err := v.view(ctx, func(in storage.Inspector) (err error) {
		sums, err = in.IndexSums()
		return err
	})
	if err != nil {
		return err
	}
	for after, more := int64(0), true; more; {
		err := v.view(ctx, func(in storage.Inspector) error {
			faults, last, err := in.IndexFaults(sums, after, indexPage)
			for _, f := range faults {
				object := storage.ApplicationObject(f.ID)
				if !v.told[f.Agency+" "+object] { // or the row is at fault, and not the index
					v.find(Finding{Agency: f.Agency, Object: object, Check: Index})
				}
			}
			if err == nil && last != 0 && last <= after {
				err = fmt.Errorf("application %d follows %d: the file is damaged", last, after)
			}
			after, more = last, last != 0
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
