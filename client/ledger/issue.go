package ledger

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Issue is one reason why a row cannot be taken. The words follow the ledger format:
// row, column, what was wrong and what would be right.
type Issue struct {
	// Row is the spreadsheet row; the header is 1.
	Row int
	// Column is the heading as the file has it, or the letters of the column where it
	// has none; empty when the whole row is meant.
	Column string
	// Key is the key of the column, empty where there is none.
	Key string
	// Value is the text of the cell, shortened and always valid UTF-8.
	Value string
	// Reason is one of the Reason constants.
	Reason string
	// ZH and EN say what is wrong and what would be right.
	ZH, EN string
}

// Reasons of an Issue, named as the service names its own so that both can be shown in
// one list.
const (
	ReasonInvalid   = "FIELD_INVALID"
	ReasonMalformed = "MESSAGE_MALFORMED"
	ReasonTooLarge  = "MESSAGE_TOO_LARGE"
)

// flaw is what is wrong with a cell or a row.
type flaw uint8

const (
	flawNone flaw = iota
	flawEncoding
	flawNUL
	flawCellLong
	flawRowLong
	flawTooWide
	flawSurplus
	flawDate
	flawDigits
	flawZero
	flawDateCell
	flawFormula
	flawNoValue
	flawNumber
)

// flaws are the messages, by flaw.
var flaws = [...]struct{ reason, zh, en string }{
	flawNone:     {},
	flawEncoding: {ReasonMalformed, "含有无法识别的字符。请将文件另存为UTF-8或GB18030编码，并重新填写该单元格。", "has broken characters; save the file as UTF-8 or GB18030 and enter the cell again"},
	flawNUL:      {ReasonMalformed, "含有空字符（NUL）。请删除后重新填写。", "holds a NUL character; enter the cell again without it"},
	flawCellLong: {ReasonTooLarge, "单元格内容超过1 MiB。请缩短内容。", "is longer than 1 MiB; shorten it"},
	flawRowLong:  {ReasonTooLarge, "整行内容超过4 MiB。请缩短内容；如有未闭合的双引号请补上。", "the row is longer than 4 MiB; shorten it, or close a quote left open"},
	flawTooWide:  {ReasonTooLarge, "该行超过1000列。请删除多余的列。", "the row has more than 1,000 columns; remove what is beyond"},
	flawSurplus:  {ReasonInvalid, "该列没有列名，内容无法归入任何一项。如内容中含有分隔符，请用双引号括起；否则请删除。", "stands in a column without a heading; quote a cell that holds the delimiter, or remove it"},
	flawDate:     {ReasonInvalid, "不是有效日期。请写成2026-03-02、2026/3/2、2026年3月2日或20260302。", "is not a day of the calendar; write it as 2026-03-02, 2026/3/2, 2026年3月2日 or 20260302"},
	flawDigits:   {ReasonInvalid, "号码被当作数值保存，已丢失部分数字。请将该列设为文本格式后重新填写完整号码。", "was saved as a quantity and has lost digits; format the column as text and enter the whole number again"},
	flawZero:     {ReasonInvalid, "号码被当作数值保存，开头的0已丢失。请将该列设为文本格式后重新填写完整号码。", "was saved as a quantity and has lost its leading zero; format the column as text and enter the whole number again"},
	flawDateCell: {ReasonInvalid, "号码被当作日期保存。请将该列设为文本格式后重新填写完整号码。", "is a number that was saved as a date; format the column as text and enter it again"},
	flawFormula:  {ReasonInvalid, "公式计算结果为错误值。请改为实际内容。", "is a formula with an error as its result; enter the content itself"},
	flawNoValue:  {ReasonInvalid, "公式没有保存计算结果。请用表格软件打开并保存后再试，或改为实际内容。", "is a formula without a stored result; open and save the file in a spreadsheet, or enter the content itself"},
	flawNumber:   {ReasonMalformed, "数值单元格的内容不是数字。请重新填写。", "is a number cell that holds no number; enter it again"},
}

// issue makes the message of a flaw. column is empty for the whole row.
func (f flaw) issue(row int, column, key, value string) Issue {
	m := flaws[f]
	value = shorten(value)
	issue := Issue{Row: row, Column: column, Key: key, Value: value, Reason: m.reason}
	if column == "" {
		issue.ZH = fmt.Sprintf("第%d行：%s", row, m.zh)
		issue.EN = fmt.Sprintf("row %d: %s", row, m.en)
		return issue
	}
	issue.ZH = fmt.Sprintf("第%d行“%s”：“%s”%s", row, column, value, m.zh)
	issue.EN = fmt.Sprintf("row %d, column %q: %q %s", row, column, value, m.en)
	return issue
}

// maxValue is how many bytes of a cell a message repeats.
const maxValue = 120

// shorten makes a text fit for a message.
func shorten(text string) string {
	if len(text) > maxValue {
		end := maxValue
		for end > maxValue-utf8.UTFMax && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end] + "…"
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\ufffd"), "\ufffd")
}

// Errors that concern a whole file and carry nothing of it.
var (
	errUTF16 = &FileError{
		Err: ErrEncoding,
		ZH:  "文件是UTF-16编码（“Unicode文本”）。请另存为“CSV UTF-8”或xlsx。",
		EN:  "the file is UTF-16 (\"Unicode text\"); save it as CSV UTF-8 or xlsx",
	}
	errXLS = &FileError{
		Err: ErrFormat,
		ZH:  "文件是旧版Excel（.xls）或加密的工作簿。请去掉密码并另存为xlsx或CSV。",
		EN:  "the file is an old Excel workbook (.xls) or encrypted; remove the password and save it as xlsx or CSV",
	}
	errHTML = &FileError{
		Err: ErrFormat,
		ZH:  "文件是网页（HTML或XML），不是台账。请用表格软件打开后另存为xlsx或CSV。",
		EN:  "the file is a web page (HTML or XML), not a ledger; open it in a spreadsheet and save it as xlsx or CSV",
	}
	errHeaderSize = &FileError{
		Row: 1, Err: ErrHeader,
		ZH: "第1行过长（超过64 KiB或1000列），不是列名。如有未闭合的双引号请补上。",
		EN: "row 1 is too long for headings (over 64 KiB or 1,000 columns); close a quote left open",
	}
	errEmpty = &FileError{
		Row: 1, Err: ErrHeader,
		ZH: "文件是空的；第1行应为列名。",
		EN: "the file is empty; row 1 must name the columns",
	}
	errStream = &FileError{
		Err: ErrFormat,
		ZH:  "xlsx不能从管道读取。请给出文件名，或改用CSV。",
		EN:  "xlsx cannot be read from a pipe; name the file, or use CSV",
	}
)
