package workflow

// NewMachine makes a machine of any table, for the tests of what it refuses to be made of.
func NewMachine(table []Transition) *Machine { return newMachine(table) }
