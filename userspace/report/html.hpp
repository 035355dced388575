// SPDX-License-Identifier: Apache-2.0
// A report as one HTML file that needs nothing else: the page built from page/ with the data put in.
#pragma once

#include <string>

#include "report/report.hpp"

namespace stray {

// Everything of the data is text to the page: JSON in which no '<' stands, and base64. Texts are printable().
// Throws std::bad_alloc alone.
std::string html_page(const Report& report);

}  // namespace stray
