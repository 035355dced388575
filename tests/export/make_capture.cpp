// SPDX-License-Identifier: Apache-2.0
// make_capture FILE [torn]: a capture of the run that the exports are tested with; torn: without its end
// mark.
#include <iostream>

#include "capture/writer.hpp"
#include "unit/export/export_story.hpp"

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  stray::CaptureHeader header{.boot_ns = 99'000'000'000, .real_ns = 1'700'000'000'000'000'000};
  header.contract = STRAY_CONTRACT, header.host = "testhost", header.kernel = "6.1", header.version = "0";
  for (std::uint8_t i = 0; i < 16; ++i) header.boot_id[i] = i;
  stray::CaptureWriter writer({.path = argv[1]}, header);
  for (const auto& record : stray::story::records()) writer.append(record);
  if (argc == 2)
    writer.close();
  else
    writer.flush();
}
