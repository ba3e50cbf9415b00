# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# OpenSMTPD, Debian 13's: that of Debian 12 fails in every TLS handshake. AUTH is offered in TLS alone.

ports=(smtp smtps submission)

install() {
  unpack trixie opensmtpd dash # which it runs its delivery agent with
  ln -sf dash "$home/root/bin/sh"
  system_user opensmtpd 101
  system_user opensmtpq 102
}

configuration() {
  cat <<CONF
pki mail cert "/etc/tls/server.pem"
pki mail key "/etc/tls/server.key"
table logins file:/etc/logins
table mailboxes file:/etc/mailboxes
table recipients file:/etc/recipients
table owners file:/etc/owners
smtp max-message-size 20M
listen on 127.0.0.1 port $smtp_port hostname $hostname tls pki mail auth-optional <logins>
listen on 127.0.0.1 port $smtps_port hostname $hostname smtps pki mail auth-optional <logins>
filter whole-sender phase mail-from match mail-from regex { "@[A-Za-z0-9-]+\$" } reject "554 5.1.8 sender's domain is not complete"
filter whole-recipient phase rcpt-to match rcpt-to regex { "@[A-Za-z0-9-]+\$" } reject "554 5.1.2 recipient's domain is not complete"
filter whole chain { whole-sender, whole-recipient }
listen on 127.0.0.1 port $submission_port hostname $hostname tls-require pki mail auth <logins> filter whole
action deliver maildir "/mail/%{rcpt.user}" virtual <mailboxes> userbase <owners>
# Nothing leaves: there is no action that relays, and what somebody logged in sends elsewhere is put aside.
table everybody { "@" = nobody }
action aside maildir "/mail/elsewhere" virtual <everybody> userbase <owners>
# RCPT TO:<postmaster>, without a domain, is postmaster at the host's own name.
match from any for rcpt-to <recipients> action deliver
match from any auth for any action aside
CONF
}

configure() {
  local root=$home/root
  mkdir -p "$root"/etc/{tls,ssl/certs} "$root"/var/{spool/smtpd,lib/opensmtpd/empty}
  chmod 711 "$root/var/spool/smtpd"
  cp "$dir/tls"/server.{pem,key} "$root/etc/tls"
  chmod 600 "$root/etc/tls/server.key"
  cp "$dir/tls/ca.pem" "$root/etc/ssl/certs/ca-certificates.crt" # it does not start without
  echo "valid@$domain $(openssl passwd -6 "$password")" >"$root/etc/logins"
  printf '%s@'"$domain"' nobody\n' valid second postmaster >"$root/etc/mailboxes"
  echo "postmaster@$hostname nobody" >>"$root/etc/mailboxes"
  cut -d' ' -f1 "$root/etc/mailboxes" >"$root/etc/recipients"
  echo "nobody 65534:65534:/mail" >"$root/etc/owners"
  configuration >"$root/etc/smtpd.conf"
}

start() {
  begin_in_root /usr/sbin/smtpd -dv
}

facts() {
  common_facts "OpenSMTPD $(package_version trixie opensmtpd)"
  fact mechanisms "PLAIN LOGIN"
}
