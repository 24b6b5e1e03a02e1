package workflow

// Lapsing lists the acts that time may record of an application on a day, as far as the
// agency lets it: that an opinion did not come, that an application was not supplemented
// or paid for. The guards ask again when the act is entered; what closes an application
// waits a while longer here, for letters under way.
func (r Rules) Lapsing(a *Application, today Date) []Act {
	switch a.State {
	case Consulting:
		if r.Settings.Text(SetLapseOpinion, today) != SwitchOn {
			return nil
		}
		var acts []Act
		for i, c := range a.Consultations {
			if last := c.pause(0).Expiry(a.Regime, r.Calendar); c.Open() && !last.IsZero() && last < today {
				acts = append(acts, Act{Action: ActLapseOpinion, Date: today, Consultation: i + 1})
			}
		}
		return acts
	case SupplementPending:
		if r.lapses(SetLapseSupplement, a.Supplement.DueDate, today) {
			return []Act{{Action: ActLapseSupplement, Date: today}}
		}
	case FeePending:
		if r.lapses(SetLapseFee, a.Fee.DueDate, today) {
			return []Act{{Action: ActLapseFee, Date: today}}
		}
	default:
	}
	return nil
}

func (r Rules) lapses(key string, due, today Date) bool {
	return r.Settings.Text(key, today) == SwitchOn && !due.IsZero() && today > r.Calendar.AddWorkdays(due, r.Settings.Int(SetLapseGrace, today))
}
