# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# nodemailer's smtp-server, with a handler in handler.js.

ports=(smtp smtps submission lmtp)
mail=$home/mail

install() {
  mkdir "$home/npm"
  echo '{"private": true}' >"$home/npm/package.json"
  twice npm install --prefix "$home/npm" --ignore-scripts --no-audit --no-fund smtp-server@3.21.6
}

configure() {
  mkdir -p "$mail"
  chown 65534:65534 "$mail"
  cp "$here/handler.js" "$home/npm/handler.js"
  printf '{"name": "%s", "domain": "%s", "user": "%s", "password": "%s", "boxes": ["valid", "second", "postmaster", "δοκιμή"],
    "mail": "%s", "tls": "%s", "smtp": %d, "smtps": %d, "submission": %d, "lmtp": %d}\n' "$hostname" "$domain" "valid@$domain" "$password" \
    "$mail" "$dir/tls" "$smtp_port" "$smtps_port" "$submission_port" "$lmtp_port" >"$home/options.json"
}

start() {
  begin node "$home/npm/handler.js" "$home/options.json"
}

facts() {
  common_facts "nodemailer smtp-server $(node -p 'require(process.argv[1]).version' "$home/npm/node_modules/smtp-server/package.json")"
  fact mechanisms "PLAIN LOGIN CRAM-MD5"
  fact utf8_rcpt "δοκιμή@$domain"
  fact utf8_maildir "$mail/δοκιμή"
}
