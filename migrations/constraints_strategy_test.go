package migrations_test

var strategyBreaches = []breach{}
