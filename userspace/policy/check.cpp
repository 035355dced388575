// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>
#include <set>

#include "base/glob.hpp"
#include "base/layout.hpp"
#include "base/words.hpp"
#include "policy/policy.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostNamed = 8;

std::string account_of(const Process& p) {
  return p.seen && !p.seen->user.empty() ? p.seen->user : std::to_string(p.uid);
}

bool is_user(const Process& p, const std::string& wanted) {
  return matches_glob(wanted, account_of(p)) || wanted == std::to_string(p.uid);
}

bool matches(const PolicyMatch& match, const Process& p) {
  const std::string exe(p.exe());
  const auto is_exe = [&](const std::string& pattern) {
    return matches_glob(pattern, exe) || matches_glob(pattern, std::string(file_name(exe)));
  };
  if (!match.exe.empty() && std::none_of(match.exe.begin(), match.exe.end(), is_exe)) return false;
  if (!match.argv.empty() && !matches_glob(match.argv, p.command())) return false;
  const std::string cwd = p.seen && !p.seen->cwd.empty() ? p.seen->cwd : p.image ? p.image->cwd : "";
  if (!match.cwd.empty() && !matches_glob(match.cwd, cwd)) return false;
  return match.user.empty() || is_user(p, match.user);
}

std::string pids(const std::vector<const Process*>& list) {
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < kMostNamed; ++i)
    out += (i ? ", " : "pid ") + std::to_string(list[i]->key.tgid);
  return list.size() > kMostNamed ? out + ", ..." : out;
}

std::string yes_or_no(bool value) { return value ? "true" : "false"; }

// Nothing: not known.
std::optional<bool> saved_for_reboot(const Lineage& lineage, const Process& process) {
  const Supervision who = supervise(lineage, process);
  if (!who.supervised()) return false;
  const Reboot verdict = after_reboot(lineage, process, who).verdict;
  return verdict == Reboot::unknown ? std::nullopt : std::optional(verdict == Reboot::yes);
}

class Checker {
 public:
  Checker(const Scene& scene, std::uint32_t self, Verdicts& out) : scene_(scene), out_(out) {
    for (const Process* p : scene.lineage.live_by_key())
      if (!p->kthread && p->key.tgid != self) all_.push_back(p);
  }

  void app(const AppRule& rule) {
    rule_ = rule.name, level_ = rule.level;
    found_ = topmost(rule.match);
    instances(rule);
    if (found_.empty()) return;  // reported once; nothing else can be met or not
    if (rule.supervisor)
      each("supervisor = \"" + *rule.supervisor + "\"", [&](const Process& p, std::string& is) {
        const Supervision who = supervise(scene_.lineage, p);
        is = std::string(to_string(who.verdict)) + (who.name.empty() ? "" : " " + who.name);
        return *rule.supervisor == to_string(who.verdict) ||
               (who.verdict == Verdict::supervisor && *rule.supervisor == who.name);
      });
    if (rule.unit)
      each("unit = \"" + *rule.unit + "\"", [&](const Process& p, std::string& is) {
        const Supervision who = supervise(scene_.lineage, p);
        is = who.name.empty() ? "none" : who.name;
        return who.supervised() && matches_glob(*rule.unit, who.name);
      });
    if (rule.restarts) restarts(*rule.restarts);
    if (rule.saved_for_reboot)
      each("saved_for_reboot = " + yes_or_no(*rule.saved_for_reboot), [&](const Process& p, std::string& is) {
        const auto saved = saved_for_reboot(scene_.lineage, p);
        is = saved ? yes_or_no(*saved) : "not known";
        return saved == rule.saved_for_reboot;
      });
    if (rule.memory_below) memory(rule);
    for (const std::string& wanted : rule.listens) listens(wanted);
    if (rule.user)
      each("user = \"" + *rule.user + "\"", [&](const Process& p, std::string& is) {
        is = account_of(p);
        return is_user(p, *rule.user);
      });
  }

  void forbid(const ForbidRule& rule) {
    rule_ = "forbid", level_ = rule.level;
    const auto found = topmost(rule.match);
    std::string is = found.empty() ? "none runs" : std::to_string(found.size()) + " run: " + pids(found);
    if (!found.empty()) is += " (" + shortened(found.front()->command(), 120) + ")";
    say(rule.reason, std::move(is), found.empty());
  }

