// SPDX-License-Identifier: Apache-2.0
#include "notify/deliver.hpp"

#include <linux/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/descriptor.hpp"
#include "base/json.hpp"
#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/root_files.hpp"
#include "notify/alerts.hpp"
#include "notify/http.hpp"
#include "notify/mail.hpp"
#include "notify/program.hpp"
#include "privilege/capabilities.hpp"

namespace stray {
namespace {

using Outcome = Delivery::Outcome;
using Type = NotifyTarget::Type;
constexpr const char* kUnit = "; of a service: see /usr/share/stray/notify.conf";
constexpr int kTryAgain = 75;  // EX_TEMPFAIL of sysexits.h

std::chrono::milliseconds timeout_of(const NotifyTarget& target) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(target.timeout.count() / 1'000'000));
}

// Root runs no file that another could change or exchange. Empty: it is fine.
std::string changeable(const ProgramUser& user, const std::string& path) {
  return user.uid == 0 ? root_may_run(path) : std::string();
}

std::string problem_of_program(const NotifyTarget& target) {
  const auto user = program_user(target.user);
  if (!user) return "there is no user \"" + target.user + "\"";
  if (user->uid != ::geteuid()) {
    using privilege::bit;
    const auto needed = bit(CAP_SETUID) | bit(CAP_SETGID) | bit(CAP_KILL);
    if ((privilege::held() & needed) != needed)
      return "to run it as " + target.user + " stray needs CAP_SETUID, CAP_SETGID and CAP_KILL" + kUnit;
  }
  const std::string& program = target.type == Type::exec ? target.command.front() : target.sendmail;
  if (::access(program.c_str(), X_OK) != 0) return program + ": " + std::strerror(errno);
  return changeable(*user, program);
}

std::string problem_of_server(const NotifyTarget& target) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket && errno == EAFNOSUPPORT) return std::string("sockets of the network are refused here") + kUnit;
  try {
    if (!target.header_file.empty()) header_lines(target.header_file);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  if (!target.ca_file.empty() && ::access(target.ca_file.c_str(), R_OK) != 0)
    return target.ca_file + ": " + std::strerror(errno);
  return {};
}

Delivery run(const NotifyTarget& target, std::vector<std::string> arguments, const std::string& input,
             const GiveUp& give_up) {
  const auto user = program_user(target.user);
  if (!user) return {Outcome::refused, "there is no user \"" + printable(target.user) + "\"", {}};
  if (const std::string why = changeable(*user, arguments.front()); !why.empty())
    return {Outcome::refused, why, {}};
  NotifyProgram program{.arguments = std::move(arguments), .user = *user, .timeout = timeout_of(target)};
  const bool mail = target.type == Type::mail;  // sendmail may be setgid, and may go on in the background
  program.no_new_privs = program.ends_group = !mail;
  const ProgramEnd end = run_program(program, input, give_up);
  Delivery out{Outcome::refused, text_of(end, program), {}};
  if (end.how == ProgramEnd::How::exited && end.code == 0) out.outcome = Outcome::sent;
  if (end.how == ProgramEnd::How::exited && end.code == kTryAgain) out.outcome = Outcome::again;
  return out;
}

Delivery post(const NotifyTarget& target, const std::string& url, const std::string& body,
              const GiveUp& give_up) {
  const HttpAnswer answer = http_post(target, url, body, give_up);
  const std::string server = printable(server_of(url));
  if (answer.status == 0) return {Outcome::again, server + ": " + printable(answer.error), {}};
  Delivery out{Outcome::refused, server + " answered " + std::to_string(answer.status), answer.retry_after};
  if (answer.status >= 200 && answer.status < 300) out.outcome = Outcome::sent;
  if (answer.status >= 500 || answer.status == 429 || answer.status == 408) out.outcome = Outcome::again;
  return out;
}

}  // namespace

std::int64_t real_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Delivery post_alerts(const NotifyTarget& target, const std::string& body, const GiveUp& give_up) {
  std::string url = target.url;
  while (url.ends_with('/')) url.pop_back();
  return post(target, url + "/api/v2/alerts", body, give_up);
}

Delivery deliver(const NotifyTarget& target, const Message& message, const GiveUp& give_up) {
  switch (target.type) {
    case Type::exec:
      return run(target, target.command, message.document + "\n", give_up);
    case Type::mail:
      return run(target, sendmail_arguments(target), mail_of(target, message, real_now_ns()), give_up);
    case Type::webhook:
      return post(target, target.url, message.document, give_up);
    case Type::alertmanager:
      return post_alerts(target, test_alert(message, real_now_ns()), give_up);
  }
  return {};
}

std::string problem_of(const NotifyTarget& target) {
  return target.runs_program() ? problem_of_program(target) : problem_of_server(target);
}

std::string description_of(const NotifyTarget& target) {
  std::string out(to_string(target.type));
  switch (target.type) {
    case Type::exec:
      out += " of " + target.command.front() + " as " + target.user;
      break;
    case Type::mail:
      out += " to " + joined(target.to);
      break;
    case Type::webhook:
    case Type::alertmanager:
      out += " to " + server_of(target.url);
      break;
  }
  for (const Kind kind : target.kinds) add_to(out, to_string(kind));
  if (target.severity != Severity::info) add_to(out, std::string(to_string(target.severity)) + " and worse");
  if (target.rate.count) add_to(out, "at most " + rate_text(target.rate));
  if (!target.resolve) add_to(out, "not when resolved");
  return out;
}

Message test_message(const NotifyTarget& target, const std::string& host, std::int64_t real_ns) {
  Message out;
  out.what = Message::What::test;
  out.severity = target.severity;
  out.host = host;
  out.title = "a test of [[notify]] " + target.name;
  out.text =
      out.title + ", sent by stray doctor --notify on " + host + "\nno finding: nothing is to be done\n";
  Json json(out.document);
  begin_document(json, out, real_ns);
  json.end_object();
  return out;
}

}  // namespace stray
