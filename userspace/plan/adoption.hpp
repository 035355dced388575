// SPDX-License-Identifier: Apache-2.0
// A process that nobody supervises, as it was seen to run, and the files that put it under a supervisor. Pure
// functions of lineage; who reads /proc and writes these files is adopt/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lineage/process.hpp"

namespace stray {

enum class Under : std::uint8_t { pm2, systemd };
std::string_view to_string(Under under);
std::optional<Under> under_named(std::string_view name);

struct Adoption {
  ProcessKey process;
  std::string name;  // for PM2 and units; plain letters
  std::string user;
  std::uint32_t uid = 0;
  std::string interpreter, script, cwd;  // script: empty for what is no script of a runtime
  std::vector<std::string> interpreter_args, args;
  bool args_known = true;                // false: it changed its title
  bool redacted = false;                 // a secret was taken out of the arguments
  std::vector<std::string> environment;  // names of the variables that are known
  std::vector<std::string> listens;      // "127.0.0.1:3000"
  std::uint64_t memory_peak = 0;         // bytes
  std::uint64_t memory_limit = 0;        // proposed, bytes
};

Adoption adoption_of(const Process& process);

// The arguments as they really are, where the recorded ones may be a title or have a secret taken out.
void take_arguments(const std::vector<std::string>& words, const std::string& entry, Adoption& out);

// The name of its package, else of its folder, else of its script; as plain_name() has it.
std::string adoption_name(const Process& process, const std::string& cwd, const std::string& script);

// Where the files are: of PM2 below the home directory, of systemd root's.
inline constexpr const char* kPm2Folder = ".stray";
inline constexpr const char* kPm2File = "ecosystem.config.js";
inline constexpr const char* kPm2Environment = "environment.json";  // beside it
inline constexpr const char* kUnitFolder = "/etc/systemd/system";
inline constexpr const char* kUnitEnvironments = "/etc/stray/env";
std::string unit_environment(const std::string& name);  // "/etc/stray/env/api.env"

// Files; an empty text: it cannot be written, and `why_not` says why.
std::string ecosystem_file(const Adoption& adoption, std::string& why_not);
std::string unit_file(const Adoption& adoption, std::string& why_not);

// A name that unit files, PM2 and folders take: letters, digits, "-", "_", ".", at most 64.
bool is_adoption_name(std::string_view name);

}  // namespace stray
