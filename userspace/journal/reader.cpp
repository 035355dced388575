// SPDX-License-Identifier: Apache-2.0
#include "journal/reader.hpp"

#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace stray {
namespace {

namespace fs = std::filesystem;

constexpr char kMatch[] = "SYSLOG_IDENTIFIER=stray";

// "~" ends the names of files that journald found damaged, or not closed, and set aside: they are mostly
// whole.
bool is_journal(const fs::path& path) {
  const std::string name = path.filename();
  return name.ends_with(".journal") || name.ends_with(".journal~");
}

void add_files(const fs::path& directory, bool below, std::vector<std::string>& out) {
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    std::error_code unknown;
    if (it->is_directory(unknown) && below)
      add_files(it->path(), false, out);
    else if (is_journal(it->path()))
      out.push_back(it->path());
  }
}

std::vector<std::string> files_of(const std::string& directory) {
  std::vector<std::string> files;
  if (!directory.empty()) {
    std::error_code error;
    if (!fs::is_directory(directory, error))
      throw JournalError(directory + ": " + (error ? error.message() : "not a directory"));
    add_files(directory, true, files);
    if (files.empty()) throw JournalError(directory + ": no journal files (*.journal) in it");
  } else {
    sd_id128_t machine;
    if (const int error = ::sd_id128_get_machine(&machine); error < 0)
      throw JournalError(std::string("/etc/machine-id: ") + std::strerror(-error));
    char id[SD_ID128_STRING_MAX];
    ::sd_id128_to_string(machine, id);
    for (const char* root : {"/run/log/journal/", "/var/log/journal/"})
      add_files(fs::path(root) / id, false, files);
    if (files.empty())
      throw JournalError(
          "no journal of this host in /var/log/journal or /run/log/journal, or no right to read it");
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

JournalReader::JournalReader(const std::string& directory) {
  std::vector<const char*> usable;
  const std::vector<std::string> files = files_of(directory);
  for (const std::string& file : files) {
    // One bad file would refuse them all.
    const char* alone[] = {file.c_str(), nullptr};
    sd_journal* tried = nullptr;
    const int error = ::sd_journal_open_files(&tried, alone, 0);
    ::sd_journal_close(tried);
    if (error == 0)
      usable.push_back(file.c_str());
    else
      unreadable_.push_back(
          {file, error == -EBADMSG || error == -ENODATA ? "damaged" : std::strerror(-error)});
  }
  if (usable.empty()) throw JournalError(unreadable_[0].file + ": " + unreadable_[0].reason);
  usable.push_back(nullptr);
  int error = ::sd_journal_open_files(&journal_, usable.data(), 0);
  if (error == 0)
    error = ::sd_journal_set_data_threshold(journal_, 0);  // documents are whole or worth nothing
  std::uint64_t first = 0, last = 0;
  if (error == 0 && ::sd_journal_get_cutoff_realtime_usec(journal_, &first, &last) > 0)
    first_ns_ = static_cast<std::int64_t>(first) * 1000, last_ns_ = static_cast<std::int64_t>(last) * 1000;
  if (error == 0) error = ::sd_journal_add_match(journal_, kMatch, sizeof kMatch - 1);
  if (error == 0) error = ::sd_journal_seek_head(journal_);
  if (error < 0) {
    ::sd_journal_close(journal_);
    throw JournalError(std::string("the journal: ") + std::strerror(-error));
  }
  usage_ = usage();
}

JournalReader::~JournalReader() { ::sd_journal_close(journal_); }

std::uint64_t JournalReader::usage() const {
  std::uint64_t bytes = 0;
  ::sd_journal_get_usage(journal_, &bytes);
  return bytes;
}

// Files leave an open journal only by an error: what was rotated away since is still held open.
std::uint64_t JournalReader::lost_bytes() const {
  const std::uint64_t now = usage();
  return usage_ > now ? usage_ - now : 0;
}

// False when the entry has no such field, or it cannot be read.
bool JournalReader::field(const char* name, std::string& out) {
  const void* data = nullptr;
  std::size_t size = 0;
  out.clear();
  const int error = ::sd_journal_get_data(journal_, name, &data, &size);
  if (error == -ENOENT) return false;
  const std::size_t prefix = std::strlen(name) + 1;
  if (error < 0 || size < prefix) {
    ++damaged_;
    return false;
  }
  out.assign(static_cast<const char*>(data) + prefix, size - prefix);
  return true;
}

bool JournalReader::next(JournalRecord& record) {
  for (;;) {
    const int more = ::sd_journal_next(journal_);
    if (more < 0) ++damaged_;
    if (more <= 0) return false;
    std::string uid, event;
    if (!field("STRAY_JSON", record.document)) {
      // libsystemd passes over fields that it finds damaged. What stray itself sent had one more, shared by
      // many.
      damaged_ += field("STRAY_EVENT", event);
      continue;
    }
    (void)field("MESSAGE", record.message);
    record.from_root = field("_UID", uid) && uid == "0";
    field("_MACHINE_ID", record.machine);
    field("_BOOT_ID", record.boot);
    return true;
  }
}

}  // namespace stray
