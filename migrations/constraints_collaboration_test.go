package migrations_test

var collaborationBreaches = []breach{}
