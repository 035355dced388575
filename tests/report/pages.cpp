// SPDX-License-Identifier: Apache-2.0
// Writes HTML reports of played hosts, for the tests in a browser: pages incident|hostile|quiet|storm|crowd
// FILE.
#include <fstream>
#include <iostream>

#include "report/html.hpp"
#include "report/report_sink.hpp"
#include "support/incident.hpp"

namespace stray::records {
namespace {

constexpr std::uint32_t kStorm = 50'000;

void services(StagedHost& host) {
  const char* names[] = {"redis-server", "nginx", "postgres", "cron", "rsyslogd", "chronyd"};
  std::uint32_t pid = 400;
  for (const char* name : names) {
    const std::string unit = "/system.slice/" + std::string(name) + ".service";
    const ProcessKey main = key(pid, 4);
    host.start(main, host.init, "/usr/sbin/" + std::string(name), {name, "-D"},
               {.uid = 0, .sid = pid, .pgid = pid, .cgroup = unit});
    for (std::uint32_t i = 1; i < 4; ++i)
      host.start(key(pid + i, 4 + i), main, "/usr/sbin/" + std::string(name),
                 {std::string(name) + ": worker " + std::to_string(i)},
                 {.uid = 33, .sid = pid, .pgid = pid, .cgroup = unit});
    pid += 10;
  }
}

void incident(StagedHost& host) {
  services(host);
  play_incident(host);
  host.pass(20);
  host.answers[1201] = {.env = {}, .ports = {8080}, .rss = 80u << 20, .cwd = "/home/alice/api"};
  const ProcessKey ended = host.leave_behind(1201, {"node", "dist/index.js"});
  for (std::uint32_t i = 0; i < 400; ++i) {  // work that comes and goes
    const ProcessKey job = key(2000 + i, host.now.count() / 1'000'000'000 + 1);
    host.start(job, key(430, 4), "/usr/bin/run-parts",
               {"run-parts", "--report", "/etc/cron.hourly", std::to_string(i)},
               {.uid = 0, .cgroup = "/system.slice/cron.service"});
    host.pass(2.3);
    host.feed(exit(job, host.now, i % 40 == 7 ? 256 : 0));
  }
  host.feed(signal(ended, host.now, 15, host.shell));
  host.feed(exit(ended, host.now, 15));
  host.pass(700);
}

const char* const kHostile[] = {"</script><img src=x onerror=\"document.title='owned'\">",
                                "<!--<script>",
                                "\"'`${x}\\",
                                "line\xe2\x80\xa8sep\xe2\x80\xa9"
                                "arator",
                                "bad\xff\xfe\xc0\xaf",
                                "\xe2\x80\xae"
                                "evil\xe2\x80\xac",
                                "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                "tab\tcr\rnl\nesc\x1b[2J",
                                "javascript:document.title='owned'",
                                "&lt;b&gt;&amp;",
                                "\xf0\x9f\xa6\x86"};

void hostile(StagedHost& host) {
  std::vector<std::string> argv{"node", "server.js"};
  argv.insert(argv.end(), std::begin(kHostile), std::end(kHostile));
  argv.push_back(std::string("nul\0nul", 7));
  host.answers[1001] = {.env = {"npm_lifecycle_event=</script><script>document.title='owned'</script>"},
                        .ports = {3000},
                        .cwd = "/srv/</script><img src=x onerror=\"document.title='owned'\">"};
  host.leave_behind(1001, argv);
  std::uint32_t pid = 3000;
  for (const char* text : kHostile)
    host.start(key(pid++, 20), host.shell, std::string("/tmp/") + text, {text});
  host.pass(90);
}

// Many launches of the same command, with an argument that fills a screen.
void crowd(StagedHost& host) {
  services(host);
  for (std::uint32_t pid = 1000; pid < 1046; pid += 2) {  // each pid below one is its shell
    host.answers[pid] = {.rss = 60u << 20, .cwd = "/srv/jobs"};
    host.leave_behind(pid, {"node", "job.js", "--list=" + std::string(3000, 'x')});
  }
  host.pass(700);
}

// Families of up to a hundred below a few shells, a tenth of them alive at the end.
void storm(StagedHost& host) {
  services(host);
  host.answers[1001].ports = {3000};
  host.leave_behind(1001, {"node", "src/server.js"});
  ProcessKey family = host.shell, parent = host.shell;
  for (std::uint32_t i = 0; i < kStorm - 28; ++i) {
    const ProcessKey child{at(20) + BootTime{i * 7'000'000ull}, 10'000 + i};
    if (i % 100 == 0) family = parent = host.shell;
    host.feed(fork(child, parent, child.start));
    host.feed(exec(child, child.start + BootTime{300'000}, i % 3 ? "/usr/bin/cc1" : "/usr/bin/make",
                   {i % 3 ? "cc1" : "make", "-O2", "unit-" + std::to_string(i % 1000) + ".c"}));
    if (i % 100 == 0) family = child;
    parent = i % 10 == 0 ? child : (i % 10 == 9 ? family : parent);
    if (i % 10 != 0) host.feed(exit(child, child.start + BootTime{(1 + i % 40) * 5'000'000ull}));
  }
  host.pass(120);
}

}  // namespace
}  // namespace stray::records

int main(int argc, char** argv) {
  using namespace stray;
  const std::string kind = argc == 3 ? argv[1] : "";
  ReportSink sink;
  records::StagedHost host(sink);
  if (kind == "incident")
    records::incident(host);
  else if (kind == "hostile")
    records::hostile(host);
  else if (kind == "storm")
    records::storm(host);
  else if (kind == "crowd")
    records::crowd(host);
  else if (kind == "quiet")
    records::services(host);
  else {
    std::cerr << "usage: report_pages incident|hostile|quiet|storm|crowd FILE\n";
    return 2;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out << html_page(sink.take(host.pipeline));
  return out.flush() ? 0 : 1;
}
