// SPDX-License-Identifier: Apache-2.0
#include "redact/found.hpp"

#include <algorithm>

namespace stray {

std::string Found::replaced() {
  std::ranges::sort(ranges_, {}, &Range::start);
  std::string out;
  std::size_t done = 0;
  for (const Range& range : ranges_) {
    if (range.end <= done) continue;
    if (range.start >= done) out.append(whole_.substr(done, range.start - done)).append(kReplacement);
    done = range.end;
  }
  return out.append(whole_.substr(done));
}

}  // namespace stray
