package calendar

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxNotice is the longest text that is read as a notice, in bytes.
const maxNotice = 64 << 10

// ReadNotice reads a notice: the text as the State Council published it, or a table with
// the columns of the register (notice_year, festival, kind, first_date, last_date,
// known_from, known_to, separated by tabs). Title, year and day of issue are those that it
// names; KnownFrom is the day of issue, zero if none is named. What was read is checked.
//
// The error is a *NoticeError that says where, what, and what would be right.
func ReadNotice(text string) (Notice, error) {
	n, err := readNotice(text)
	if err != nil {
		return n, err
	}
	if n.Title == "" { // a table has none; the caller may know it
		n.Title = "国务院办公厅关于" + strconv.Itoa(n.Year) + "年部分节假日安排的通知"
	}
	return n, n.Check()
}

func readNotice(text string) (Notice, error) {
	if len(text) > maxNotice || !utf8.ValidString(text) {
		return Notice{}, wrong(0, "应为UTF-8文本，最多%[1]d字节", "give UTF-8 text of at most %[1]d bytes", maxNotice)
	}
	lines := strings.Split(narrow.Replace(text), "\n")
	for _, line := range lines {
		if strings.HasPrefix(line, "notice_year\t") {
			return readTable(lines)
		}
	}
	p := prose{}
	for i, line := range lines {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p.line = i + 1
		if err := p.read(line); err != nil {
			return p.notice, err
		}
	}
	if p.notice.Year == 0 {
		return p.notice, wrong(1, "没有写明年份，首行应如“国务院办公厅关于2027年部分节假日安排的通知”", "the year is missing; the first line should be like 国务院办公厅关于2027年部分节假日安排的通知")
	}
	return p.notice, nil
}

// narrow makes the digits and marks of full width plain, and drops what separates nothing.
var narrow = strings.NewReplacer("\r", "", "０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9",
	"(", "（", ")", "）", "　", "", "\u00a0", "", "\ufeff", "", " ", "", ":", "：", ",", "，", ";", "；")

// names are the festivals as notices write them.
const names = `元旦|春节|清明节|“五一”国际劳动节|劳动节|端午节|中秋节|国庆节|[^，。；：、]{0,40}纪念日`

var (
	titleYear  = regexp.MustCompile(`(\d{4})年.{0,30}(?:节假日|放假|假期|春节|劳动节|国庆节|纪念日)`)
	documentNo = regexp.MustCompile(`国办发(?:明电)?[〔\[［【（]\d{4}[〕\]］】）]第?\d+号`)
	signedDate = regexp.MustCompile(`^(?:国务院办公厅)?(\d{4}|[〇○零一二三四五六七八九]{4})年(\d{1,2}|[一二三四五六七八九十]{1,2})月(\d{1,2}|[一二三四五六七八九十]{1,3})日$`)
	heading    = regexp.MustCompile(`^(?:第?[一二三四五六七八九十]+、|（[一二三四五六七八九十]+）|\d+[.．、])?((?:` + names + `)(?:[、和及](?:` + names + `))*)：`)
	festivals  = regexp.MustCompile(names)
	datePart   = regexp.MustCompile(`^(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日`)
	countPart  = regexp.MustCompile(`^(?:共计?|放假|休息)(\d{1,2})天`)
	weekdayOf  = regexp.MustCompile(`(?:星期|周|礼拜)([日天一二三四五六])`)
)

// prose reads the text of a notice line by line.
type prose struct {
	notice   Notice
	line     int
	festival string // what the numbered line is about
	about    string // the one festival that the text before it named

	found []stretch // dates that no verb has claimed yet
	year  int       // of the last date of the sentence
	month int
	open  bool // the next date ends the last stretch
	rest  int  // days of rest of the last holiday; 0: none in this paragraph
}

// stretch is days as a sentence names them.
type stretch struct{ first, last Date }

