// SPDX-License-Identifier: Apache-2.0
// A file or a pipe, read forward with a look ahead. Holds no more than what is looked at and one read beyond.
//
// Errors: a failed read throws std::system_error. The end of a file is no error and not final: a file that
// grows is read on by the next peek().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.hpp"

namespace stray::capture {

class ByteSource {
 public:
  ByteSource(Descriptor file, std::string name);  // the name is for messages

  // What comes next: at least so many bytes, fewer only at the end, often more. Valid until the next call.
  std::span<const std::byte> peek(std::size_t at_least);
  void skip(std::size_t bytes);  // at most what peek() gave
  std::uint64_t position() const { return position_; }

  bool seekable() const { return seekable_; }
  void move_to(std::uint64_t position);  // only when seekable
  std::uint64_t size() const;            // now; only when seekable
  bool being_written() const;            // a CaptureWriter has it open

 private:
  bool fill();

  Descriptor file_;
  std::string name_;
  bool seekable_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not skipped
  std::uint64_t position_ = 0;       // of begin_ in the file
};

}  // namespace stray::capture
