// Package scenarios holds the scenario files that smtpspec brings along.
package scenarios

import "embed"

// FS has what is shipped, one directory each: examples, from which the language can be learnt, probe, which asks what smtpspec probe
// shows, and the conformance and security suites, by RFC and class, with their helpers in lib.
//
//go:embed all:examples all:probe lib rfc1870 rfc1985 rfc2033 rfc2034 rfc2142 rfc2645 rfc2852 rfc2920 rfc3030 rfc3207 rfc3461 rfc3865 rfc3885 rfc4468 rfc4865 rfc4954 rfc5321 rfc6152 rfc6409 rfc6531 rfc6710 rfc7293 rfc7504 rfc8314 rfc8689 rfc9325 rfc9422 security
var FS embed.FS
