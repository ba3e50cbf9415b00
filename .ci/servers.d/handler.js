'use strict'
// nodemailer's smtp-server with handlers that put mail into Maildirs and pass nothing on.

const fs = require('node:fs')
const path = require('node:path')
const { SMTPServer } = require('smtp-server')

const options = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
let messages = 0

function refusal(responseCode, text) {
  return Object.assign(new Error(text), { responseCode })
}

// boxOf gives the mailbox of an address, or null where it is of another domain. The library leaves quotes where they are.
function boxOf(address) {
  const at = address.lastIndexOf('@')
  const local = at < 0 ? address : address.slice(0, at) // RCPT TO:<postmaster> has no domain
  if (at >= 0 && address.slice(at + 1).toLowerCase() !== options.domain) return null
  return (/^".*"$/.test(local) ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local).toLowerCase()
}

function onAuth(auth, session, done) {
  const right = auth.username === options.user &&
    (auth.method === 'CRAM-MD5' ? auth.validatePassword(options.password) : auth.password === options.password)
  done(right ? null : refusal(535, 'wrong user or password'), { user: auth.username })
}

// incomplete tells of a domain of which a part is missing, which whoever submits mail may not have (RFC 6409 4.2).
function incomplete(address, session) {
  return session.user && /@[^.[]+$/.test(address.address)
}

function onMailFrom(address, session, done) {
  done(incomplete(address, session) ? refusal(554, 'the domain is not complete') : null)
}

function onRcptTo(address, session, done) {
  const box = boxOf(address.address)
  if (incomplete(address, session)) return done(refusal(554, 'the domain is not complete'))
  if (box === null) return done(session.user ? null : refusal(550, 'relay not permitted'))
  done(options.boxes.includes(box) ? null : refusal(550, 'no such mailbox'))
}

// trace gives the fields that whoever delivers has to write (RFC 5321 4.4), which the library leaves to its user.
function trace(session) {
  const client = session.hostNameAppearsAs.replace(/[^\w.:[\]-]/g, '?')
  const date = new Date().toUTCString().replace('GMT', '+0000')
  return Buffer.from(`Return-Path: <${session.envelope.mailFrom.address || ''}>\r\n` +
    `Received: from ${client} ([${session.remoteAddress}]) by ${options.name} with ${session.transmissionType}; ${date}\r\n`)
}

function keep(box, message) {
  const maildir = path.join(options.mail, box)
  for (const folder of ['tmp', 'new', 'cur']) fs.mkdirSync(path.join(maildir, folder), { recursive: true })
  const name = `${Date.now()}.${process.pid}_${++messages}.${options.name}`
  fs.writeFileSync(path.join(maildir, 'tmp', name), message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1')
  fs.renameSync(path.join(maildir, 'tmp', name), path.join(maildir, 'new', name))
}

function onData(lmtp, stream, session, done) {
  const chunks = []
  stream.on('data', chunk => chunks.push(chunk))
  stream.on('end', () => {
    if (stream.sizeExceeded) return done(refusal(552, 'the message is too large'))
    const recipients = session.envelope.rcptTo.map(recipient => boxOf(recipient.address))
    for (const box of recipients) if (box !== null) keep(box, Buffer.concat([trace(session), ...chunks]))
    done(null, lmtp ? recipients.map(() => 'message kept') : 'message kept')
  })
}

const common = {
  name: options.name,
  banner: 'smtp-server',
  size: 20 << 20,
  key: fs.readFileSync(path.join(options.tls, 'server.key')),
  cert: fs.readFileSync(path.join(options.tls, 'server.pem')),
  authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
  authOptional: true,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  onAuth,
  onMailFrom,
  onRcptTo
}

for (const [port, own] of [
  [options.smtp, {}],
  [options.smtps, { secure: true }],
  [options.submission, { authOptional: false, allowInsecureAuth: false }],
  [options.lmtp, { lmtp: true, disabledCommands: ['AUTH'] }]
]) {
  const server = new SMTPServer({ ...common, ...own, onData: (...args) => onData(own.lmtp, ...args) })
  server.on('error', error => console.log(error.message))
  server.listen(port, '127.0.0.1')
}

// Node may lie where only root can read it, so it is only here that we become nobody.
process.setgroups([])
process.setgid(65534)
process.setuid(65534)
