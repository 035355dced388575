// SPDX-License-Identifier: Apache-2.0
#include "redact/redact_patterns.hpp"

namespace stray {
namespace {

// Names must stand right before the "=": --token-limit=5 and --password-file=/x hold no secret. These may
// have any word before them (PGPASSWORD, clientSecret, --db-password) …
const std::string kLongNames =
    "[a-z0-9_.-]*(?:password|passwd|passphrase|token|secret|api[-_]?key|secret[-_]?(?:access[-_]?)?key"
    "|secret[-_]key[-_]base)";
// … these only a separated one (bypass, OLDPWD and PWD are harmless; MYSQL_PWD is not).
const std::string kShortNames = "(?:[a-z0-9_.-]*[-_.])?pass|[a-z0-9_.-]*[a-z0-9][-_.]pwd";
const std::string kNames = "(?:" + kLongNames + "|" + kShortNames + ")";

// A value inside a longer text (sh -c '…', a URL's query): to the closing quote or the end of the word.
const std::string kWord = R"re(("[^"]*"|'[^']*'|[^\s&;|]+))re";

const std::string kMysql =
    "(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlshow|mariadb|mariadb-dump|mariadb-admin)";

}  // namespace

std::vector<std::string> secret_patterns() {
  return {
      // --password=X, DB_PASSWORD=X, -Dspring.datasource.password=X as an argument: all of the rest is the
      // value
      "(?is)^-{0,2}" + kNames + "=(.+)$",
      // the same inside a text
      R"re((?i)[\s;&|"'(?,{=]-{0,2})re" + kNames + "=" + kWord,
      // --password X inside a text
      R"re((?i)[\s;&|"'(=]--?)re" + kNames + R"re(\s+("[^"]*"|'[^']*'|[^\s&;|"'-][^\s&;|]*))re",
      // "password": "X"
      R"re((?i)")re" + kNames + R"re("\s*:\s*"([^"]+)")re",
      // scheme://user:X@host
      R"re((?i)[a-z][a-z0-9+.-]*://[^\s/:@"]*:([^\s/"]+)@)re",
      // HTTP headers
      R"re((?i)(?:authorization|proxy-authorization):\s*(?:[a-z]+\s+)?([^\s"']+))re",
      R"re((?i)(?:x-api-key|x-auth-token|private-token|api-key):\s*([^\s"']+))re",
      // openssl -passin pass:X
      R"re((?s)^-pass(?:in|out)?=pass:(.+)$)re",
      // mysql -pX inside a text
      R"re((?:^|[\s;&|(/]))re" + kMysql + R"re(\s(?:[^;&|]*\s)?-p([^\s;&|]+))re",
      // tokens that show what they are: AWS, GitHub, GitLab, Slack, JSON Web Tokens, OpenAI and Anthropic,
      // Stripe, npm
      R"re(\b((?:AKIA|ASIA)[A-Z0-9]{16})\b)re",
      R"re(\b(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,}|glpat-[A-Za-z0-9_-]{16,}))re",
      R"re(\b(xox[a-z]-[A-Za-z0-9-]{8,}))re",
      R"re(\b(eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?))re",
      R"re(\b(sk-(?:[a-z0-9]+-)*[A-Za-z0-9_]{16,}[A-Za-z0-9_-]*))re",
      R"re(\b([sr]k_(?:live|test)_[A-Za-z0-9]{10,}|npm_[A-Za-z0-9]{30,}))re",
  };
}

const std::vector<ProgramSecret>& program_secrets() {
  static const std::vector<ProgramSecret> table = {
      {kMysql, R"re((?s)^-p([^=].*)$)re"},
      {"sshpass", R"re((?s)^-p=?(.+)$)re"},
      {"redis-cli", R"re((?s)^-a=(.+)$)re"},
      {"curl", R"re((?s)^(?:-[uU]=?|--(?:proxy-)?user=)[^:]*:(.+)$)re"},
  };
  return table;
}

}  // namespace stray
