package migrations_test

var decisionBreaches = []breach{}
