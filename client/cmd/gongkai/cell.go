package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// cellEntries is what is behind a cell as scripts read it.
type cellEntries struct {
	Value        json.RawMessage `json:"value"`
	Entered      bool            `json:"entered"`
	Applications []string        `json:"applications"`
	Remedies     []cellRemedy    `json:"remedies"`
	Units        []*cellUnit     `json:"units,omitempty"` // of a roll-up: the same, agency by agency
}

// cellUnit is what one agency has in a cell of a roll-up. A figure is of a unit without
// cases: it was entered, or taken in with a report.
type cellUnit struct {
	Agency       string          `json:"agency"`
	Figure       json.RawMessage `json:"figure,omitempty"`
	Applications []string        `json:"applications"`
	Remedies     []cellRemedy    `json:"remedies"`
}

type cellRemedy struct {
	Kind          string `json:"kind"`
	ApplicationNo string `json:"application_no"`
	FileDate      string `json:"file_date"`
}

// add sorts entries into applications and remedies.
func (c *cellEntries) add(entries []*pb.CellEntry) error {
	for _, e := range entries {
		unit := &cellUnit{}
		if e.GetAgency() != "" {
			unit = c.unit(strings.TrimPrefix(e.GetAgency(), "agencies/"))
		}
		switch {
		case e.GetFigure() != "":
			var err error
			if unit.Figure, err = figure(e.GetFigure()); err != nil {
				return err
			}
		case e.GetRemedyKind() == "":
			c.Applications = append(c.Applications, e.GetApplicationNo())
			unit.Applications = append(unit.Applications, e.GetApplicationNo())
		default:
			r := cellRemedy{e.GetRemedyKind(), e.GetApplicationNo(), e.GetFileDate()}
			c.Remedies, unit.Remedies = append(c.Remedies, r), append(unit.Remedies, r)
		}
	}
	return nil
}

// unit is the place of an agency, whose entries come one after another.
func (c *cellEntries) unit(agency string) *cellUnit {
	if n := len(c.Units); n == 0 || c.Units[n-1].Agency != agency {
		c.Units = append(c.Units, &cellUnit{Agency: agency, Applications: []string{}, Remedies: []cellRemedy{}})
	}
	return c.Units[len(c.Units)-1]
}

// reportCell opens a cell into the cases behind it.
func (a *app) reportCell() *cobra.Command {
	request := &pb.ListCellEntriesRequest{PageSize: pageSize}
	var agency *string
	var rollup, own bool
	cmd := a.command("cell", text{"单元格背后的案件", "list the cases behind a cell"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if own && !rollup {
			return usage(text{"--own只用于汇总，请同时给出--rollup", "--own is of a roll-up: give --rollup as well"})
		}
		head, entries, err := a.behind(cmd, request, rollup, own)
		if err != nil {
			return err
		}
		return a.showCell(head, entries)
	})
	agency = agencyFlag(cmd)
	for _, name := range []string{"year", "form", "cell"} {
		bind(cmd, request, name, name)
	}
	f := cmd.Flags()
	f.BoolVar(&rollup, "rollup", false, "汇总表的单元格 / the cell of the sum over the tree of agencies")
	f.BoolVar(&own, "own", false, "只含本级 / of the sum, only the agency itself")
	cmd.Example = `  gongkai report cell --agency jyj --year 2025 --form table-2021 --cell denied.stateSecret/naturalPerson
  gongkai report cell --agency city --year 2025 --form table-2021 --cell total/total --rollup   # 汇总数 of the whole tree`
	return cmd
}

// behind reads all that is behind a cell; head is the first page.
func (a *app) behind(cmd *cobra.Command, request *pb.ListCellEntriesRequest, rollup, own bool) (head *pb.ListCellEntriesResponse, entries []*pb.CellEntry, err error) {
	c, err := a.connect(cmd.Context())
	if err != nil {
		return nil, nil, err
	}
	entriesOf := func(page *pb.ListCellEntriesResponse) []*pb.CellEntry {
		if head == nil {
			head = page
		}
		return page.GetEntries()
	}
	rows := client.List(cmd.Context(), c.Reports.ListCellEntries, request, entriesOf)
	if rollup {
		rows = client.List(cmd.Context(), c.Rollups.ListRollupEntries, &pb.ListRollupEntriesRequest{
			Parent: request.GetParent(), Year: request.GetYear(), Form: request.GetForm(), Cell: request.GetCell(), OwnOnly: own, PageSize: pageSize,
		}, entriesOf)
	}
	for entry, err := range rows {
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, entry)
	}
	return head, entries, nil
}

func (a *app) showCell(head *pb.ListCellEntriesResponse, entries []*pb.CellEntry) error {
	if a.output == "json" {
		value, err := figure(head.GetValue())
		if err != nil {
			return err
		}
		cell := cellEntries{Value: value, Entered: head.GetEntered(), Applications: []string{}, Remedies: []cellRemedy{}}
		if err := cell.add(entries); err != nil {
			return err
		}
		return a.printer().json(cell)
	}
	if a.output == "table" {
		fmt.Fprintf(a.stdout, "%s: %s\n", label("value").in(a.lang), firstOf(head.GetValue(), text{"待填", "missing"}.in(a.lang)))
		if head.GetEntered() && len(entries) == 0 {
			fmt.Fprintln(a.stdout, text{"人工填报，没有案件", "entered by hand, no cases"}.in(a.lang))
			return nil
		}
	}
	columns := []string{"application_no", "remedy_kind", "file_date"}
	if slices.ContainsFunc(entries, func(e *pb.CellEntry) bool { return e.GetAgency() != "" }) {
		columns = append([]string{"agency"}, append(columns, "figure")...)
	}
	if slices.ContainsFunc(entries, func(e *pb.CellEntry) bool { return e.GetAmountFen() != 0 }) {
		columns = append(columns, "amount_fen")
	}
	return list(a.printer(), "", all(entries), columns...)
}
