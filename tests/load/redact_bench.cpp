// SPDX-License-Identifier: Apache-2.0
// What redaction costs for each list of arguments: redact_bench. Medians of ten runs, in nanoseconds.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "redact/redact.hpp"
#include "unit/redact/corpus.hpp"
#include "unit/redact/harmless_lines.hpp"
#include "unit/redact/secret_forms.hpp"

using namespace stray;

namespace {

// What hosts start most: shells, compilers, git, node.
constexpr std::string_view kUsual = R"corpus(
node server.js
node --max-old-space-size=4096 /srv/web/node_modules/.bin/next start -p 3000
node /srv/app/dist/main.js --port 8080 --log-level info
npm run build
sh -c "next build && next export"
/bin/sh -c "tsc -p . && node dist/index.js"
bash /usr/local/bin/deploy.sh production
sh -c "if [ -f /etc/default/locale ]; then . /etc/default/locale; fi"
git status --porcelain=v2 --branch
git rev-parse --abbrev-ref HEAD
git fetch origin main --depth=1
/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus -quiet -I /srv/src/include -I /usr/include/x86_64-linux-gnu -D_GNU_SOURCE -DNDEBUG main.cpp -quiet -dumpdir build/ -dumpbase main.cpp.cpp -mtune=generic -march=x86-64 -g -O2 -Wall -Wextra -std=c++20 -o /tmp/ccXyz123.s
cc -O2 -g -Wall -Wextra -Iinclude -c src/main.c -o build/main.o
ld -o build/app build/main.o build/util.o -lc -lm
make -j8 all
ps -ef
grep -r main src
ls -la /srv
cat /proc/loadavg
/usr/bin/python3 /usr/lib/update-notifier/apt-check
)corpus";

template <typename Lines>
void measure(const char* name, const Lines& lines) {
  Redactor redactor;
  std::vector<double> all;
  for (int run = 0; run < 10; ++run) {
    constexpr int kRounds = 500;
    std::size_t changed = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < kRounds; ++round)
      for (const std::string& line : lines) {
        std::string copy = line;
        changed += redactor.redact(copy);
      }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    all.push_back(took.count() / kRounds / static_cast<double>(lines.size()));
    if (changed > kRounds * lines.size()) return;
  }
  std::ranges::sort(all);
  std::printf("%-10s %3zu lines %7.0f ns a line\n", name, lines.size(), all[all.size() / 2]);
}

}  // namespace

int main() {
  measure("usual", corpus::lines(kUsual));
  measure("harmless", corpus::lines(corpus::kHarmlessLines));
  std::vector<std::string> secrets;
  for (const std::string& form : corpus::lines(corpus::kSecretForms))
    secrets.push_back(corpus::unmarked(form, nullptr));
  measure("secrets", secrets);
}
