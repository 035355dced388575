// SPDX-License-Identifier: Apache-2.0
// The built page, page/dist/report.html, as embed.cmake puts it into the program.
#pragma once

#include <cstddef>

namespace stray {

extern const char kReportPage[];
extern const std::size_t kReportPageSize;

}  // namespace stray
