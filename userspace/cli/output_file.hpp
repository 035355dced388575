// SPDX-License-Identifier: Apache-2.0
// What --output names: a file that is new, since nothing is overwritten, and that only its owner reads, since
// commands and paths of all users stand in it.
#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.hpp"

namespace stray {

// Creates it, mode 0600; follows no link. Throws OutputError.
Descriptor new_file(const std::string& path);

// A new file that goes again unless it is kept; without a path standard output.
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);  // throws OutputError
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  int fd() const;
  std::string name() const;            // for a person
  void write(std::string_view bytes);  // at the pace of its reader; throws OutputError
  void keep();                         // it is whole: on the disk, and stays; throws OutputError

 private:
  const std::string path_;
  Descriptor file_;
  bool kept_ = false;
};

}  // namespace stray