func (p *prose) read(line string) error {
	if m := signedDate.FindStringSubmatch(line); m != nil {
		return p.sign(m)
	}
	p.title(line)
	if m := heading.FindStringSubmatch(line); m != nil {
		p.festival, line, p.rest = m[1], line[len(m[0]):], 0
	} else if named := festivals.FindAllString(line, -1); len(named) == 1 {
		p.about = named[0]
	}
	for sentence := range strings.SplitSeq(line, "。") {
		p.year, p.month, p.open, p.found = 0, 0, false, nil
		if err := p.sentence(sentence); err != nil {
			return err
		}
		if len(p.found) > 0 && p.festival != "" {
			return wrong(p.line, "%[1]s之后应写明“放假”或者“上班”", "after %[1]s there should be 放假 (rest) or 上班 (work)", p.found[0].first)
		}
	}
	return nil
}

// title takes year, number and title from the lines before the first festival.
func (p *prose) title(line string) {
	if no := documentNo.FindString(line); no != "" && p.festival == "" {
		p.notice.Title = brackets.Replace(no)
	}
	m := titleYear.FindStringSubmatch(line)
	if m == nil || p.notice.Year != 0 {
		return
	}
	p.notice.Year, _ = strconv.Atoi(m[1]) // four digits
	if p.notice.Title == "" && strings.HasSuffix(line, "通知") {
		p.notice.Title = line
	}
}

var brackets = strings.NewReplacer("[", "〔", "［", "〔", "【", "〔", "（", "〔", "]", "〕", "］", "〕", "】", "〕", "）", "〕")

