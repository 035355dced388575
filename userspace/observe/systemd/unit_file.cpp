// SPDX-License-Identifier: Apache-2.0
#include "observe/systemd/unit_file.hpp"

#include <fcntl.h>

#include <map>

#include "base/words.hpp"
#include "procfs/stat.hpp"

namespace stray {
namespace {

constexpr std::size_t kFileBytes = 64 * 1024;
constexpr std::size_t kDropIns = 256;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

// After a crash: a signal or a status that is not 0 (the table of systemd.service(5)).
bool after_a_crash(std::string_view value) {
  return value == "always" || value == "on-failure" || value == "on-abnormal" || value == "on-abort";
}

bool is_no(std::string_view value) {
  return value == "no" || value == "false" || value == "off" || value == "0";
}

bool read_fragment(const std::string& unit, const std::vector<std::string>& dirs, proc::FileReader& reader,
                   UnitFile& out) {
  for (const std::string& name : {unit, template_of(unit)})
    for (const std::string& directory : dirs)
      if (const std::string path = directory + "/" + name; proc::exists(path)) {
        out.restart =
            STRAY_RESTART_NO;  // systemd's default, and where the unit is masked (a link to /dev/null)
        if (const auto text = reader.read_regular(path, kFileBytes)) read_unit_text(*text, out);
        return true;
      }
  return false;
}

}  // namespace

std::string template_of(const std::string& unit) {
  const auto at = unit.find('@'), dot = unit.rfind('.');
  // A cgroup may have any name: without a suffix behind the instance it is no unit's.
  if (at == std::string::npos || dot == std::string::npos || dot < at) return unit;
  return unit.substr(0, at + 1) + unit.substr(dot);
}

void read_unit_text(std::string_view text, UnitFile& out) {
  bool service = false;
  any_part(text, '\n', [&](std::string_view raw) {
    const std::string_view line = trimmed(raw);
    if (line.starts_with('[')) service = line == "[Service]";
    const auto equals = line.find('=');
    if (!service || equals == std::string_view::npos) return false;
    const std::string_view name = trimmed(line.substr(0, equals));
    const std::string_view value = trimmed(line.substr(equals + 1));
    if (name == "Restart")
      out.restart = after_a_crash(value) ? STRAY_RESTART_YES : STRAY_RESTART_NO;
    else if (name == "Type")
      out.forking = value == "forking";
    else if (name == "GuessMainPID")
      out.guess_main = !is_no(value);
    else if (name == "PIDFile")
      out.pidfile = value;
    return false;
  });
}

UnitFile read_unit(const std::string& unit, const std::vector<std::string>& dirs) {
  proc::FileReader reader;
  UnitFile out;
  if (!read_fragment(unit, dirs, reader, out)) return out;
  std::map<std::string, std::string> drop_ins;  // by name, which is their order
  for (const std::string& name : {unit, template_of(unit), std::string("service")})
    for (const std::string& directory : dirs) {
      const std::string beside = directory + "/" + name + ".d";
      proc::for_each_entry(AT_FDCWD, beside.c_str(), kDropIns, [&](int, const char* file) {
        if (std::string_view(file).ends_with(".conf")) drop_ins.try_emplace(file, beside + "/" + file);
        return true;
      });
    }
  for (const auto& [name, path] : drop_ins)
    if (const auto text = reader.read_regular(path, kFileBytes)) read_unit_text(*text, out);
  return out;
}

std::string unit_path(const std::string& path, const std::string& unit, const UnitOwner& owner) {
  const auto dot = unit.rfind('.');
  const std::string name = unit.substr(0, dot), prefix = name.substr(0, name.find('@'));
  const std::string instance = prefix.size() < name.size() ? name.substr(prefix.size() + 1) : "";
  const std::map<char, std::string> specifiers{{'n', unit},       {'N', name},          {'p', prefix},
                                               {'i', instance},   {'t', owner.runtime}, {'h', owner.home},
                                               {'u', owner.name}, {'U', owner.uid},     {'%', "%"}};
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      out += path[i];
      continue;
    }
    const auto known = specifiers.find(++i < path.size() ? path[i] : '\0');
    if (known == specifiers.end() || (known->second.empty() && known->first != 'i')) return {};
    out += known->second;
  }
  return out.empty() || out.starts_with('/') ? out : owner.runtime + "/" + out;
}

}  // namespace stray
