// SPDX-License-Identifier: Apache-2.0
#include "redact/program_options.hpp"

#include <algorithm>
#include <unordered_map>

namespace stray {
namespace {

// A row: programs, the words that must stand before, options, flags, the position of a secret. An option is
// its name and signs behind it: ':' '%' ',' '/' '~' (scheme:) '=' '?' '@' say which part of its value is
// secret,
// '!' that the value is glued to it, '.' that it is not.
struct Row {
  const char *programs, *words, *options, *flags = "";
  int position = 0;
  Part part = Part::whole;
};

constexpr Row kRows[] = {
    // databases
    {"mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlslap mysqlpump mysqlbinlog mysqlsh "
     "mycli mydumper "
     "myloader mariadb mariadb-dump mariadb-admin mariadb-import mariadb-show mariadb-check xtrabackup "
     "innobackupex",
     "", "-p! --password!"},
    {"mysqladmin", "password", "", "", 1},
    {"mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles", "", "-p"},
    {"redis-cli valkey-cli keydb-cli", "", "-a --pass"},
    {"redis-cli valkey-cli", "AUTH auth", "", "", -1},
    {"cqlsh cypher-shell beeline cbq couchbase-cli vsql nzsql rabbitmqadmin", "", "-p"},
    {"vsql", "", "-w"},
    {"influx", "", "-password. -t"},
    {"sqlcmd osql tsql bcp", "", "-P"},
    {"isql", "", "", "", 3},
    {"sqlplus exp imp expdp impdp sqlldr rman", "", "", "", 1, Part::behind_slash},
    {"sqlplus exp imp expdp impdp sqlldr", "", "userid=/", ""},
    {"db2", "using USING", "", "", 1},
    {"clickhouse-client clickhouse", "", "--password"},
    {"rabbitmqctl", "add_user change_password authenticate_user", "", "", 2},
    {"mosquitto_pub mosquitto_sub mosquitto_rr", "", "-P"},
    {"mosquitto_passwd", "-b", "", "", 3},
    {"nats", "", "--creds?"},
    {"ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldapexop ldapurl", "", "-w"},
    {"ldappasswd", "", "-w -s -a"},
    // the web
    {"curl", "",
     "-u: --user: -U: --proxy-user: -b= --cookie= --oauth2-bearer --pass --proxy-pass --tlspassword "
     "--proxy-tlspassword --ftp-account "
     "-x@ --cert: -E:",
     "afgGiIjklLnNOpqRsSvV0123456#"},
    {"wget wget2", "", "--password --http-password --ftp-password --proxy-password"},
    {"http https xh xhs httpie", "", "-a:", "bfhIvdcFp"},
    {"ab", "", "-A: -P: -C=", "kqrdSsv"},
    {"siege wrk hey vegeta bombardier k6 oha", "", "-a:"},
    {"lftp", "", "-u, --user,", ""},
    {"open", "", "-u,"},
    {"ncftp ncftpput ncftpget ncftpls", "", "-p"},
    {"curlftpfs sshfs", "", "", "", 1, Part::behind_colon},
    {"htpasswd", "-b", "", "", -1},
    {"swaks", "", "-ap. --auth-password --ap"},
    {"sendemail sendEmail", "", "-xp."},
    {"imapsync", "", "--password1 --password2"},
    {"doveadm", "", "-p"},
    {"doveadm", "test login", "", "", 2},
    {"sipp", "", "-ap."},
    {"irssi", "", "-w"},
    {"svn", "", "--password"},
    // remote machines
    {"sshpass", "", "-p"},
    {"smbclient rpcclient smbget smbtree smbcacls smbcquotas net winexe wmic nmblookup smbmap", "",
     "-U% --user%"},
    {"smbmap evil-winrm crackmapexec cme nxc netexec hydra medusa ncrack bloodhound-python ldapdomaindump",
     "", "-p"},
    {"evil-winrm secretsdump.py psexec.py wmiexec.py smbexec.py GetUserSPNs.py", "", "-hashes. -H"},
    {"secretsdump.py psexec.py wmiexec.py smbexec.py smbclient.py GetUserSPNs.py GetNPUsers.py "
     "mssqlclient.py "
     "impacket-secretsdump impacket-psexec impacket-wmiexec impacket-smbexec impacket-smbclient "
     "impacket-mssqlclient",
     "", "", "", 1, Part::behind_colon},
    {"xfreerdp xfreerdp3 wlfreerdp freerdp", "", "/p /gp /pth"},
    {"rdesktop", "", "-p"},
    {"x11vnc", "", "-passwd."},
    {"x11vnc", "-storepasswd", "", "", 1},
    {"ipmitool ipmipower ipmiconsole bmc-info ipmi-sensors", "", "-P -p?"},
    {"ipmitool", "password", "", "", 2},
    {"racadm", "", "-p"},
    {"snmpget snmpwalk snmpset snmpbulkwalk snmpbulkget snmpgetnext snmptrap snmptable snmpstatus snmpdf", "",
     "-c -A -X"},
    {"ipa-client-install ipa-server-install ipa-replica-install", "", "-w -a. -p?"},
    {"ipa-server-install", "", "-p"},
    {"kadmin kadmin.local", "", "-w -pw"},
    {"samba-tool", "create add", "", "", 2},
    {"samba-tool", "", "--newpassword --adminpass"},
    {"steamcmd", "+login", "", "", 2},
    {"net", "user", "", "", 2},
    {"pm2", "link", "", "", 1},
    {"plink pscp psftp putty", "", "-pw."},
    {"wpa_passphrase", "", "", "", 2},
    {"iwconfig", "key", "", "", 1},
    {"tailscale", "", "--authkey --auth-key"},
    {"wg", "", "--preshared-key"},
    {"openconnect", "", "--form-entry="},
    // archives and ciphers
    {"7z 7za 7zr 7zz p7zip", "", "-p!"},
    {"rar unrar", "", "-p! -hp!"},
    {"zip zipcloak zipnote", "", "-P", "rqjmv0123456789XDeuf"},
    {"unzip funzip zipinfo", "", "-P", "oqnjvtlpL"},
    {"openssl", "", "-passin~ -passout~ -pass~ -k. -K. -passwd. -macopt~ -hmac. -password~ -srppass~ -psk."},
    {"openssl", "passwd", "", "", -1},
    {"gpg gpg2 gpgsm", "", "--passphrase"},
    {"ssh-keygen", "", "-N -P", "q"},
    {"steghide outguess ecryptfs-add-passphrase", "", "-p -k"},
    {"pdftk", "user_pw owner_pw input_pw", "", "", 1},
    {"qpdf", "--encrypt", "", "", 1},
    {"qpdf", "--encrypt", "", "", 2},
    {"pdftotext pdfinfo pdftoppm pdfimages pdftohtml pdfseparate", "", "-upw. -opw."},
    {"keytool jarsigner", "", "-storepass. -keypass. -srcstorepass. -deststorepass."},
    {"signtool", "", "/p -p"},
    {"useradd usermod groupadd groupmod adduser", "", "-p"},
    {"rclone", "obscure", "", "", 1},
    {"ansible ansible-playbook", "", ""},
    {"ansible-vault", "encrypt_string", "", "", 1},
    {"security", "add-generic-password add-internet-password unlock-keychain", "-w -p"},
    {"pkcs11-tool softhsm2-util yubico-piv-tool ykman", "", "-p -P --pin --so-pin"},
    // containers and clouds
    {"docker podman nerdctl buildah skopeo helm oras crane regctl kubelogin", "login", "-p"},
    {"podman skopeo buildah", "", "--creds: --src-creds: --dest-creds:"},
    {"kubectl oc k3s", "secret create-secret", "--from-literal="},
    {"oc argocd rancher cf ibmcloud az eksctl databricks bx", "login", "-p -t?"},
    {"az", "sp user vm", "-p"},
    {"cf", "auth", "", "", 2},
    {"az", "secret", "--value"},
    {"aws", "put-parameter", "--value"},
    {"vault", "create revoke lookup renew", "-id."},
    {"doctl", "", "-t --access-token"},
    {"vercel now netlify surge gh glab linode-cli codecov coveralls circleci drone fly flyctl tea", "",
     "-t? --auth"},
    {"ngrok", "authtoken add-authtoken", "", "", 1},
    {"b2", "authorize-account authorize_account", "", "", 2},
    {"mc mcli", "set", "", "", 4},
    {"mc mcli", "add", "", "", 4},
    {"vault", "login unseal", "", "", 1},
    {"vault", "put patch", "*="},
    {"fly flyctl supabase", "secrets", "*="},
    {"consul nomad", "", "-token. -secret."},
    {"pulumi", "--secret", "", "", 2},
    {"gh", "secret", "-b --body"},
    {"gitlab-runner gitlab-ci-multi-runner", "register", "-r -t"},
    {"k3s rke2", "", "-t"},
    {"snyk", "auth", "", "", 1},
    {"cargo", "login", "", "", 1},
    {"poetry", "config http-basic", "", ""},
    {"poetry twine hatch flit uv pdm", "publish upload", "-p -t -a"},
    {"nuget dotnet", "push", "-k -ApiKey. -apikey."},
    {"gem", "push", "-k"},
    {"asadmin jboss-cli.sh add-user.sh jboss-cli", "", "-p"},
    {"pt-query-digest pt-table-checksum pt-table-sync pt-online-schema-change pt-archiver pt-kill "
     "pt-heartbeat",
     "", "-p"},
};

Part part_of(char sign) {
  switch (sign) {
    case ':':
      return Part::behind_colon;
    case '%':
      return Part::behind_percent;
    case ',':
      return Part::behind_comma;
    case '/':
      return Part::behind_slash;
    case '~':
      return Part::behind_scheme;
    case '@':
      return Part::userinfo;
    case '=':
      return Part::assigned;
    default:
      return Part::by_value;
  }
}

ProgramOption option_of(std::string_view text) {
  ProgramOption out;
  for (;; text.remove_suffix(1)) {
    const char sign = text.back();
    if (sign == '!')
      out.glued_only = true;
    else if (sign == '.')
      out.apart_only = true;
    else if (std::string_view(":%,/~=?@").find(sign) != std::string_view::npos)
      out.part = part_of(sign);
    else
      break;
  }
  out.name = text;
  return out;
}

template <typename F>
void each_word(std::string_view text, F&& take) {
  while (!text.empty()) {
    const auto blank = std::min(text.find(' '), text.size());
    if (blank > 0) take(text.substr(0, blank));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
}

struct Table {
  std::vector<ProgramRule> rules;
  std::unordered_map<std::string_view, std::vector<const ProgramRule*>> by_program;

  Table() {
    for (const Row& row : kRows) {
      ProgramRule rule;
      each_word(row.programs, [&](std::string_view word) { rule.programs.push_back(word); });
      each_word(row.words, [&](std::string_view word) { rule.words.push_back(word); });
      each_word(row.options, [&](std::string_view word) { rule.options.push_back(option_of(word)); });
      rule.flags = row.flags, rule.position = row.position, rule.position_part = row.part;
      rules.push_back(std::move(rule));
    }
    for (const ProgramRule& rule : rules)
      for (const std::string_view program : rule.programs) by_program[program].push_back(&rule);
  }
};

const Table& table() {
  static const Table out;
  return out;
}

}  // namespace

std::span<const ProgramRule* const> rules_of(std::string_view program) {
  const auto found = table().by_program.find(program);
  if (found == table().by_program.end()) return {};
  return found->second;
}

std::vector<std::string_view> ruled_programs() {
  std::vector<std::string_view> out;
  for (const auto& [name, rules] : table().by_program) out.push_back(name);
  return out;
}

}  // namespace stray
