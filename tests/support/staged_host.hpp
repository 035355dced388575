// SPDX-License-Identifier: Apache-2.0
// A host played from records: a pipeline whose questions to the observer are answered, for tests that need
// findings.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "pipeline/pipeline.hpp"
#include "support/records.hpp"

namespace stray::records {

class StagedHost {
 public:
  struct Answer {
    std::vector<std::string> env{};
    std::vector<std::uint16_t> ports{};
    std::uint64_t rss = 50u << 20;
    std::uint32_t script = STRAY_SCRIPT_PRESENT;
    std::string cwd = "/srv/app";
    std::string package{};  // the name in its package.json
  };
  const ProcessKey init = key(1, 0), shell = key(50, 2);

  explicit StagedHost(Sink& sink) {
    pipeline.add(sink);
    feed(session());
    feed(seed(init, {}, "/sbin/init", at(3), STRAY_SEED_NAMESPACE_INIT));
    feed(seed(shell, init, "/usr/bin/bash", at(3)));
    feed(ready(at(3)));
  }

  void feed(const Bytes& bytes) {
    pipeline.feed(bytes);
    now = std::max(now, pipeline.time());
    for (auto asked = pipeline.detectors().take_requests(); !asked.empty();
         asked = pipeline.detectors().take_requests())
      for (const Request& request : asked) pipeline.feed(answer(request));
  }

  void start(ProcessKey who, ProcessKey parent, std::string_view exe, const std::vector<std::string>& argv,
             Who as = {}) {
    feed(fork(who, parent, std::max(now, who.start), {}, as));
    feed(exec(who, std::max(now, who.start), exe, argv, as, answers[who.tgid].cwd));
  }

  // A node process whose shell ends: left behind, and found so when the waiting times are over.
  ProcessKey leave_behind(std::uint32_t pid, const std::vector<std::string>& argv) {
    const auto second = now.count() / 1'000'000'000 + 1;
    const ProcessKey sh = key(pid - 1, second), node = key(pid, second);
    const Who as{.sid = pid - 1, .pgid = pid};
    start(sh, shell, "/bin/bash", {"bash"}, as);
    start(node, sh, "/usr/bin/node", argv, as);
    feed(exit(sh, now + at(0.5), 1, init));
    return node;
  }

  // Lets time pass as the live loop does: a tick whenever something is due.
  void until(BootTime end) {
    for (auto due = pipeline.detectors().next_due(); due && *due <= end;
         due = pipeline.detectors().next_due())
      feed(tick(std::max(now, *due)));
    feed(tick(end));
  }
  void pass(double seconds) { until(now + at(seconds)); }

  std::map<std::uint32_t, Answer> answers;  // by pid
  BootTime now = at(1);
  Pipeline pipeline{DetectOptions{}, {}};

 private:
  Bytes answer(const Request& request) {
    const ProcessKey who = request.process;
    const Answer& a = answers[who.tgid];
    const Process* p = pipeline.lineage().find(who);
    switch (request.look) {
      case Look::process:
        return saw(who, now, {.sid = p ? p->sid : 0, .pgid = p ? p->pgid : 0, .env = a.env, .cwd = a.cwd});
      case Look::script:
        return saw_script(who, now, a.script, request.entry, {.package = a.package});
      case Look::usage:
        return saw_usage(who, now, a.rss);
      case Look::sockets:
        return saw_sockets(who, now, a.ports);
      case Look::children:
        break;
    }
    return {};
  }
};

}  // namespace stray::records
