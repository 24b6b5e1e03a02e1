package workflow

// feeTier is one step of a tariff: the price of each request or page from First to Last.
type feeTier struct {
	tariff      Tariff
	first, last int   // last 0: without end
	price       int64 // fen
	every       int   // 0: the price stays; else it rises with each group of so many
	rise        int64 // fen
	article     string
}

// feeTiers are 国办函〔2020〕109号 Arts 4 and 5: of each tariff the first part is free, the
// rest progressive, so that a price holds for its own step only.
var feeTiers = []feeTier{
	{tariff: PerRequest, first: 1, last: 10, price: 0, article: "109号 Art 4"},
	{tariff: PerRequest, first: 11, last: 30, price: 100_00, article: "109号 Art 4"},
	{tariff: PerRequest, first: 31, price: 200_00, every: 10, rise: 100_00, article: "109号 Art 4"},
	{tariff: PerPage, first: 1, last: 30, price: 0, article: "109号 Art 5"},
	{tariff: PerPage, first: 31, last: 100, price: 10_00, article: "109号 Art 5"},
	{tariff: PerPage, first: 101, last: 200, price: 20_00, article: "109号 Art 5"},
	{tariff: PerPage, first: 201, price: 40_00, article: "109号 Art 5"},
}

// FeeLine is one line of the calculation that a fee notice shows.
type FeeLine struct {
	First, Last int   // requests of the month, or pages, from 1
	Price       int64 // fen each
	Amount      int64 // fen
	Article     string
}

// Fee returns the processing fee in fen for n requests of one applicant received in one
// calendar month, or for n pages supplied on one application, with its calculation. The
// tariffs are never added up.
func (t Tariff) Fee(n int) (total int64, lines []FeeLine) {
	for _, tier := range feeTiers {
		if tier.tariff != t {
			continue
		}
		price, first := tier.price, tier.first
		for first <= n && (tier.last == 0 || first <= tier.last) {
			last := n
			if tier.last != 0 {
				last = min(last, tier.last)
			}
			if tier.every > 0 {
				last = min(last, first+tier.every-1)
			}
			amount := int64(last-first+1) * price
			lines = append(lines, FeeLine{First: first, Last: last, Price: price, Amount: amount, Article: tier.article})
			total, first, price = total+amount, last+1, price+tier.rise
		}
	}
	return total, lines
}

// Price returns what the k-th request of the month, or the k-th page, costs in fen.
func (t Tariff) Price(k int) int64 {
	_, lines := t.Fee(k)
	if len(lines) == 0 {
		return 0
	}
	return lines[len(lines)-1].Price
}
