// SPDX-License-Identifier: Apache-2.0
#include "redact/shapes.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace stray {
namespace {

// One alternation: a text is read once for all of them. By service; each begins with what only its tokens
// have.
constexpr const char* kTokens[] = {
    // AWS, Google, Azure, Alibaba, Tencent, DigitalOcean, Cloudflare, Fly, Heroku, Vercel, Supabase
    R"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b)",
    R"(AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{20,})",
    R"(LTAI[A-Za-z0-9]{12,}|AKID[A-Za-z0-9]{13,}|do[opr]_v1_[a-f0-9]{16,})",
    R"(FlyV1 [A-Za-z0-9_,+/=-]{20,}|fo1_[A-Za-z0-9_-]{20,}|HRKU-[A-Za-z0-9_-]{20,})",
    R"(sb[pk]_[a-f0-9]{20,}|sb_secret_[A-Za-z0-9_-]{10,}|nfp_[A-Za-z0-9]{20,}|vcp_[A-Za-z0-9]{20,})",
    // code hosting and CI
    R"(gh[pousr]_[A-Za-z0-9]{16,}|github_pat_[A-Za-z0-9_]{16,})",
    R"(gl(?:pat|dt|rt|ptt|ft|agent|cbt|oas|soat|imt|ffct)-[A-Za-z0-9_.-]{16,}|GR1348941[A-Za-z0-9_-]{16,})",
    R"(ATATT3[A-Za-z0-9_=-]{16,}|ATBB[A-Za-z0-9]{20,}|CCIPAT_[A-Za-z0-9_]{16,}|bkua_[a-f0-9]{20,}|figd_[A-Za-z0-9_-]{20,})",
    // packages
    R"(npm_[A-Za-z0-9]{20,}|pypi-[A-Za-z0-9_-]{16,}|rubygems_[a-f0-9]{20,}|dckr_[op]at_[A-Za-z0-9_-]{16,}|cio[A-Za-z0-9]{32}\b|oy2[a-z0-9]{43}\b)",
    // HashiCorp, Tailscale, Doppler, PlanetScale, Databricks, Grafana, Sentry, New Relic, Pulumi
    R"(hv[sbr]\.[A-Za-z0-9_-]{8,}|s\.[A-Za-z0-9]{24}\b|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{20,})",
    R"(tskey-[A-Za-z0-9-]{8,}|dp\.(?:pt|st|ct|scim|audit)\.[A-Za-z0-9_.-]{16,}|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{16,})",
    R"(dapi[a-f0-9]{32}|glsa_[A-Za-z0-9_]{16,}|glc_[A-Za-z0-9+/=]{20,}|sntry[su]_[A-Za-z0-9_+/=-]{16,}|NR(?:AK|JS|II)-[A-Z0-9a-z_-]{16,}|pul-[a-f0-9]{20,})",
    // talk and mail
    R"(xox[a-z]-[A-Za-z0-9-]{8,}|xapp-[A-Za-z0-9-]{16,}|\d{8,10}:[A-Za-z0-9_-]{35}\b)",
    R"([MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,})",
    R"(SG\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|key-[a-f0-9]{32}\b|[a-f0-9]{32}-us\d{1,2}\b|xkeysib-[a-f0-9]{20,}[A-Za-z0-9-]*|SK[a-f0-9]{32}\b)",
    // money
    R"([spr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{8,}|sq0[a-z]{3}-[A-Za-z0-9_-]{16,}|EAAA[A-Za-z0-9_-]{40,}|shp(?:at|ss|ca|pa)_[a-fA-F0-9]{16,}|access_token\$production\$[a-z0-9$]{20,})",
    // language models
    R"(sk-(?:[a-z0-9]+-)*[A-Za-z0-9_]{16,}[A-Za-z0-9_-]*|hf_[A-Za-z0-9]{8,}|r8_[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{16,}|xai-[A-Za-z0-9]{16,}|pplx-[a-zA-Z0-9]{16,})",
    // work
    R"(lin_api_[A-Za-z0-9]{16,}|ntn_[A-Za-z0-9]{16,}|secret_[A-Za-z0-9]{32,}|PMAK-[A-Za-z0-9-]{16,}|CFPAT-[A-Za-z0-9_-]{16,}|pat[A-Za-z0-9]{14}\.[a-f0-9]{20,}|ops_eyJ[A-Za-z0-9_-]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{16,})",
    // JSON Web Tokens
    R"(eyJ[A-Za-z0-9_-]{5,}\.eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?)",
};

constexpr const char* kBlocks[] = {
    // PEM, also with its lines joined or written as \n
    R"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)*([^\x00]+?)(?:(?:\\n|\s)*-----END|\x00|$))",
    // crypt(3)
    R"((\$(?:2[abxy]|[1567y]|argon2(?:id|i|d)|apr1|gy|scrypt|pbkdf2-sha\d+)\$[./A-Za-z0-9$=,+-]{12,}))",
    // addresses that are the right to post
    R"(hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9/_-]{8,}))",
    R"(discord(?:app)?\.com/api/webhooks/\d+/([A-Za-z0-9_-]{8,}))",
    R"(api\.telegram\.org/bot([A-Za-z0-9:_-]{8,}))",
    // SQL
    R"((?i)\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?["'\\]+([^"'\\\x00]+))",
    R"((?i)\b(?:user|role|login|with|encrypted|set)\b[^;"'\x00]*\bpassword\s+["'\\]+([^"'\\\x00]+))",
    R"((?i)\bpassword\s*\(\s*["'\\]+([^"'\\\x00]+)["'\\]+\s*\))",
    R"((?i)\bset\s+password\b[^;"'=\x00]*(?:["'`][^"'`;=\x00]*["'`]@?)*[^;"'=\x00]*=\s*["'\\]+([^"'\\\x00]+))",
    // expect
    R"re((?i)pass[a-z]*:?[^"\x00]{0,4}"?[^"\x00]{0,16}send\s+(?:--\s+)?\\?"([^"\\]+)\\+[rn])re",
    // mysqli_connect("host", "user", "X")
    R"((?i)(?:mysqli?_p?connect|mysqli|pdo|oci_connect|ldap_bind)\s*\(\s*[^,()\x00]*,\s*["'\\]+[^"'\\\x00]*["'\\]+\s*,\s*["'\\]+([^"'\\\x00]+))",
    // PHP and JavaScript: define('DB_PASSWORD', 'x')
    R"((?i)(?:define|setItem|set|putenv)\(\s*["'\\]+[\w.-]*(?:password|passwd|secret|token|api_?key)["'\\]+\s*,\s*["'\\]+([^"'\\\x00]+))",
};

