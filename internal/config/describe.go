package config

import "reflect"

// Variable describes one variable of the environment, for help and documents.
type Variable struct {
	Name    string // the whole name, such as FARDPLAN_ADDR
	Default string // as it would be written in the environment; empty when there is none
	// Secret says that the value is never shown, and that it may lie in a file
	// named by the variable with _FILE after its name.
	Secret               bool
	MeaningSv, MeaningEn string // what it decides, a sentence or two
	ValuesSv, ValuesEn   string // what it may be, to read after "give"
	field                string // of Config
}

// Describe gives every variable in the order of Config's fields.
func Describe() []Variable {
	t := reflect.TypeFor[Config]()
	table := kinds()
	all := make([]Variable, t.NumField())
	for i := range all {
		f := t.Field(i)
		k := table[f.Type]
		all[i] = Variable{
			Name:      prefix + f.Tag.Get("env"),
			Default:   f.Tag.Get("envDefault"),
			Secret:    f.Type == reflect.TypeFor[Secret](),
			MeaningSv: f.Tag.Get("sv"),
			MeaningEn: f.Tag.Get("en"),
			ValuesSv:  k.sv,
			ValuesEn:  k.en,
			field:     f.Name,
		}
	}
	return all
}
