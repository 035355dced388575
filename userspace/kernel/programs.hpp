// SPDX-License-Identifier: Apache-2.0
// Opening and loading the kernel programs: which variants this kernel needs, and what a failure means. Used
// by the live source and by the capability check. Includes no libbpf header: what does is named in the .cpp
// files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct lifecycle;  // the generated skeleton

namespace stray::kernel {

struct SkeletonDeleter {
  void operator()(lifecycle* skeleton) const;
};
using Skeleton = std::unique_ptr<lifecycle, SkeletonDeleter>;

// Catches what libbpf prints while it lives; libbpf has one printer for the process. Written to the debug log
// at the end.
class LibbpfOutput {
 public:
  LibbpfOutput();
  ~LibbpfOutput();
  LibbpfOutput(const LibbpfOutput&) = delete;
  LibbpfOutput& operator=(const LibbpfOutput&) = delete;
  const std::string& text() const;
};

// The programs this kernel needs of those that probes == true or false ask for, by name. Throws SetupError
// when the kernel has no BTF.
std::vector<std::string_view> wanted_programs(bool probes);

// Bit N: none of these programs makes records of kind N. Of the kinds that not every kernel offers.
std::uint32_t missing_kinds(const std::vector<std::string_view>& names);

// An opened skeleton, sized, with exactly these programs to be loaded. Throws SetupError.
Skeleton open_programs(const std::vector<std::string_view>& names, std::uint32_t ring_bytes);

// Why a load failed, in one line: the program that was refused and the verifier's last word, or the map.
// `output` is what libbpf printed.
std::string why_refused(std::string_view output, int error);

bool has_btf();

}  // namespace stray::kernel
