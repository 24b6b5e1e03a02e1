package workflow_test

import (
	"testing"

	"gongkai/workflow"
)

func TestCiteZH(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"one", "Art 33", "第33条"},
		{"several", "Arts 32, 34", "第32条、第34条"},
		{"items", "Art 31(2), 31(3)", "第31条(2)、第31条(3)"},
		{"a range", "Art 42; 109号 Arts 2–6", "第42条；109号第2–6条"},
		{"a law of a year", "行政复议法 2023 Art 23(1)(4)", "行政复议法（2023年）第23条(1)(4)"},
		{"a former law", "《条例》2008 Art 21(4)", "《条例》（2008年）第21条(4)"},
		{"a former law after another", "Art 33; 《条例》2008 Art 24", "第33条；《条例》（2008年）第24条"},
		{"two laws", "行政复议法 Arts 64, 66; 行政诉讼法 Arts 70, 72", "行政复议法第64条、第66条；行政诉讼法第70条、第72条"},
		{"beside a document", "Art 20; 207号", "第20条；207号"},
		{"none", "235号", "235号"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := workflow.CiteZH(tt.text); got != tt.want {
				t.Errorf("%s is cited as %s, want %s", tt.text, got, tt.want)
			}
		})
	}
}
