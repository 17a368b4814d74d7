package migrations_test

var linkBreaches = []breach{}
