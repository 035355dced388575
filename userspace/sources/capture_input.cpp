// SPDX-License-Identifier: Apache-2.0
#include "sources/capture_input.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <system_error>
#include <tuple>

#include "base/errors.hpp"
#include "base/time_text.hpp"
#include "base/units.hpp"
#include "event.h"
#include "record/decode.hpp"
#include "sources/progress.hpp"

namespace stray {
namespace {

constexpr std::uint64_t kLookEvery = 1024;  // records between two looks at the progress

std::int64_t begin_of(const CaptureHeader& header) { return static_cast<std::int64_t>(header.real_ns); }

std::int64_t real_of(const CaptureHeader& header, BootTime time) {
  return static_cast<std::int64_t>(header.real_ns + (time.count() - header.boot_ns));
}

std::string boot_text(const CaptureHeader& header) {
  return "host " + header.host + ", begun " + date_text(begin_of(header), {});
}

}  // namespace

CaptureInput::CaptureInput(const CaptureChoice& choice) : reported_(choice.reported) {
  if (choice.files.empty()) throw UsageError("FILE is missing: name a capture");
  try {
    open_all(choice.files);
    order();
    find_end();
  } catch (const CaptureError& error) {
    throw UsageError(error.what());
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  if (!choice.at.empty()) {
    since_ = until_ = moment_within(choice.at, "--at");
    return;
  }
  if (!choice.since.empty()) since_ = moment_within(choice.since, choice.since_flag);
  if (choice.until.empty()) return;
  until_ = parse_moment(choice.until, choice.until_flag, span_);
  // One after the end is fine: the rest is wanted.
  if (*until_ < span_.begin) throw outside(choice.until, choice.until_flag, *until_);
  if (since_ && *until_ < *since_)
    throw UsageError(std::string(choice.until_flag) + ": \"" + choice.until + "\" is before " +
                     choice.since_flag + " \"" + choice.since + "\"");
}

std::int64_t CaptureInput::moment_within(const std::string& text, const char* flag) const {
  const std::int64_t moment = parse_moment(text, flag, span_);
  if (moment < span_.begin || (span_.end && moment > *span_.end)) throw outside(text, flag, moment);
  return moment;
}

UsageError CaptureInput::outside(const std::string& text, const char* flag, std::int64_t moment) const {
  const std::string said = std::string(flag) + ": \"" + text + "\"", shown = date_text(moment, {});
  return UsageError(said + (text == shown ? "" : " (" + shown + ")") +
                    " is not in the capture, which goes from " + date_text(span_.begin, {}) +
                    (span_.end ? " to " + date_text(*span_.end, {}) : " on"));
}

void CaptureInput::open_all(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    File file;
    file.name = name == "-" ? "standard input" : name;
    if (name == "-") {
      if (names.size() > 1) throw UsageError("-: standard input is read alone; name files or a pipe");
      if (::isatty(STDIN_FILENO) == 1)
        throw UsageError("-: standard input is a terminal; give it a capture, as in stray replay - < FILE");
      file.opened = std::make_unique<CaptureReader>(Descriptor(::dup(STDIN_FILENO)), file.name);
    } else {
      file.opened = std::make_unique<CaptureReader>(name);
    }
    file.header = file.opened->header();
    if (name != "-" && file.opened->seekable()) {
      struct stat info {};
      file.bytes = ::stat(name.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
      file.opened.reset();  // a series may have more files than a process may have open
    }
    files_.push_back(std::move(file));
  }
}

void CaptureInput::order() {
  for (const File& file : files_)
    if (file.header.boot_id != files_.front().header.boot_id)
      throw UsageError(file.name + " is of another boot or host (" + boot_text(file.header) + ") than " +
                       files_.front().name + " (" + boot_text(files_.front().header) +
                       "); read them one by one");
  std::map<std::array<std::uint8_t, 16>, std::uint64_t> begun;  // of each series
  for (const File& file : files_) {
    const auto [it, fresh] = begun.try_emplace(file.header.series, file.header.boot_ns);
    if (!fresh) it->second = std::min(it->second, file.header.boot_ns);
  }
  const auto place = [&](const CaptureHeader& h) {
    return std::tuple(begun[h.series], h.series, h.sequence);
  };
  std::stable_sort(files_.begin(), files_.end(),
                   [&](const File& a, const File& b) { return place(a.header) < place(b.header); });
  for (std::size_t i = 1; i < files_.size(); ++i) {
    const CaptureHeader &before = files_[i - 1].header, &here = files_[i].header;
    if (before.series != here.series) {
      refuse_overlap(files_[i - 1], files_[i]);
      continue;
    }
    if (before.sequence == here.sequence)
      throw UsageError(files_[i].name + " and " + files_[i - 1].name + " are the same file of one capture");
    files_[i].continued = here.sequence == before.sequence + 1;
    if (!files_[i].continued)
      say(spdlog::level::warn, "{}: {} {} before it missing; what happened in between is not known",
          files_[i].name, here.sequence - before.sequence - 1,
          here.sequence - before.sequence == 2 ? "file is" : "files are");
  }
  span_.begin = begin_of(files_.front().header);
  for (const File& file : files_) {
    bytes_ += file.bytes;
    if (file.header.contract > STRAY_CONTRACT)
      say(spdlog::level::warn, "{}: written by a newer stray ({}); what this one does not know is left out",
          file.name, file.header.version);
  }
}

// Consecutive runs may be read together; overlapping ones may not, since records would be applied twice.
void CaptureInput::refuse_overlap(const File& before, const File& here) const {
  if (before.opened) return;  // a pipe: its end is not known
  const auto extent = CaptureReader(before.name).extent();
  if (extent && extent->latest.count() > here.header.boot_ns)
    throw UsageError(here.name + " and " + before.name +
                     " were recorded by two runs at the same time; read them one by one");
}

void CaptureInput::find_end() {
  if (files_.back().opened) return;  // a pipe
  const auto last = reader(files_.back(), false);
  if (const auto extent = last->extent())
    span_.end = std::max(begin_of(last->header()), real_of(last->header(), extent->latest));
}

std::unique_ptr<CaptureReader> CaptureInput::reader(File& file, bool continued) {
  if (file.opened) return std::move(file.opened);
  CaptureReaderOptions options;
  options.continued = continued;
  options.damaged = [this, name = file.name](const CaptureDamage& d) {
    say(spdlog::level::err, "{}: {} bytes at {} cannot be used: {}{}", name, d.bytes, d.offset, d.reason,
        d.records ? "; " + std::to_string(*d.records) + " records are lost with them" : "");
    damaged_ = true;
  };
  return std::make_unique<CaptureReader>(file.name, std::move(options));
}

// The last file that begins before the window: each stands alone.
std::size_t CaptureInput::first_file() const {
  std::size_t first = 0;
  if (since_)
    for (std::size_t i = 1; i < files_.size(); ++i)
      if (begin_of(files_[i].header) <= *since_) first = i;
  return first;
}

// To the newest checkpoint before the window. The clock may have been set forward since the file began: then
// the one that the header's clock leads to lies too late by the clock of then, and an earlier one is taken.
void CaptureInput::seek(CaptureReader& reader, const File& file) const {
  constexpr int kMostTries = 64;  // a hostile file may have any number of clocks
  const std::uint64_t begin = file.header.boot_ns;
  std::int64_t ahead = *since_ - begin_of(file.header);
  CaptureReader trial(file.name);
  for (int tries = 0; ahead > 0 && tries < kMostTries; ++tries) {
    const BootTime to{begin + static_cast<std::uint64_t>(ahead)};
    trial.seek(to);
    Pipeline then({}, {});
    for (RawRecord record; trial.next(record) == CaptureReader::Status::record && trial.in_checkpoint();)
      then.feed(record);
    const bool begins_there = then.time().count() <= begin;  // no checkpoint, or the one at its head
    const std::int64_t late = then.host().real_ns(then.time()) - *since_;
    if (begins_there || late <= 0) {
      reader.seek(to);
      return;
    }
    const auto earlier = static_cast<std::int64_t>(then.time().count() - begin);
    ahead = std::min(ahead - late, earlier - 1);
  }
}

void CaptureInput::feed(Pipeline& pipeline, const CaptureHooks& hooks) {
  if (since_) pipeline.mute();
  bool whole_before = false;  // the file before was read to its own end
  const std::size_t first = first_file();
  for (std::size_t i = 0; i < first; ++i) bytes_before_ += files_[i].bytes;
  for (std::size_t i = first; i < files_.size(); ++i) {
    File& file = files_[i];
    const bool continued = i > first && file.continued && whole_before;
    if (i > first && !continued) pipeline.reset();
    bool more = true;
    whole_before = false;
    try {
      const auto one = reader(file, continued);
      if (i == first && since_ && one->seekable()) seek(*one, file);
      more = feed_file(pipeline, hooks, file, *one);
      whole_before = one->series_goes_on();
    } catch (const CaptureError& error) {
      cannot_read(error.what());
    } catch (const std::system_error& error) {
      cannot_read(error.what());
    }
    bytes_before_ += file.bytes;
    if (!more) break;
  }
  if (pipeline.muted() && pipeline.time() != BootTime{}) pipeline.listen();
}

bool CaptureInput::feed_file(Pipeline& pipeline, const CaptureHooks& hooks, File& file,
                             CaptureReader& reader) {
  Progress progress(hooks.progress && bytes_ > 0, bytes_);
  RawRecord record;
  for (std::uint64_t n = 0;; ++n) {
    const auto status = reader.next(record);
    if (status != CaptureReader::Status::record) {
      progress.clear();
      report(file, reader, status);
      return true;
    }
    stray_head head;
    std::memcpy(&head, record.data(), sizeof head);
    // A time that the decoder refuses does not count.
    const BootTime time = std::max(BootTime{head.time_ns < kLatestTime ? head.time_ns : 0}, pipeline.time());
    const bool placed = pipeline.time() != BootTime{};  // the first record says what time it is
    const std::int64_t real = placed ? pipeline.host().real_ns(time) : begin_of(file.header);
    if (until_ && real > *until_) {
      if (pipeline.muted()) pipeline.listen();
      pipeline.emit_summary();
      return false;
    }
    if (pipeline.muted() && placed && !reader.in_checkpoint() && real >= *since_) pipeline.listen();
    if (hooks.before_record) hooks.before_record(time);
    pipeline.feed(record);
    pipeline.detectors().take_requests();  // answered in the capture
    if (hooks.after_record && !hooks.after_record()) return false;
    if (n % kLookEvery == 0) progress.show(bytes_before_ + reader.position());
  }
}

// It was there when its header was read: removed or replaced since, or the disk fails.
void CaptureInput::cannot_read(const char* why) {
  say(spdlog::level::err, "{}; nothing more of this file is read", why);
  damaged_ = true;
}

void CaptureInput::report(const File& file, const CaptureReader& reader, CaptureReader::Status status) {
  if (status == CaptureReader::Status::torn) {
    say(spdlog::level::err, "{}: it has no end mark: the recording was cut off, or the file was{}", file.name,
        reader.torn_bytes() ? " (" + std::to_string(reader.torn_bytes()) + " bytes of an unfinished block)"
                            : std::string());
    damaged_ = true;
  } else if (status == CaptureReader::Status::growing) {
    say(spdlog::level::warn, "{}: it is being written; read up to its present end", file.name);
  } else if (reader.series_goes_on() && &file == &files_.back()) {
    say(spdlog::level::info, "{}: the recording goes on in another file", file.name);
  }
  if (reader.dropped()) {
    say(spdlog::level::err, "{}: {} records did not reach the file when it was written", file.name,
        reader.dropped());
    damaged_ = true;
  }
}

}  // namespace stray
