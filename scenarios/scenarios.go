// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has the shipped suites, one directory each: examples, from which the language can be learnt.
//
//go:embed all:examples
var FS embed.FS
