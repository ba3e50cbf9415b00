// Package mailbox reads where a server delivers to: a Maildir, an mbox, a directory of files, IMAP, POP3, and the store of a server in this
// process. It only looks: nothing is deleted, moved or marked as read.
//
// A Box is shared by all who look at the same place at the same time. Who waits looks again and again, at what has not been read yet; of those who
// want to look at once, one does it for all. Of what is there when the box is made, only messages that came since a given time are read, so
// that a mailbox of many years costs no more than its listing.
package mailbox
