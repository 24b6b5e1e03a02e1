package report

// Table 二 (Art 20): what an agency made public by itself. No case tells these figures.

const (
	proactiveZH = "二、主动公开政府信息情况"
	proactiveEN = "2. Proactive disclosure"
)

var proactive2021 = []Table{
	{
		ChapterZH: proactiveZH, ChapterEN: proactiveEN,
		TitleZH: "第二十条第（一）项", TitleEN: "Art 20(1)", Member: "t2",
		Columns: []Column{
			{Key: "made", LabelZH: "本年制发件数", LabelEN: "made this year"},
			{Key: "repealed", LabelZH: "本年废止件数", LabelEN: "repealed this year"},
			{Key: "inForce", LabelZH: "现行有效件数", LabelEN: "in force"},
		},
		Rows: []Row{
			opened("t2.1.rules", "规章", "rules", "Art 20(1)"),
			opened("t2.1.documents", "行政规范性文件", "normative documents", "Art 20(1)"),
		},
	},
	{
		TitleZH: "第二十条第（五）项", TitleEN: "Art 20(5)", Member: "t2", Columns: decisionColumn,
		Rows: []Row{opened("t2.5.licences", "行政许可", "licences", "Art 20(5)")},
	},
	{
		TitleZH: "第二十条第（六）项", TitleEN: "Art 20(6)", Member: "t2", Columns: decisionColumn,
		Rows: []Row{
			opened("t2.6.penalties", "行政处罚", "penalties", "Art 20(6)"),
			opened("t2.6.coercion", "行政强制", "coercive measures", "Art 20(6)"),
		},
	},
	{
		TitleZH: "第二十条第（八）项", TitleEN: "Art 20(8)", Member: "t2",
		Columns: []Column{{LabelZH: "本年收费金额（单位：万元）", LabelEN: "charged this year (10,000 yuan)", Money: true}},
		Rows: []Row{{
			Key: "t2.8.fees", LabelZH: "行政事业性收费", LabelEN: "administrative charges", UnitZH: "万元", UnitEN: "10,000 yuan",
			Source: "Art 20(8)", Level: 2, Entered: true,
		}},
	},
}

var decisionColumn = []Column{{LabelZH: "本年处理决定数量", LabelEN: "decisions this year"}}

var proactive2019 = []Table{
	{
		ChapterZH: proactiveZH, ChapterEN: proactiveEN,
		TitleZH: "第二十条第（一）项", TitleEN: "Art 20(1)", Member: "t2",
		Columns: []Column{
			{Key: "made", LabelZH: "本年新制作数量", LabelEN: "newly made this year"},
			{Key: "disclosed", LabelZH: "本年新公开数量", LabelEN: "newly disclosed this year"},
			{Key: "total", LabelZH: "对外公开总数量", LabelEN: "disclosed in all"},
		},
		Rows: []Row{
			opened("t2.1.rules", "规章", "rules", "Art 20(1)"),
			opened("t2.1.documents", "规范性文件", "normative documents", "Art 20(1)"),
		},
	},
	{
		TitleZH: "第二十条第（五）项", TitleEN: "Art 20(5)", Member: "t2", Columns: itemColumns,
		Rows: []Row{
			opened("t2.5.licences", "行政许可", "licences", "Art 20(5)"),
			opened("t2.5.others", "其他对外管理服务事项", "other services to the public", "Art 20(5)"),
		},
	},
	{
		TitleZH: "第二十条第（六）项", TitleEN: "Art 20(6)", Member: "t2", Columns: itemColumns,
		Rows: []Row{
			opened("t2.6.penalties", "行政处罚", "penalties", "Art 20(6)"),
			opened("t2.6.coercion", "行政强制", "coercive measures", "Art 20(6)"),
		},
	},
	{
		TitleZH: "第二十条第（八）项", TitleEN: "Art 20(8)", Member: "t2", Columns: itemColumns[:2],
		Rows: []Row{opened("t2.8.fees", "行政事业性收费", "administrative charges", "Art 20(8)")},
	},
	{
		TitleZH: "第二十条第（九）项", TitleEN: "Art 20(9)", Member: "t2",
		Columns: []Column{
			{Key: "items", LabelZH: "采购项目数量", LabelEN: "purchases"},
			{Key: "amount", LabelZH: "采购总金额", LabelEN: "total amount", Money: true},
		},
		Rows: []Row{opened("t2.9.procurement", "政府集中采购", "central government procurement", "Art 20(9)")},
	},
}

var itemColumns = []Column{
	{Key: "before", LabelZH: "上一年项目数量", LabelEN: "items the year before"},
	{Key: "change", LabelZH: "本年增/减", LabelEN: "more or fewer this year", Signed: true},
	{Key: "decisions", LabelZH: "处理决定数量", LabelEN: "decisions"},
}

// opened is a row of table 二; the form prints no units beside it.
func opened(key, zh, en, source string) Row {
	return Row{Key: key, LabelZH: zh, LabelEN: en, Source: source, Level: 2, Entered: true}
}
