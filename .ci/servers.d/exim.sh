# shellcheck shell=bash disable=SC2034,SC2154 # .ci/servers reads it, and has the rest
# Exim, Debian's heavy one. EXTERNAL is offered to who shows a client's certificate of the CA. Who sends to prdr-refuse@ is refused by
# PRDR for that recipient alone, and without PRDR for all.

ports=(smtp smtps submission proxy)
log=$home/root/log/mainlog

install() {
  unpack bookworm exim4-daemon-heavy
  system_user Debian-exim 101
}

configuration() {
  cat <<CONF
primary_hostname = $hostname
qualify_domain = $domain
domainlist local_domains = $domain
local_interfaces = 127.0.0.1
daemon_smtp_ports = $smtp_port : $smtps_port : $submission_port : $proxy_port
tls_on_connect_ports = $smtps_port
hosts_proxy = \${if eq{\$received_port}{$proxy_port}{127.0.0.1}{}}
disable_ipv6
keep_environment =
notifier_socket =
# Nobody is asked who a client is: there is no name server.
host_lookup =
rfc1413_hosts =
dns_again_means_nonexist = *
log_file_path = /log/%slog
log_selector = +smtp_protocol_error +smtp_syntax_error
spool_directory = /spool
smtp_accept_max = 300
smtp_accept_queue_per_connection = 0
message_size_limit = 20M
tls_certificate = /etc/tls/server.pem
tls_privatekey = /etc/tls/server.key
tls_require_ciphers = NORMAL:-VERS-TLS1.0:-VERS-TLS1.1
tls_advertise_hosts = *
tls_try_verify_hosts = *
tls_verify_certificates = /etc/tls/ca.pem
prdr_enable
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data_prdr = each
acl_smtp_data = all
acl_smtp_vrfy = accept

begin acl

rcpt:
  deny  condition = \${if eq{\$received_port}{$submission_port}}
        !authenticated = *
        message = authentication required
  deny  domains = +local_domains
        local_parts = ^[.] : ^.*[@%!/|]
        message = a local part that nobody here has
  deny  authenticated = *
        condition = \${if or{{!match{\$domain}{[.]}}{and{{def:sender_address}{!match{\$sender_address_domain}{[.[]}}}}}}
        message = the domain is not complete
  accept authenticated = *
        control = submission
  accept domains = ! +local_domains
        hosts = $relay_client
  require domains = +local_domains
        message = relay not permitted
  require verify = recipient
  accept

each:
  deny  local_parts = prdr-refuse
        message = this recipient takes no such message
  accept

all:
  deny  !condition = \$prdr_requested
        condition = \${if match{\$recipients}{prdr-refuse@$domain}}
        message = one of the recipients takes no such message
  accept

begin routers

mailboxes:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;/etc/mailboxes
  transport = maildir

unknown:
  driver = redirect
  domains = +local_domains
  allow_fail
  data = :fail: no such mailbox

# Nothing leaves: what somebody who may relay sends elsewhere is thrown away.
elsewhere:
  driver = redirect
  data = :blackhole:

begin transports

maildir:
  driver = appendfile
  directory = /mail/\$local_part_data
  maildir_format
  create_directory
  mode = 0644
  user = nobody
  group = nogroup
  return_path_add
  delivery_date_add

begin retry

* * F,1h,1m

begin authenticators

plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{inlist{\$auth1}{:valid@$domain}}{eq{\$auth2}{valid@$domain}}{eq{\$auth3}{$password}}}}
  server_set_id = \$auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = \${if and{{eq{\$auth1}{valid@$domain}}{eq{\$auth2}{$password}}}}
  server_set_id = \$auth1

cram:
  driver = cram_md5
  public_name = CRAM-MD5
  server_secret = \${if eq{\$auth1}{valid@$domain}{$password}fail}
  server_set_id = \$auth1

external:
  driver = external
  public_name = EXTERNAL
  server_advertise_condition = \${if bool{\$tls_in_certificate_verified}}
  server_param2 = \${certextract{subj_altname,mail}{\$tls_in_peercert}}
  server_condition = \${if inlisti{\$auth1}{\$auth2}}
  server_set_id = \$auth1
CONF
}

configure() {
  local root=$home/root box
  mkdir -p "$root"/etc/{tls,exim4} "$root"/{log,spool}
  chown 101:101 "$root"/{log,spool}
  cp "$dir/tls"/{server.pem,server.key,ca.pem} "$root/etc/tls"
  for box in valid second postmaster prdr-refuse δοκιμή; do
    echo "$box: $box"
  done >"$root/etc/mailboxes"
  configuration >"$root/etc/exim4/exim4.conf"
}

start() {
  begin_in_root /usr/sbin/exim4 -bdf -q1h
}

facts() {
  common_facts "Exim $(package_version bookworm exim4-daemon-heavy) (exim4-daemon-heavy)"
  fact mechanisms "PLAIN LOGIN CRAM-MD5"
  fact utf8_rcpt "δοκιμή@$domain"
  fact utf8_maildir "$mail/δοκιμή"
  fact prdr_refused_rcpt "prdr-refuse@$domain"
}
