package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are the commands that the scripts have besides testscript's own.
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		// run CODE ARG… runs smtpspec and requires the exit code.
		"run": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < 1 {
				ts.Fatalf("usage: run CODE ARG...")
			}
			want, err := strconv.Atoi(args[0])
			ts.Check(err)
			err = ts.Exec("smtpspec", args[1:]...)
			code := 0
			if exit, ok := err.(*exec.ExitError); ok {
				code = exit.ExitCode()
			} else {
				ts.Check(err)
			}
			if code != want {
				ts.Fatalf("exit code %d, want %d", code, want)
			}
		},
		// recipients starts a server that says to RCPT what the local part is: a code, or "bare" for 250 and no word more. Its port is in $PORT.
		"recipients": func(ts *testscript.TestScript, _ bool, _ []string) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			ts.Check(err)
			ts.Defer(func() { ln.Close() })
			_, port, _ := net.SplitHostPort(ln.Addr().String())
			ts.Setenv("PORT", port)
			go serveRecipients(ln)
		},
		// absent TEXT FILE… requires that no file has the text.
		"absent": func(ts *testscript.TestScript, neg bool, args []string) {
			for _, file := range args[1:] {
				b, err := os.ReadFile(ts.MkAbs(file))
				ts.Check(err)
				if strings.Contains(string(b), args[0]) {
					ts.Fatalf("%s contains %q", file, args[0])
				}
			}
		},
	}
}

func serveRecipients(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in := bufio.NewScanner(conn)
			for say := "220 here"; ; say = recipientsReply(in) {
				if _, err := fmt.Fprint(conn, say+"\r\n"); err != nil || !in.Scan() {
					return
				}
			}
		}()
	}
}

// recipientsReply answers the line that in has read.
func recipientsReply(in *bufio.Scanner) string {
	verb, arg, _ := strings.Cut(in.Text(), " ")
	local, _, _ := strings.Cut(strings.TrimPrefix(arg, "TO:<"), "@")
	switch {
	case verb == "DATA":
		return "354 go"
	case in.Text() == ".":
		return "250 2.6.0 taken"
	case verb == "QUIT":
		return "221 2.0.0 bye"
	case verb == "RCPT" && local == "bare":
		return "250"
	case verb == "RCPT":
		return fmt.Sprintf("%s %s.1.5 as you say", local, local[:1])
	case verb == "EHLO" || verb == "MAIL":
		return "250 2.1.0 fine"
	}
	for in.Scan() && in.Text() != "." { // a line of the message
	}
	return "250 2.6.0 taken"
}
