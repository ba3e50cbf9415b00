# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# aiosmtpd, with a handler in handler.py.

ports=(smtp smtps submission lmtp)
mail=$home/mail

install() {
  unpack_python
}

configure() {
  mkdir -p "$mail"
  chown 65534:65534 "$mail"
}

start() {
  begin_python --name "$hostname" --mail "$mail" --domain "$domain" --boxes "valid second postmaster δοκιμή" \
    --user "valid@$domain" --password-file "$home/password" --tls "$dir/tls" \
    --smtp "$smtp_port" --smtps "$smtps_port" --submission "$submission_port" --lmtp "$lmtp_port"
}

facts() {
  common_facts "aiosmtpd $(package_version bookworm python3-aiosmtpd)"
  fact mechanisms "PLAIN LOGIN"
  fact utf8_rcpt "δοκιμή@$domain"
  fact utf8_maildir "$mail/δοκιμή"
}
