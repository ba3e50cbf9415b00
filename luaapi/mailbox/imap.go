package mailbox

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// imapSource is a folder of an IMAP server. It is opened by EXAMINE and read by BODY.PEEK, so that no flag changes (RFC 3501 6.3.2, 6.4.5).
type imapSource struct {
	cfg      Config
	conn     net.Conn
	client   *imapclient.Client
	validity uint32   // of the numbers
	next     imap.UID // of the first message that was not given; 0 before the first look
}

func (s *imapSource) leave() {
	if s.client != nil {
		s.client.Close()
	}
	s.client = nil
}

func (s *imapSource) look(ctx context.Context) (list []found, older int, err error) {
	first := s.client == nil
	if first {
		if err := s.open(ctx); err != nil {
			return nil, 0, err
		}
	}
	stop := context.AfterFunc(ctx, func() { s.conn.Close() })
	defer stop()
	if !first {
		err = s.client.Noop().Wait() // some tell of new messages only then
	}
	var mailbox *imap.SelectData
	if err == nil && first {
		mailbox, err = s.examine()
	}
	if err == nil {
		list, older, err = s.read(mailbox)
	}
	if err != nil {
		s.leave()
		return list, older, s.problem("the folder "+s.cfg.Folder, err)
	}
	return list, older, nil
}

// problem is err in our words.
func (s *imapSource) problem(what string, err error) error {
	var ours *Error
	var theirs *imap.Error
	switch {
	case errors.As(err, &ours):
		return err
	case errors.As(err, &theirs):
		return s.cfg.refused(what, theirs.Text)
	}
	return s.cfg.lost()
}

// open connects and logs in, with STARTTLS where it is offered.
func (s *imapSource) open(ctx context.Context) error {
	conn, err := s.cfg.connect(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	client := imapclient.New(conn, nil)
	if err := client.WaitGreeting(); err != nil {
		client.Close()
		return s.problem("connections", err)
	}
	if s.cfg.Kind == "imap" {
		if !client.Caps().Has(imap.CapStartTLS) {
			err = s.cfg.clear()
		} else {
			client.Close() // it can begin with STARTTLS only
			conn, client, err = s.startTLS(ctx)
		}
		if err != nil {
			if client != nil {
				client.Close()
			}
			return err
		}
		defer context.AfterFunc(ctx, func() { conn.Close() })()
	}
	if err := client.Login(s.cfg.User, s.cfg.Password).Wait(); err != nil {
		client.Close()
		return s.problem("the login of "+s.cfg.User, err)
	}
	s.conn, s.client = conn, client
	return nil
}

func (s *imapSource) startTLS(ctx context.Context) (net.Conn, *imapclient.Client, error) {
	conn, err := s.cfg.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client, err := imapclient.NewStartTLS(conn, &imapclient.Options{TLSConfig: s.cfg.TLS})
	if err != nil {
		return nil, nil, s.cfg.tlsError(err)
	}
	return conn, client, nil
}

func (s *imapSource) examine() (*imap.SelectData, error) {
	data, err := s.client.Select(s.cfg.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err == nil && data.UIDValidity != s.validity {
		s.validity, s.next = data.UIDValidity, 0
	}
	return data, err
}

// read gives what is new. At the first time that is what came since: IMAP's dates are days, so the time of each message tells.
func (s *imapSource) read(mailbox *imap.SelectData) (list []found, older int, err error) {
	var dated imap.UIDSet
	begin := s.next == 0
	if begin {
		s.next = 1
		data, err := s.client.UIDSearch(&imap.SearchCriteria{Since: s.cfg.Since.Add(-24 * time.Hour)}, nil).Wait()
		if err != nil {
			return nil, 0, err
		}
		if mailbox.UIDNext > 0 {
			s.next = mailbox.UIDNext
		}
		dated = imap.UIDSetNum(data.AllUIDs()...)
		older = int(mailbox.NumMessages)
	} else {
		dated.AddRange(s.next, 0)
	}
	if len(dated) == 0 {
		return nil, older, nil
	}
	messages, err := s.client.Fetch(dated, &imap.FetchOptions{UID: true, InternalDate: true}).Collect()
	if err != nil {
		return nil, older, err
	}
	var wanted imap.UIDSet
	for _, m := range messages {
		if begin && m.InternalDate.Before(s.cfg.Since) || !begin && m.UID < s.next { // "n:*" is never empty
			continue
		}
		wanted.AddNum(m.UID)
	}
	if list, err = s.bodies(wanted); begin {
		older = max(older-len(list), 0)
	}
	return list, older, err
}

func (s *imapSource) bodies(wanted imap.UIDSet) (list []found, err error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	messages, err := s.client.Fetch(wanted, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
	for _, m := range messages {
		for _, body := range m.BodySection {
			list = append(list, found{text: string(body.Bytes)})
		}
		s.next = max(s.next, m.UID+1)
	}
	return list, err
}
