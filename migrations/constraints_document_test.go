package migrations_test

var documentBreaches = []breach{}
