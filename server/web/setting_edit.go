package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// settingView is one group to be changed, and what it held.
type settingView struct {
	settingGroup
	Agency string
	Action string
	Mayset bool
	Past   []settingPast
}

// settingPast is one version of one setting.
type settingPast struct {
	*pb.SettingVersion
	Label, Value string
}

func showSettingGroup(p *page) error {
	list, err := p.settings("")
	if err != nil {
		return err
	}
	return p.showSettingGroup(list)
}

func (p *page) showSettingGroup(list []*pb.Setting) error {
	groups := p.grouped(list)
	at := slices.IndexFunc(groups, func(g settingGroup) bool { return g.Key == p.r.PathValue("group") })
	if at < 0 {
		return missing()
	}
	v := settingView{settingGroup: groups[at], Agency: p.agency(), Mayset: slices.Contains(systems, p.me.GetRole())}
	v.Action = v.Path
	back := settingsPath
	if p.agency() != p.ownAgency() {
		back += "?agency=" + p.agency()
	}
	p.under(back, p.text("设置", "Settings"))
	p.title = v.Name
	for i, r := range v.Settings {
		v.Settings[i].Input = p.settingInput(r)
		v.Settings[i].Seen = cmp.Or(p.form().Value(etagName(r.GetKey())), r.GetEtag())
		if v.Settings[i].Input.Wrong() != "" {
			v.Settings[i].Seen = r.GetEtag() // what is said there is about the newest
		}
		for _, old := range r.GetVersions() {
			v.Past = append(v.Past, settingPast{old, r.GetLabel(), inWords(r.Setting, old.GetValue())})
		}
	}
	slices.SortStableFunc(v.Past, func(a, b settingPast) int {
		return b.GetRecordTime().AsTime().Compare(a.GetRecordTime().AsTime())
	})
	return p.show("setting-group", v)
}

// settingName is the name of the input of a setting: the path of its field.
func settingName(key string) string { return "values[" + key + "]" }

// settingInput offers the values that a setting may have.
func (p *page) settingInput(r settingRow) *field {
	in := p.form().Field(settingName(r.GetKey()), r.GetLabel())
	usual := r.Usual
	if usual == "" {
		usual = p.text("空", "none")
	}
	in.Note = p.text("默认", "default") + " " + usual + " · " + cited(p.lang, r.GetSource())
	for _, c := range r.GetChoices() {
		in.Option(c.GetValue(), choiceWords(c))
	}
	if len(r.GetChoices()) == 0 {
		in.Note += " · " + r.GetValues()
		if r.Example != "" {
			in.Note += " · " + p.text("例如", "such as") + " " + r.Example
		}
	}
	return p.form().watch(in, r.GetValue())
}

// etagName is the name of the hidden input that holds the etag of a setting.
func etagName(key string) string { return "etags[" + key + "]" }

// updateSettings changes those settings of a group that were changed in the form, unless
// somebody else did so meanwhile.
func updateSettings(p *page) error {
	f := p.form()
	now, err := p.settings("")
	if err != nil {
		return err
	}
	req := &pb.UpdateSettingsRequest{
		Parent: p.parent(), EffectiveDate: strings.TrimSpace(f.Value("effective_date")), RequestId: f.RequestID,
		Values: map[string]string{}, Etags: map[string]string{},
	}
	for _, s := range now {
		key, name := s.GetKey(), settingName(s.GetKey())
		if !f.touched(name) || f.met(name, s.GetValue()) {
			continue
		}
		req.Values[key] = strings.TrimSpace(f.Value(name))
		if seen := f.Value(etagName(key)); seen != "" {
			req.Etags[key] = seen
		}
	}
	group := p.r.PathValue("group")
	if len(req.GetValues()) == 0 && len(f.Problems) == 0 {
		f.wrong("", text{"没有改动：请先修改要变更的设置", "Nothing was changed: edit a value first"})
	}
	if len(f.Problems) > 0 {
		return p.showSettingGroup(now)
	}
	if _, err := p.api.Settings.UpdateSettings(p.ctx(), req); err != nil {
		return p.settingsRefused(err)
	}
	n := strconv.Itoa(len(req.GetValues()))
	return p.done(p.settingPath(group), text{"已保存" + n + "项设置", n + " settings saved"})
}

// settingsRefused shows a refusal at the inputs of the group.
func (p *page) settingsRefused(err error) error {
	if !p.form().refused(err) {
		return err
	}
	list, err := p.settings("")
	if err != nil {
		return err
	}
	return p.showSettingGroup(list)
}
