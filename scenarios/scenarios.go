// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has what is shipped, one directory each: examples, from which the language can be learnt, probe, which asks what smtpspec probe
// shows, and the conformance and security suites, by RFC and class, with their helpers in lib.
//
//go:embed all:examples all:probe lib rfc5321 rfc7504
var FS embed.FS
