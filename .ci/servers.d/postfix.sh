# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# Postfix with Cyrus SASL. It is the one that is installed: its queue has owners that are the system's.
#
# Beside smtp, smtps and submission there are doors of their own for what a server offers to few: proxy (it wants a PROXY header),
# xclient (XCLIENT and XFORWARD), open (an open relay, for scenarios that have to fail), and a UNIX socket, for SMTP.

ports=(smtp smtps submission proxy xclient open)
mail=$home/mail
mechanisms="PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"

install() {
  local need=(postfix sasl2-bin libsasl2-modules libsasl2-modules-db)
  if ! dpkg-query -W -f '${Status}\n' "${need[@]}" 2>/dev/null | awk '/^install ok installed$/ { n++ } END { exit n != 4 }'; then
    # Without a configuration of its own nothing of it starts. Another MTA that is installed stays: then this fails.
    debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration"
    install_packages "${need[@]}"
  fi
}

# accounts makes the login. Debian's Postfix looks for the SASL configuration in sasl/ of its own, whatever
# cyrus_sasl_config_path says.
accounts() {
  mkdir -p "$home/etc/sasl"
  cat >"$home/etc/sasl/smtpd.conf" <<CONF
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: $home/etc/sasl/sasldb2
mech_list: $mechanisms
CONF
  printf %s "$password" | saslpasswd2 -p -c -f "$home/etc/sasl/sasldb2" -u "$domain" valid
  chgrp postfix "$home/etc/sasl/sasldb2"
  chmod 640 "$home/etc/sasl/sasldb2"
}

main_cf() {
  cat <<CONF
compatibility_level = 3.6
queue_directory = $home/queue
data_directory = $home/data
maillog_file = $home/log
maillog_file_prefixes = $home
myhostname = $hostname
mydomain = $domain
myorigin = $domain
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = $relay_client/32
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = $domain
virtual_mailbox_maps = texthash:$home/etc/mailboxes
virtual_mailbox_base = $mail
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
# Nothing leaves: there is no smtp client in master.cf, and what somebody who may relay sends elsewhere is thrown away. (With the
# error transport the smtpd would refuse it at RCPT already, and a login could not be told from a stranger.)
default_transport = discard:nothing leaves the test server
relay_transport = discard:nothing leaves the test server
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
notify_classes =
smtpd_forbid_bare_newline = normalize
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_count_limit = 0
default_process_limit = 200
smtpd_tls_chain_files = $dir/tls/server.key, $dir/tls/server.pem
smtpd_tls_security_level = may
smtpd_tls_protocols = >=TLSv1.2
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_received_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = cyrus
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = $domain
smtpd_sasl_authenticated_header = yes
CONF
}

master_cf() {
  cat <<CONF
127.0.0.1:$smtp_port inet n - n - - smtpd
smtp     unix n - n - - smtpd
127.0.0.1:$smtps_port inet n - n - - smtpd
  -o syslog_name=postfix/smtps
  -o smtpd_tls_wrappermode=yes
127.0.0.1:$submission_port inet n - n - - smtpd
  -o syslog_name=postfix/submission
  -o smtpd_tls_security_level=encrypt
  -o smtpd_tls_auth_only=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_non_fqdn_sender
  -o smtpd_recipient_restrictions=reject_non_fqdn_recipient
  -o non_fqdn_reject_code=554
127.0.0.1:$proxy_port inet n - n - - smtpd
  -o syslog_name=postfix/proxy
  -o smtpd_upstream_proxy_protocol=haproxy
127.0.0.1:$xclient_port inet n - n - - smtpd
  -o syslog_name=postfix/xclient
  -o smtpd_authorized_xclient_hosts=127.0.0.1
  -o smtpd_authorized_xforward_hosts=127.0.0.1
127.0.0.1:$open_port inet n - n - - smtpd
  -o syslog_name=postfix/open
  -o mynetworks=127.0.0.0/8
  -o smtpd_relay_restrictions=permit_mynetworks,reject
pickup   unix n - n 60 1 pickup
cleanup  unix n - n - 0 cleanup
qmgr     unix n - n 300 1 qmgr
tlsmgr   unix - - n 1000? 1 tlsmgr
rewrite  unix - - n - - trivial-rewrite
bounce   unix - - n - 0 bounce
defer    unix - - n - 0 bounce
trace    unix - - n - 0 bounce
flush    unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq    unix n - n - - showq
error    unix - - n - - error
discard  unix - - n - - discard
retry    unix - - n - - error
virtual  unix - n n - - virtual
anvil    unix - - n - 1 anvil
postlog  unix-dgram n - n - 1 postlogd
CONF
}

configure() {
  mkdir -p "$home"/{etc,queue,data,mail}
  chown postfix "$home/data"
  chown nobody "$mail"
  accounts
  printf '%s@'"$domain"' %s/\n' valid valid second second postmaster postmaster δοκιμή utf8 >"$home/etc/mailboxes"
  main_cf >"$home/etc/main.cf"
  master_cf >"$home/etc/master.cf"
}

start() {
  postfix -c "$home/etc" start >>"$home/setup.log" 2>&1 || true # what is wrong shows in ports that stay closed
}

# stop returns when nobody listens any more: smtpd processes hold the sockets for a moment after the master is gone.
stop() {
  local port tries=0
  [[ -e $home/etc/master.cf ]] || return 0
  postfix -c "$home/etc" stop >>"$home/setup.log" 2>&1 || return 0 # it did not run
  while read -r port; do
    while answers "$port"; do
      ((++tries < 100)) || die "port $port is still open after the stop"
      sleep 0.1
    done
  done < <(sed -n 's/^127\.0\.0\.1:\([0-9]*\) *inet.*/\1/p' "$home/etc/master.cf")
}

facts() {
  common_facts "Postfix $(dpkg-query -W -f '${Version}' postfix)"
  fact socket "$home/queue/public/smtp"
  fact mechanisms "$mechanisms"
  fact utf8_rcpt "δοκιμή@$domain"
  fact utf8_maildir "$mail/utf8"
}
