//go:build linux

package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience is how long a step of a peer may take. Deadlines are set as smtpspec sets them.
const patience = 2 * time.Minute

func dial(address string) (net.Conn, error) { return net.DialTimeout("tcp", address, patience) }

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// step is what a client writes, and the code of the reply that it requires.
type step struct{ text, code string }

// steps are the conversation that is measured; conversationLua is the same as a scenario.
func steps(recipient string) []step {
	return []step{
		{"", "220"},
		{"EHLO client.example\r\n", "250"},
		{"MAIL FROM:<a@example.org>\r\n", "250"},
		{"RCPT TO:<" + recipient + ">\r\n", "250"},
		{"DATA\r\n", "354"},
		{"Subject: benchmark\r\n\r\n" + strings.Repeat(bodyLine+"\r\n", bodyLines) + ".\r\n", "250"},
		{"QUIT\r\n", "221"},
	}
}

// heldSteps are the conversation whose NOOP is answered late; heldLua is the same as a scenario.
var heldSteps = []step{{"", "220"}, {"EHLO client.example\r\n", "250"}, {"NOOP\r\n", "250"}, {"QUIT\r\n", "221"}}

// converse is a conversation as somebody writes it in Go who needs no more than that.
func converse(address string, steps []step) error {
	conn, err := dial(address)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, s := range steps {
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if s.text != "" {
			if _, err := conn.Write([]byte(s.text)); err != nil {
				return err
			}
		}
		if err := requireReply(r, s.code); err != nil {
			return err
		}
	}
	return nil
}

// requireReply reads a reply of any number of lines and requires its code (RFC 5321, section 4.2.1).
func requireReply(r *bufio.Reader, code string) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) < 4 || string(line[:3]) != code {
			return fmt.Errorf("%q is not the reply %s", line, code)
		}
		if line[3] != '-' {
			return nil
		}
	}
}

// clientProcess is the plain Go client: ADDRESS CONVERSATIONS AT-ONCE.
func clientProcess(args []string) error {
	numbers, err := integers(args[1:], 2)
	if err != nil {
		return err
	}
	todo := make(chan struct{}, numbers[0])
	for range numbers[0] {
		todo <- struct{}{}
	}
	close(todo)
	talk := steps("b@example.org")
	errs := make(chan error, numbers[1])
	for range numbers[1] {
		go func() {
			for range todo {
				if err := converse(args[0], talk); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	return drain(errs, numbers[1])
}

// holderProcess is the plain Go client that holds connections open: ADDRESS CONNECTIONS.
func holderProcess(args []string) error {
	numbers, err := integers(args[1:], 1)
	if err != nil {
		return err
	}
	errs := make(chan error, numbers[0])
	for range numbers[0] {
		go func() { errs <- converse(args[0], heldSteps) }()
	}
	return drain(errs, numbers[0])
}

func drain(errs <-chan error, n int) error {
	var all []error
	for range n {
		if err := <-errs; err != nil && len(all) < 3 {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

func integers(args []string, n int) ([]int, error) {
	if len(args) != n {
		return nil, fmt.Errorf("%d numbers are needed, got %q", n, args)
	}
	numbers := make([]int, n)
	for i, a := range args {
		var err error
		if numbers[i], err = strconv.Atoi(a); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// sinkProcess is the server that connections are held open to: AT-ONCE. It prints its address, and "held" when that many
// were open.
func sinkProcess(args []string) error {
	numbers, err := integers(args, 1)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return hold(l, numbers[0], func() { fmt.Println("held") })
}

// hold serves n connections, and answers nobody's NOOP before all of them have sent one: then they are all open, and it
// calls held.
func hold(l net.Listener, n int, held func()) error {
	var waiting, clients sync.WaitGroup
	waiting.Add(n)
	clients.Go(func() {
		waiting.Wait()
		held()
	})
	for range n {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		clients.Go(func() {
			if err := answer(conn, &waiting); err != nil {
				fmt.Fprintln(os.Stderr, "sink:", err)
			}
		})
	}
	clients.Wait()
	return nil
}

func answer(conn net.Conn, waiting *sync.WaitGroup) error {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 128)
	reply := "220 sink\r\n"
	for {
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		if _, err := conn.Write([]byte(reply)); err != nil || strings.HasPrefix(reply, "221") {
			return err
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		switch line {
		case "NOOP\r\n":
			waiting.Done()
			waiting.Wait()
			reply = "250 ok\r\n"
		case "QUIT\r\n":
			reply = "221 bye\r\n"
		default:
			reply = "250 ok\r\n"
		}
	}
}
