package calendar

// annual is a statutory holiday with a fixed date, written 0101.
type annual struct {
	festival    festival
	first, last int
}

// annuals are the holidays of 《全国年节及纪念日放假办法》 Art 2 (2024) with fixed dates.
var annuals = []annual{
	{newYear, 101, 101},
	{labour, 501, 502},
	{national, 1001, 1003},
}

// lunarYear holds the days that the lunar calendar and the sun fix in one year.
type lunarYear struct {
	newYearsEve int // 农历除夕; one rests to 正月初三, four days in all
	qingming    int // 清明
	dragonBoat  int // 五月初五
	midAutumn   int // 八月十五
}

// lunarYears are the years 2027 to 2040; after them only the fixed dates are known.
var lunarYears = []lunarYear{
	{20270205, 20270405, 20270609, 20270915},
	{20280125, 20280404, 20280528, 20281003},
	{20290212, 20290404, 20290616, 20290922},
	{20300202, 20300405, 20300605, 20300912},
	{20310122, 20310405, 20310624, 20311001},
	{20320210, 20320404, 20320612, 20320919},
	{20330130, 20330404, 20330601, 20330908},
	{20340218, 20340405, 20340620, 20340927},
	{20350207, 20350405, 20350610, 20350916},
	{20360127, 20360404, 20360530, 20361004},
	{20370214, 20370404, 20370618, 20370924},
	{20380203, 20380405, 20380607, 20380913},
	{20390123, 20390405, 20390527, 20391002},
	{20400211, 20400404, 20400614, 20400920},
}

// springDays is the length of 春节 from 除夕 to 初三.
const springDays = 4

// statutory lists the statutory days of every year outside the noticed ones. What a
// notice would add (days off for those that fall on a weekend, make-up workdays) is not
// guessed, nor do the years before the notices follow older versions of the statute: all
// these years are provisional.
func statutory(firstNoticed, lastNoticed int) []span {
	var out []span
	for year := MinYear; year <= MaxYear; year++ {
		if firstNoticed <= year && year <= lastNoticed {
			continue
		}
		for _, a := range annuals {
			out = append(out, rest(a.festival, day(year*10_000+a.first), day(year*10_000+a.last)))
		}
	}
	for _, l := range lunarYears {
		if l.newYearsEve/10_000 <= lastNoticed {
			continue
		}
		eve := day(l.newYearsEve)
		out = append(out, rest(spring, eve, eve+springDays-1),
			rest(qingming, day(l.qingming), day(l.qingming)),
			rest(dragonBoat, day(l.dragonBoat), day(l.dragonBoat)))
		out = withMidAutumn(out, day(l.midAutumn))
	}
	return out
}

// withMidAutumn adds 中秋节; where it falls within another holiday, that one bears
// both names.
func withMidAutumn(spans []span, d Date) []span {
	for i, s := range spans {
		if s.first <= d && d <= s.last {
			spans[i].festival = nationalAndMidAutumn
			return spans
		}
	}
	return append(spans, rest(midAutumn, d, d))
}

func rest(f festival, first, last Date) span {
	return span{first: first, last: last, kind: Statutory, festival: f}
}
