// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has what is shipped, one directory each: examples, from which the language can be learnt, probe, which asks what smtpspec probe
// shows, and the conformance and security suites, by RFC and class, with their helpers in lib.
//
//go:embed all:examples all:probe lib rfc1870 rfc2920 rfc5321 rfc6152 rfc7504 security
var FS embed.FS
