// Package graph is the GraphQL API.
package graph
