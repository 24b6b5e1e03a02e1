package server

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// maxVersions is the most versions of one setting that an agency keeps.
const maxVersions = 200

// ListSettings lists the settings of an agency as they hold on a day.
func (s *Server) ListSettings(ctx context.Context, req *pb.ListSettingsRequest) (*pb.ListSettingsResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	on, err := optionalDate("on_date", req.GetOnDate())
	if err != nil {
		return nil, err
	}
	on = cmp.Or(on, s.today())
	if _, ok := workflow.SettingOf(req.GetKey()); req.GetKey() != "" && !ok {
		return nil, settingUnknown("key", req.GetKey())
	}
	var a storage.Agency
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err = r.Agency(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return settingsPB(callOf(ctx).lang, a.Settings, on, req.GetKey()), nil
}

// settingUnknown names the settings of the same group, or the groups: all settings would
// be more than a refusal has room for.
func settingUnknown(field, key string) error {
	group := func(key string) string { name, _, _ := strings.Cut(key, "."); return name }
	var groups, near []string
	for _, row := range workflow.SettingRows() {
		if g := group(row.Key); !slices.Contains(groups, g+".*") {
			groups = append(groups, g+".*")
		}
		if group(row.Key) == group(key) {
			near = append(near, row.Key)
		}
	}
	if len(near) == 0 {
		near = groups
	}
	return invalid(field, "没有名为“%[1]s”的设置，可用：%[2]s（gongkai settings list 可列出全部）",
		"no setting is called %[1]q; there are %[2]s (gongkai settings list shows all)", key, joined(near))
}

// UpdateSettings adds a version to each of the settings named.
func (s *Server) UpdateSettings(ctx context.Context, req *pb.UpdateSettingsRequest) (*pb.ListSettingsResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	from, err := optionalDate("effective_date", req.GetEffectiveDate())
	if err != nil {
		return nil, err
	}
	from = cmp.Or(from, s.today())
	if err := checkSettings(req.GetValues()); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var a storage.Agency
	err = s.update(ctx, id, func(w storage.Writer) (err error) {
		a, err = m.setSettings(w, req, from, s.today())
		return err
	})
	if err != nil {
		return nil, err
	}
	return settingsPB(callOf(ctx).lang, a.Settings, from, ""), nil
}

// checkSettings asks of each value whether its setting may have it.
func checkSettings(values map[string]string) error {
	if len(values) == 0 {
		return invalid("values", "请写明要修改的设置", "name the settings to change")
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		row, ok := workflow.SettingOf(key)
		if !ok {
			return settingUnknown("values", key)
		}
		if err := row.Check(values[key]); err != nil {
			return err
		}
	}
	return nil
}

// setSettings adds the versions to the agency of the mutation.
func (m mutation) setSettings(w storage.Writer, req *pb.UpdateSettingsRequest, from, today workflow.Date) (storage.Agency, error) {
	values := req.GetValues()
	if e, err := m.done(w); err != nil || e != nil {
		return agencyAgain(w, e, err)
	}
	a, err := w.Agency(m.agency)
	if err != nil {
		return a, err
	}
	if err := unchanged(a.Settings, req); err != nil {
		return a, err
	}
	if from < today {
		if err := m.untouched(w, from, today, values); err != nil {
			return a, err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if len(a.Settings.Values[key]) >= maxVersions {
			return a, invalid("values", "设置%[1]s已有%[2]d个版本，不能再增加", "setting %[1]s has %[2]d versions already", key, maxVersions)
		}
		a.Settings = a.Settings.With(key, workflow.SettingValue{From: from, Value: values[key], By: m.actor, Time: m.now})
	}
	if err := distinctNumbers(a.Settings, from); err != nil {
		return a, err
	}
	if since, until := a.Settings.Int(workflow.SetRemindFrom, from), a.Settings.Int(workflow.SetRemindTo, from); since >= until {
		return a, invalid("values", "reminders.from_hour（%[1]d）应早于reminders.to_hour（%[2]d），否则提醒永不发出", "reminders.from_hour (%[1]d) must lie before reminders.to_hour (%[2]d), or no reminder is ever sent", since, until)
	}
	a.Revision++
	e, err := agencyEvent(m, a, "update_settings")
	if err != nil {
		return a, err
	}
	return a, w.UpdateAgency(a, m.mark(e))
}

// settingEtag changes with every version of a setting: none is ever taken away.
func settingEtag(s workflow.Settings, key string) string { return etag(int64(len(s.Values[key]))) }

// unchanged refuses to change a setting that the caller has not seen as it is.
func unchanged(s workflow.Settings, req *pb.UpdateSettingsRequest) error {
	for _, key := range slices.Sorted(maps.Keys(req.GetValues())) {
		if seen := req.GetEtags()[key]; seen != "" && seen != settingEtag(s, key) {
			f := failf(pb.Reason_STALE_ETAG, "设置%[1]s已被他人修改；请重新读取后再修改", "setting %[1]s was changed since it was read; read it again", key)
			f.field = "values[" + key + "]"
			return f
		}
	}
	return nil
}

// untouched refuses a date in the past from which on cases were decided by the settings
// as they stood, so that nothing that was done is judged anew. Only the words of remedies
// and letters and the cells of a table, of which a report says by which reading it was counted, may be
// settled for years that no report has frozen.
func (m mutation) untouched(r storage.Reader, from, today workflow.Date, values map[string]string) error {
	frozen, err := m.frost(r).years()
	if err != nil {
		return err
	}
	for _, year := range slices.Backward(slices.Sorted(maps.Keys(frozen))) {
		if year >= from.Year() {
			f := failf(pb.Reason_YEAR_FROZEN, "%[1]d年度报告已冻结，设置不能自%[2]s起追溯；最早可自%[3]d年1月1日起（第49条、第50条）", "the report on %[1]d is frozen, so no setting may hold from %[2]s on; from %[3]d-01-01 at the earliest (Arts 49, 50)", year, from, year+1)
			f.field = "effective_date"
			return f
		}
	}
	reread := func(key string) bool {
		return strings.HasPrefix(key, "mapping.") || strings.HasPrefix(key, "remedy.") || strings.HasPrefix(key, "letter.") || key == workflow.SetPendingDisputes
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(values)), func(key string) bool { return !reread(key) }) {
		return nil
	}
	closed, err := r.Applications(m.agency, storage.Query{CloseFrom: from, Limit: 1})
	if err == nil && len(closed) == 0 {
		closed, err = r.Applications(m.agency, storage.Query{ReceiveFrom: from, Limit: 1})
	}
	if err != nil || len(closed) == 0 {
		return err
	}
	return invalid("effective_date", "%[1]s以后已有收到或者办结的申请（如%[2]s），设置不能追溯；最早可自今天（%[3]s）起",
		"applications were received or concluded since %[1]s (such as %[2]s), so the setting cannot go back; from today (%[3]s) at the earliest",
		from, closed[0].ApplicationNo, today)
}

// longSerial is as long as the serial of a number may become.
const longSerial = 999_999_999

// distinctNumbers refuses two kinds of documents that would bear the same numbers, and
// numbers longer than could be entered by hand or imported.
func distinctNumbers(s workflow.Settings, on workflow.Date) error {
	seen := map[string]string{}
	for _, kind := range append([]string{"application"}, workflow.NumberKinds()...) {
		p, word, err := s.NumberPattern(kind, on)
		if err != nil {
			return err
		}
		sample := p.Format(workflow.NumberOf{Year: 2026, Serial: 1, Case: 1, Word: word})
		if other, ok := seen[sample]; ok {
			return invalid("values", "number.%[1]s与number.%[2]s会产生相同的编号“%[3]s”；请区分", "number.%[1]s and number.%[2]s would give the same number %[3]q; make them differ", kind, other, sample)
		}
		seen[sample] = kind
		most := maxShort
		if kind == "application" {
			most = maxNumber
		}
		longest := p.Format(workflow.NumberOf{Year: 2026, Serial: longSerial, Case: longSerial, Word: word})
		if n := utf8.RuneCountInString(longest); n > most {
			return invalid("values", "按number.%[1]s和number.word，编号可长达%[2]d个字符，最多%[3]d个；请缩短", "by number.%[1]s and number.word a number may have %[2]d characters; at most %[3]d, so shorten them", kind, n, most)
		}
	}
	return nil
}

func settingsPB(lang language, s workflow.Settings, on workflow.Date, only string) *pb.ListSettingsResponse {
	out := &pb.ListSettingsResponse{}
	for _, row := range workflow.SettingRows() {
		if only != "" && row.Key != only {
			continue
		}
		set := &pb.Setting{
			Key: row.Key, Value: s.Text(row.Key, on), DefaultValue: row.Default,
			Label: lang.pick(row.LabelZH, row.LabelEN), Values: lang.pick(row.Allowed()), Source: row.Source, Etag: settingEtag(s, row.Key),
		}
		for _, c := range row.Values {
			set.Choices = append(set.Choices, &pb.SettingChoice{Value: c.Value, Label: lang.pick(c.ZH, c.EN)})
		}
		for _, v := range s.Values[row.Key] {
			set.Versions = append(set.Versions, &pb.SettingVersion{
				EffectiveDate: v.From.String(), Value: cmp.Or(v.Value, row.Default), Actor: v.By, RecordTime: timestamppb.New(v.Time),
			})
		}
		out.Settings = append(out.Settings, set)
	}
	return out
}
