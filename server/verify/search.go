package verify

import (
	"context"
	"fmt"

	"gongkai/storage"
)

// indexPage is how many applications one View looks up in the index, each by all that it
// can be found by.
const indexPage = 25

// index holds the search index against the applications that it says it knows. What it
// holds beyond them does no harm: a search looks at what it finds.
func (v *verifier) index(ctx context.Context) error {
	for after, more := int64(0), true; more; {
		err := v.view(ctx, func(in storage.Inspector) error {
			faults, last, err := in.IndexFaults(after, indexPage)
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
