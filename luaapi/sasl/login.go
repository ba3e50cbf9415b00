package sasl

import "errors"

// UserFirst is implemented by the client of LOGIN. Many servers take the user name as an initial response
// ("AUTH LOGIN dXNlcg=="), though draft-murchison-sasl-login has the server speak first.
type UserFirst interface {
	// StartWithUser is called in place of Start and gives the user name; what is left to come is the challenge for the
	// password.
	StartWithUser() ([]byte, error)
}

// loginClient does not read the prompts: their wording varies, and the draft has clients ignore it.
type loginClient struct {
	client
	cred Credentials
}

func newLoginClient(cred Credentials) (Client, error) {
	c := &loginClient{cred: cred}
	c.client = client{mechanism: "LOGIN", next: func([]byte) ([]byte, step, error) { return nil, c.sendUser, nil }}
	return c, nil
}

func (c *loginClient) StartWithUser() ([]byte, error) {
	if !c.started {
		c.next = c.sendUser
	}
	return c.Start()
}

func (c *loginClient) sendUser([]byte) ([]byte, step, error) {
	return []byte(c.cred.User), c.sendPassword, nil
}

func (c *loginClient) sendPassword([]byte) ([]byte, step, error) {
	return []byte(c.cred.Password), nil, nil
}

// loginServer prompts with the words that deployed servers use, which are not the draft's ("User Name", "Password" with a
// NUL each): there are clients that look for them.
type loginServer struct {
	server
	lookup Lookup
	name   string
}

func newLoginServer(lookup Lookup, _ []Binding) Server {
	s := &loginServer{lookup: lookup}
	s.server = server{mechanism: "LOGIN", next: s.open}
	return s
}

func (s *loginServer) open(response []byte) ([]byte, step, error) {
	if response != nil {
		return s.takeUser(response)
	}
	return []byte("Username:"), s.takeUser, nil
}

func (s *loginServer) takeUser(response []byte) ([]byte, step, error) {
	if len(response) == 0 {
		return nil, nil, errors.New("user name is empty")
	}
	s.name = string(response)
	return []byte("Password:"), s.takePassword, nil
}

func (s *loginServer) takePassword(response []byte) ([]byte, step, error) {
	if !s.lookup.matches(s.name, string(response)) {
		return nil, nil, ErrCredentials
	}
	s.user = s.name
	return nil, nil, nil
}