  void findings(const FindingsRule& rule, const std::vector<Finding>& open) {
    rule_ = "findings", level_ = rule.level;
    for (const Kind kind : kKinds) {
      if (std::find(rule.kinds.begin(), rule.kinds.end(), kind) == rule.kinds.end()) continue;
      std::vector<const Process*> about;
      for (const Finding& f : open)
        if (f.kind == kind)
          if (const Process* p = scene_.lineage.find(f.process)) about.push_back(p);
      say("no " + std::string(to_string(kind)),
          about.empty() ? "none is open" : std::to_string(about.size()) + " open: " + pids(about),
          about.empty());
    }
  }

 private:
  // Instances: matching processes without a matching ancestor.
  std::vector<const Process*> topmost(const PolicyMatch& match) const {
    std::vector<const Process*> out;
    std::set<const Process*> matching;
    for (const Process* p : all_)
      if (matches(match, *p)) matching.insert(p);
    for (const Process* p : all_) {
      if (!matching.contains(p)) continue;
      bool below = false;
      Lineage::each_ancestor(*p, [&](const Process& a) { return !(below = matching.contains(&a)); });
      if (!below) out.push_back(p);
    }
    return out;
  }

  void say(std::string what, std::string is, bool met) {
    out_.outcomes.push_back({rule_, std::move(what), std::move(is), met, level_});
  }

  // Holds one question against each instance: what it is of those that fail, or of the first.
  void each(const std::string& what, const std::function<bool(const Process&, std::string&)>& test) {
    std::string first, wrong;
    for (const Process* p : found_) {
      std::string is;
      const bool met = test(*p, is);
      if (first.empty()) first = is;
      if (!met) wrong += (wrong.empty() ? "" : "; ") + ("pid " + std::to_string(p->key.tgid) + ": " + is);
    }
    say(what, wrong.empty() ? first : wrong, wrong.empty());
  }

  void instances(const AppRule& rule) {
    const bool open_end = rule.most == ~std::uint64_t{0};
    std::string what = "instances = " + std::to_string(rule.least);
    if (open_end)
      what = "instances >= " + std::to_string(rule.least);
    else if (rule.most != rule.least)
      what = "instances = " + std::to_string(rule.least) + " to " + std::to_string(rule.most);
    const std::size_t n = found_.size();
    say(what, n == 0 ? "none runs" : std::to_string(n) + (n == 1 ? " runs: " : " run: ") + pids(found_),
        n >= rule.least && n <= rule.most);
    out_.measures.push_back({rule.name + "_instances", n, {}, false});
  }

  void restarts(bool wanted) {
    each("restarts = " + yes_or_no(wanted), [&](const Process& p, std::string& is) {
      const Supervision who = supervise(scene_.lineage, p);
      const Restarts it = who.supervised() ? who.restarts : Restarts::no;
      is = it == Restarts::unknown ? "not known" : yes_or_no(it == Restarts::yes);
      return it != Restarts::unknown && (it == Restarts::yes) == wanted;
    });
  }

  void memory(const AppRule& rule) {
    std::uint64_t largest = 0;
    each("memory_below = " + memory_text(*rule.memory_below), [&](const Process& p, std::string& is) {
      const std::uint64_t used = group_memory(scene_, p);
      largest = std::max(largest, used);
      is = used ? memory_text(used) : "not known";
      return used != 0 && used < *rule.memory_below;
    });
    out_.measures.push_back({rule.name + "_memory", largest, rule.memory_below, true});
  }

  void listens(const std::string& wanted) {
    std::set<std::string> there;
    bool met = false;
    const auto look = [&](const Process& p) {
      if (!p.seen) return;
      for (const Listening& socket : p.seen->sockets) {
        there.insert(socket.text());
        met |= socket.text() == wanted || std::to_string(socket.port) == wanted;
      }
    };
    for (const Process* p : found_) {
      look(*p);
      for (const ProcessKey& key : descendants(*p))
        if (const Process* below = scene_.lineage.find(key)) look(*below);
    }
    say("listens = \"" + wanted + "\"",
        there.empty() ? "it does not listen" : "it listens on " + joined(there), met);
  }

  const Scene& scene_;
  Verdicts& out_;
  std::vector<const Process*> all_, found_;
  std::string rule_;
  Level level_ = Level::critical;
};

}  // namespace

std::size_t Verdicts::not_met() const {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(), [](const Outcome& one) { return !one.met; }));
}

Verdicts check_policy(const Policy& policy, const Scene& scene, const std::vector<Finding>& open,
                      std::uint32_t self) {
  Verdicts out;
  Checker checker(scene, self, out);
  for (const AppRule& rule : policy.apps) checker.app(rule);
  for (const ForbidRule& rule : policy.forbidden) checker.forbid(rule);
  if (policy.findings) checker.findings(*policy.findings, open);
  return out;
}

}  // namespace stray
