// SPDX-License-Identifier: Apache-2.0
// stray check: is the host as the policy says?
#include <unistd.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "cli/policy_input.hpp"
#include "cli/standard_output.hpp"
#include "cli/view_limits.hpp"
#include "sources/host_state.hpp"

namespace stray {
namespace {

struct CheckOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
  std::string policy;
  bool nagios = false;
};

constexpr int kNagiosUnknown = 3;

std::string_view level_word(const Outcome& one) {
  if (one.met) return "met";
  return one.level == Level::warning ? "warning" : "critical";
}

// In this order, as a plugin's line begins.
int nagios_state(const Verdicts& verdicts) {
  int state = 0;
  for (const Outcome& one : verdicts.outcomes)
    if (!one.met) state = std::max(state, one.level == Level::warning ? 1 : 2);
  return state;
}

// One line: what stands behind a "|" is perfdata, and a line break would end it.
std::string nagios_text(std::string_view text) {
  std::string out = printable(text);
  std::replace(out.begin(), out.end(), '|', '/');
  return out;
}

std::string nagios(const Verdicts& verdicts, const ViewLimits& limits) {
  static constexpr std::string_view words[] = {"OK", "WARNING", "CRITICAL"};
  const std::size_t all = verdicts.outcomes.size(), bad = verdicts.not_met();
  const int state = nagios_state(verdicts);
  std::string out = "STRAY " + std::string(state == 0 && !limits.empty() ? "UNKNOWN" : words[state]) + " - ";
  out += bad ? std::to_string(bad) + " of " + std::to_string(all) + " not met"
             : "all " + std::to_string(all) + " met";
  std::string_view between = ": ";
  for (const Outcome& one : verdicts.outcomes) {
    if (one.met) continue;
    out += std::string(between) + nagios_text(one.rule + " " + one.what + " (" + one.is + ")");
    between = "; ";
  }
  for (const ViewLimit& limit : limits) out += "; limited view: " + nagios_text(limit.text);
  out += " | 'not_met'=" + std::to_string(bad) + ";;;0;" + std::to_string(all);
  for (const Measure& one : verdicts.measures) {
    std::string name = nagios_text(one.name);
    for (char& c : name)
      if (c == '\'' || c == '=') c = '_';
    out += " '" + name + "'=" + std::to_string(one.value) + (one.bytes ? "B" : "");
    if (one.limit) out += ";;" + std::to_string(*one.limit);
  }
  return out + "\n";
}

std::string as_json(const Verdicts& verdicts, const ViewLimits& limits) {
  std::string out;
  for (const Outcome& one : verdicts.outcomes) {
    Json json(out);
    json.begin_object();
    json.field("rule", one.rule);
    json.field("expected", one.what);
    json.field("found", one.is);
    json.field("met", one.met);
    json.field("level", one.level == Level::warning ? "warning" : "critical");
    json.end_object();
    out += '\n';
  }
  Json json(out);
  json.begin_object();
  json.field("lines", verdicts.outcomes.size());
  json.field("not_met", verdicts.not_met());
  put_limits(json, limits);
  json.end_object();
  return out + "\n";
}

std::string as_text(const Verdicts& verdicts, const ViewLimits& limits) {
  std::string out;
  std::size_t widest = 0;
  for (const Outcome& one : verdicts.outcomes) widest = std::max(widest, printable(one.rule).size());
  for (const Outcome& one : verdicts.outcomes) {
    const std::string word(level_word(one)), rule = printable(one.rule);
    out += word + std::string(10 - word.size(), ' ') + rule + std::string(widest - rule.size() + 2, ' ') +
           printable(one.what) + ": " + printable(one.is) + "\n";
  }
  const std::size_t all = verdicts.outcomes.size(), bad = verdicts.not_met();
  out += bad ? std::to_string(bad) + " of " + lines_text(all) + " not met"
             : "all of " + lines_text(all) + " met";
  return out + (limits.empty() ? "\n" : ", as far as stray could see\n");
}

// The verdicts, and the limits of the view that the user did not accept.
struct Checked {
  Verdicts verdicts;
  ViewLimits limits;
};

Checked checked(const CheckOptions& check) {
  const Config config = config_of(check.common);
  const Policy policy = read_policy_for(check.policy, config, check.capture.files.empty());
  HostLook look(config, check.capture);
  look.observe_all();
  return {check_policy(policy, look.scene(), look.open(), static_cast<std::uint32_t>(::getpid())),
          not_accepted(look.limits(), check.common)};
}

int check(const CheckOptions& check) {
  if (!check.nagios) {
    const auto [verdicts, limits] = checked(check);
    warn_of_limits(limits, check.common);
    print(check.common.json ? as_json(verdicts, limits) : as_text(verdicts, limits));
    return limited_exit(limits, check.common, verdicts.not_met() ? kFindings : kFine);
  }
  // A monitor reads one line and the code, whatever went wrong.
  try {
    const auto [verdicts, limits] = checked(check);
    print(nagios(verdicts, limits));
    const int state = nagios_state(verdicts);
    return state == 0 && !limits.empty() ? kNagiosUnknown : state;
  } catch (const OutputError&) {
    throw;
  } catch (const std::exception& error) {
    print("STRAY UNKNOWN - " + nagios_text(error.what()) + "\n");
    return kNagiosUnknown;
  }
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<CheckOptions>();
  arguments.value("policy", options->policy, "The policy, a TOML file", "POLICY");
  arguments.needs("policy", "POLICY");
  arguments.flag("--nagios", options->nagios, "Print one line and exit as a monitoring plugin does");
  declare_format(arguments, options->common, "Print JSON instead of text: one object for each line");
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_this_namespace(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return check(*options); };
}

}  // namespace

extern const Command kCheck{"check", "Check this host against a policy; exit 1 if it is not met",
                            "sudo stray check /etc/stray/policy.toml", declare};

}  // namespace stray