template <std::size_t N>
std::string joined(const char* const (&all)[N]) {
  std::string out;
  for (const char* one : all) out.append(out.empty() ? "" : "|").append("(?:").append(one).append(")");
  return out;
}

}  // namespace

std::unique_ptr<re2::RE2> compile_pattern(std::string_view text) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  auto out = std::make_unique<RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (!out->ok())
    throw std::invalid_argument("redaction pattern \"" + std::string(text) + "\": " + out->error());
  return out;
}

void find_matches(const re2::RE2& pattern, std::string_view text, Found& found) {
  constexpr int kGroups = 16;
  std::array<re2::StringPiece, kGroups + 1> groups;
  const int count = std::min(pattern.NumberOfCapturingGroups(), kGroups) + 1;
  const re2::StringPiece subject(text.data(), text.size());
  for (std::size_t at = 0; at <= text.size();) {
    if (!pattern.Match(subject, at, subject.size(), RE2::UNANCHORED, groups.data(), count)) return;
    for (int n = count > 1 ? 1 : 0; n < count; ++n) {
      const auto& group = groups[static_cast<std::size_t>(n)];
      found.add({group.data(), group.size()});
    }
    const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
    at = std::max(end, at + 1);
  }
}

std::string shape_beginnings() {
  return R"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]|AIza|ya29\.|GOCSPX|1//0|LTAI|AKID|do[opr]_v1|FlyV1|fo1_|HRKU-)"
         R"(|sb[pk]_|nfp_|vcp_|gh[pousr]_|github_pat|gl[a-z]{2,5}-|GR1348|ATATT3|ATBB|CCIPAT|bkua_|figd_)"
         R"(|npm_[A-Za-z0-9]{4}|pypi-|rubygems_|dckr_|cio[A-Za-z0-9]{8}|oy2[a-z0-9]{8}|hv[sbr]\.|s\.[A-Za-z0-9]{24}|atlasv1|tskey|dp\.[psca])"
         R"(|pscale_|dapi[a-f0-9]|glsa_|glc_|sntry|NR[AJI][KSI]-|pul-[a-f0-9]|xox[a-z]-|xapp-|\d{8}:|\d{8}\d{1,2}:[A-Za-z0-9_-])"
         R"(|[MNO][A-Za-z0-9_-]{22}|SG\.|[a-f0-9]{8}-us\d|xkeysib|SK[a-f0-9]{8}|[spr]k_(?:live|test)|whsec_|sq0|EAAA|shp[a-z]{2}_)"
         R"(|sk-[A-Za-z0-9]|hf_|r8_|gsk_|xai-|pplx-|lin_api|ntn_|PMAK|CFPAT|ops_eyJ|AGE-SECRET|eyJ[A-Za-z0-9])"
         R"(|-----BEGIN|\$(?:2[abxy]|[1567y]|argon2|apr1|gy|scrypt|pbkdf2)|hooks\.slack|api\.telegram)";
}

Shapes::Shapes()
    : tokens_(compile_pattern("(?:^|[^A-Za-z0-9])(" + joined(kTokens) + ")")),
      blocks_(compile_pattern(joined(kBlocks))) {}
Shapes::~Shapes() = default;
Shapes::Shapes(Shapes&&) noexcept = default;
Shapes& Shapes::operator=(Shapes&&) noexcept = default;

void Shapes::find(std::string_view text, Found& found) const {
  find_matches(*tokens_, text, found);
  find_matches(*blocks_, text, found);
}

}  // namespace stray