// sign takes the day of issue from the line under the text.
func (p *prose) sign(m []string) error {
	d, err := Parse(pad(chineseNumber(m[1]), 4) + "-" + pad(chineseNumber(m[2]), 2) + "-" + pad(chineseNumber(m[3]), 2))
	if err != nil {
		return wrong(p.line, "落款日期不存在，应为该月实有的一日", "the date under the notice does not exist; name a day that the month has")
	}
	p.notice.KnownFrom = d
	return nil
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// chineseNumber reads digits, 二〇二六 digit by digit, and 二十八 by tens.
func chineseNumber(s string) int {
	n, tens := 0, strings.Contains(s, "十")
	for _, r := range s {
		d := strings.IndexRune("0123456789", r)
		if d < 0 {
			d = strings.IndexRune("零一二三四五六七八九", r) / len("零")
		}
		switch {
		case r == '十' && n == 0:
			n = 10
		case r == '十':
			n *= 10
		case r == '〇' || r == '○':
			n *= 10
		case tens:
			n += d
		default:
			n = n*10 + d
		}
	}
	return n
}

// sentence walks over dates, what joins them, and the verbs that say what they are.
func (p *prose) sentence(s string) error {
	for s != "" {
		if m := datePart.FindStringSubmatch(s); m != nil {
			n, err := p.date(m, s[len(m[0]):])
			if err != nil {
				return err
			}
			s = s[len(m[0])+n:]
			continue
		}
		if m := countPart.FindStringSubmatch(s); m != nil {
			if strings.HasPrefix(s, "放假") || strings.HasPrefix(s, "休息") {
				if err := p.claim(&p.notice.Rest, true); err != nil {
					return err
				}
			}
			if err := p.counted(m[1]); err != nil {
				return err
			}
			s = s[len(m[0]):]
			continue
		}
		n, err := p.word(s)
		if err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}

// word reads one word that is no date and returns its length.
func (p *prose) word(s string) (int, error) {
	for _, joint := range []string{"至", "到", "—", "-", "－", "~", "～"} {
		if strings.HasPrefix(s, joint) {
			p.open = p.open || len(p.found) > 0 && p.found[len(p.found)-1].last.IsZero()
			return len(joint), nil
		}
	}
	switch {
	case strings.HasPrefix(s, "放假") || strings.HasPrefix(s, "休息") || strings.HasPrefix(s, "补休"):
		return len("放假"), p.claim(&p.notice.Rest, true)
	case strings.HasPrefix(s, "起"): // 起正常上班 names no make-up day
		p.found = nil
	case strings.HasPrefix(s, "上班"):
		return len("上班"), p.claim(&p.notice.Work, false)
	case strings.HasPrefix(s, "延长"):
		return 0, wrong(p.line, "“延长”应改写为完整的起止日期，如“1月24日至2月2日放假”，并写明仍需上班的日期", "write a prolonged holiday with its first and last day, such as 1月24日至2月2日放假, and the days still worked")
	}
	_, size := utf8.DecodeRuneInString(s)
	return size, nil
}

// date adds a date; after is what follows it, of which the words in parentheses, whose
// length it returns, may name the weekday.
func (p *prose) date(m []string, after string) (int, error) {
	if p.notice.Year == 0 && m[1] == "" {
		return 0, wrong(1, "没有写明年份，首行应如“国务院办公厅关于2027年部分节假日安排的通知”", "the year is missing; the first line should be like 国务院办公厅关于2027年部分节假日安排的通知")
	}
	d, err := p.dayOf(m)
	if err != nil {
		return 0, err
	}
	n := 0
	if strings.HasPrefix(after, "（") {
		if end := strings.Index(after, "）"); end > 0 {
			n = end + len("）")
		}
	}
	if w := weekdayOf.FindStringSubmatch(after[:n]); w != nil {
		if want := string([]rune("日一二三四五六")[d.Weekday()]); w[1] != want && (w[1] != "天" || want != "日") {
			return 0, wrong(p.line, "%[1]s是%[2]s，通知写作“%[3]s”；请核对日期和年份", "%[1]s is a %[4]s, the notice says %[3]q; check date and year", d, weekdayZH(d), w[0], d.Weekday())
		}
	}
	if p.open {
		p.found[len(p.found)-1].last, p.open = d, false
	} else {
		p.found = append(p.found, stretch{first: d})
	}
	return n, nil
}

// dayOf completes a date: month and year are those of the date before it in the sentence,
// or the year is that of the notice; the December of 元旦 lies in the year before.
func (p *prose) dayOf(m []string) (Date, error) {
	day, _ := strconv.Atoi(m[3]) // digits
	month := p.month
	if m[2] != "" {
		month, _ = strconv.Atoi(m[2])
	}
	year := p.notice.Year
	switch {
	case m[1] != "":
		year, _ = strconv.Atoi(m[1])
	case m[2] == "" && p.year != 0:
		year = p.year
	case month == 12 && strings.Contains(p.festival, newYear.zh):
		year--
	}
	p.year, p.month = year, month
	d, err := Parse(pad(year, 4) + "-" + pad(month, 2) + "-" + pad(day, 2))
	if err != nil {
		return 0, wrong(p.line, "日期“%[1]s”不存在，应为该月实有的一日", "%[1]q is no day; name one that the month has", m[0])
	}
	return d, nil
}

// claim gives the dates read so far to a verb.
func (p *prose) claim(list *[]Range, rests bool) error {
	if len(p.found) == 0 {
		return nil
	}
	name := p.festival
	if name == "" {
		name = p.about
	}
	if name == "" {
		return wrong(p.line, "%[1]s没有写明节日，应如“劳动节：5月1日至5日放假”", "no festival is named for %[1]s; write it like 劳动节：5月1日至5日放假", p.found[0].first)
	}
	if rests {
		p.rest = 0
	}
	for _, s := range p.found {
		if s.last.IsZero() {
			s.last = s.first
		}
		if rests {
			p.rest += int(s.last-s.first) + 1
		}
		r := Range{First: s.first, Last: s.last, FestivalZH: name, FestivalEN: englishName(name), line: p.line}
		if rests {
			*list = append(*list, r)
		} else {
			*list = joined(*list, r)
		}
	}
	p.found, p.open = nil, false
	return nil
}

// counted holds 共N天 against the days named.
func (p *prose) counted(text string) error {
	if n, _ := strconv.Atoi(text); p.rest != 0 && n != p.rest {
		return wrong(p.line, "所列放假日期共%[1]d天，通知写作%[2]d天；请核对起止日期", "the days of rest are %[1]d, the notice says %[2]d; check first and last day", p.rest, n)
	}
	return nil
}

// englishName translates the name of a festival, or of several.
func englishName(zh string) string {
	for _, f := range []festival{newYear, spring, qingming, mayDay, labour, dragonBoat, midAutumn, national, nationalAndMidAutumn, midAutumnAndNational, victory} {
		if f.zh == zh {
			return f.en
		}
	}
	if first, rest, ok := strings.Cut(zh, "、"); ok {
		return englishName(first) + " and " + englishName(rest)
	}
	return "holiday"
}
