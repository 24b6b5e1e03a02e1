package workflow

// letterRows are what the letters of an agency say of itself.
var letterRows = []SettingRow{
	{Key: "letter.contact", LabelZH: "文书写明的联系方式（联系人、电话、地址、邮编）", LabelEN: "contact in letters: person, telephone, address, postcode", Source: sourceOpen2019 + "Art 12"},
	{Key: "letter.online_review", LabelZH: "文书写明的网上申请行政复议的途径", LabelEN: "where letters say that reconsideration is applied for online", Source: "行政复议法 2023 Art 22(2)"},
}
