// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has the shipped suites, one directory each: examples, from which the language can be learnt, and probe, which asks what smtpspec probe
// shows.
//
//go:embed all:examples all:probe
var FS embed.FS
