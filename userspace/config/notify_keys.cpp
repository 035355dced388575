// SPDX-License-Identifier: Apache-2.0
#include "config/notify_keys.hpp"

#include <algorithm>
#include <optional>

#include "base/nearest.hpp"
#include "base/units.hpp"
#include "config/kind_name.hpp"

namespace stray {
namespace {

using Type = NotifyTarget::Type;
constexpr Type kTypes[] = {Type::exec, Type::webhook, Type::alertmanager, Type::mail};
constexpr std::size_t kLongestName = 32, kLongestAddress = 254, kMostAddresses = 50;
constexpr std::int64_t kMostParallel = 16;
constexpr BootTime kShortest = seconds(1), kLongest = seconds(300);

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '-' || c == '_';
  });
}

// What a mail program could take for an option, or a header for its end, is no address.
bool is_address(std::string_view address) {
  return !address.empty() && address.size() <= kLongestAddress && address.front() != '-' &&
         std::all_of(address.begin(), address.end(), [](char c) {
           return is_letter_or_digit(c) || std::string_view("@.-_+=").find(c) != std::string_view::npos;
         });
}

// Whether it can only be this host.
bool is_loopback(std::string_view url) {
  const std::string server = server_of(url);
  std::string_view host = std::string_view(server).substr(std::string_view("http://").size());
  if (host.starts_with("[::1]")) return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  return host == "localhost" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

class Entry {
 public:
  Entry(TomlReader& toml, const toml::table& entry) : toml_(toml), entry_(entry) {}

  NotifyTarget read(const std::vector<NotifyTarget>& others) {
    const auto type = read_type();
    if (!type) return out_;
    TomlReader::Keys keys = common();
    switch (out_.type = *type) {
      case Type::exec:
        for (auto& key : of_exec()) keys.push_back(std::move(key));
        break;
      case Type::mail:
        for (auto& key : of_mail()) keys.push_back(std::move(key));
        break;
      case Type::webhook:
      case Type::alertmanager:
        for (auto& key : of_server()) keys.push_back(std::move(key));
        break;
    }
    // It groups, limits and resolves by itself.
    if (*type != Type::alertmanager) {
      keys.emplace_back("resolve", toml_.into(out_.resolve, "resolve"));
      keys.emplace_back("rate", [this](const toml::node& value) {
        if (const auto text = toml_.text(value, "rate"))
          toml_.guard(value, [&] { out_.rate = parse_rate(*text); });
      });
    }
    const std::size_t before = toml_.count();
    toml_.each_key(entry_, keys);
    if (toml_.count() == before) check(others);
    return out_;
  }

 private:
  void wrong(std::string what) { toml_.problem(entry_.source(), std::move(what)); }

  std::optional<Type> read_type() {
    const toml::node* node = entry_.get("type");
    std::vector<std::string> names;
    for (const Type one : kTypes) names.emplace_back(to_string(one));
    if (!node) {
      wrong("a [[notify]] needs a type: exec, webhook, alertmanager or mail");
      return {};
    }
    const auto text = toml_.text(*node, "type");
    for (const Type one : kTypes)
      if (text && *text == to_string(one)) return one;
    if (text)
      toml_.problem(node->source(), "type: \"" + *text + "\" is not exec, webhook, alertmanager or mail" +
                                        did_you_mean(*text, names));
    return {};
  }

  TomlReader::Keys common() {
    return {{"type", [](const toml::node&) {}},
            {"name", toml_.into(out_.name, "name")},
            {"kinds",
             [this](const toml::node& node) {
               for (const std::string& name : toml_.texts(node, "kinds"))
                 toml_.guard(node, [&] { out_.kinds.push_back(parse_kind(name, "kinds")); });
             }},
            {"severity",
             [this](const toml::node& node) {
               if (const auto text = toml_.text(node, "severity"))
                 toml_.guard(node, [&] { out_.severity = parse_severity(*text, "severity"); });
             }},
            {"timeout", [this](const toml::node& node) {
               const auto text = toml_.text(node, "timeout");
               if (!text) return;
               toml_.guard(node, [&] { out_.timeout = parse_duration(*text, "timeout"); });
               if (out_.timeout < kShortest || out_.timeout > kLongest)
                 toml_.problem(node.source(), "timeout must be from " + duration_text(kShortest) + " to " +
                                                  duration_text(kLongest));
             }}};
  }
  TomlReader::Keys of_exec() {
    return {{"command", toml_.into(out_.command, "command")},
            {"user", toml_.into(out_.user, "user")},
            {"parallel", [this](const toml::node& node) {
               const auto number = toml_.number(node, "parallel");
               if (!number) return;
               if (*number < 1 || *number > kMostParallel)
                 return toml_.problem(node.source(),
                                      "parallel must be from 1 to " + std::to_string(kMostParallel));
               out_.parallel = static_cast<std::uint32_t>(*number);
             }}};
  }
  TomlReader::Keys of_server() {
    return {{"url", toml_.into(out_.url, "url")},
            {"header_file", toml_.into(out_.header_file, "header_file")},
            {"ca_file", toml_.into(out_.ca_file, "ca_file")},
            {"insecure_http", toml_.into(out_.insecure_http, "insecure_http")}};
  }
  TomlReader::Keys of_mail() {
    return {{"to", toml_.into(out_.to, "to")},
            {"from", toml_.into(out_.from, "from")},
            {"sendmail", toml_.into(out_.sendmail, "sendmail")},
            {"user", toml_.into(out_.user, "user")}};
  }

  void check(const std::vector<NotifyTarget>& others) {
    if (out_.name.empty())
      wrong("a [[notify]] needs a name");
    else if (!is_name(out_.name))
      wrong("name: \"" + out_.name + "\" is not 1 to " + std::to_string(kLongestName) +
            " letters, digits, - and _");
    if (std::any_of(others.begin(), others.end(), [&](const auto& one) { return one.name == out_.name; }))
      wrong("there is another [[notify]] with the name \"" + out_.name + "\"");
    switch (out_.type) {
      case Type::exec:
        return check_exec();
      case Type::mail:
        return check_mail();
      case Type::webhook:
      case Type::alertmanager:
        return check_server();
    }
  }
  void check_exec() {
    if (out_.command.empty())
      return wrong(
          "a [[notify]] of type exec needs a command, as command = [\"/usr/local/bin/page\", \"ops\"]");
    whole_path("command", out_.command.front());
    if (out_.user.empty())
      wrong("a [[notify]] of type exec needs a user that runs the command; \"root\" must be said too");
    for (const std::string& word : out_.command)
      if (word.find('\0') != std::string::npos) wrong("command: no argument can have a NUL");
  }
  void check_mail() {
    if (out_.to.empty()) wrong("a [[notify]] of type mail needs to, as to = [\"ops@example.org\"]");
    if (out_.to.size() > kMostAddresses)
      wrong("to: more than " + std::to_string(kMostAddresses) + " addresses; use an alias");
    if (out_.from.empty()) wrong("a [[notify]] of type mail needs from, as from = \"stray@example.org\"");
    for (const std::string& address : out_.to)
      if (!is_address(address)) wrong("to: \"" + address + "\" is not a mail address without a display name");
    if (!out_.from.empty() && !is_address(out_.from))
      wrong("from: \"" + out_.from + "\" is not a mail address without a display name");
    whole_path("sendmail", out_.sendmail);
  }
  void check_server() {
    const std::string server = server_of(out_.url);
    const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
    if (server.empty() || !std::all_of(out_.url.begin(), out_.url.end(), visible))
      return wrong("url: write a URL, as url = \"https://hooks.example.org/stray\"");
    if (server.find('@') != std::string::npos)
      wrong("url: no user and password there: put \"Authorization: ...\" into a header_file");
    if (server.starts_with("http:") && !is_loopback(out_.url) && !out_.insecure_http)
      wrong(
          "url: http is for this host alone (127.0.0.1, ::1, localhost): use https, or set "
          "insecure_http = true");
    if (!out_.header_file.empty()) whole_path("header_file", out_.header_file);
    if (!out_.ca_file.empty()) whole_path("ca_file", out_.ca_file);
  }
  void whole_path(std::string_view key, const std::string& path) {
    if (!path.starts_with('/') || path.find('\0') != std::string::npos)
      wrong(std::string(key) + ": \"" + path + "\" is not a whole path; begin it with /");
  }

  TomlReader& toml_;
  const toml::table& entry_;
  NotifyTarget out_;
};

}  // namespace

NotifyTarget read_notify(TomlReader& toml, const toml::table& entry,
                         const std::vector<NotifyTarget>& others) {
  return Entry(toml, entry).read(others);
}

}  // namespace stray
