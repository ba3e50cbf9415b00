// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has what is shipped, one directory each: examples, from which the language can be learnt, probe, which asks what smtpspec probe
// shows, and the conformance and security suites, by RFC and class, with their helpers in lib.
//
//go:embed all:examples all:probe lib rfc1870 rfc2034 rfc2920 rfc3030 rfc3461 rfc4954 rfc5321 rfc6152 rfc6531 rfc7504 security
var FS embed.FS
