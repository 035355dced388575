// SPDX-License-Identifier: Apache-2.0
// How many records a second the core takes: decoded alone, with lineage, and with detectors (no sinks).
//
//   replay_bench [--mix storm|mixed] [--lifecycles N] [--rounds N] [--stage decode|lineage|pipeline]
//   [CAPTURE]
//
// Without CAPTURE the records are made (made_storm.hpp). Figures of a busy machine differ from
// run to run: compare within one run, or count instructions, which do not differ:
//
//   valgrind --tool=callgrind --toggle-collect='*feed_pipeline*' replay_bench --rounds 1 --stage pipeline
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "capture/reader.hpp"
#include "load/made_storm.hpp"
#include "pipeline/pipeline.hpp"

namespace {

using namespace stray;
using records::Bytes;

// All records in one buffer, as a block of a capture has them.
class Records {
 public:
  void add(RawRecord raw) {
    starts_.push_back(bytes_.size());
    bytes_.insert(bytes_.end(), raw.begin(), raw.end());
  }
  std::size_t count() const { return starts_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  template <typename F>
  void each(F&& f) const {
    for (std::size_t i = 0; i < starts_.size(); ++i) {
      const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : bytes_.size();
      f(RawRecord(bytes_).subspan(starts_[i], end - starts_[i]));
    }
  }

 private:
  Bytes bytes_;
  std::vector<std::size_t> starts_;
};

void read_capture(const char* path, Records& out) {
  CaptureReader reader{std::string(path)};
  RawRecord raw;
  while (reader.next(raw) == CaptureReader::Status::record) out.add(raw);
}

// Of their own and not inlined, so that callgrind can be told to count within them. Each returns something
// that keeps its work from being left out.
[[gnu::noinline]] std::uint64_t feed_decode(const Records& records) {
  Decoder decoder;
  std::uint64_t good = 0;
  records.each([&](RawRecord raw) { good += decoder.decode(raw).index() == 0; });
  return good;
}

[[gnu::noinline]] std::uint64_t feed_lineage(const Records& records) {
  Decoder decoder;
  Lineage lineage;
  records.each([&](RawRecord raw) {
    const auto decoded = decoder.decode(raw);
    if (const Event* event = std::get_if<Event>(&decoded)) lineage.apply(*event);
  });
  return lineage.counts().live;
}

[[gnu::noinline]] std::uint64_t feed_pipeline(const Records& records) {
  Pipeline pipeline({}, {});
  records.each([&](RawRecord raw) {
    pipeline.feed(raw);
    pipeline.detectors().take_requests();  // answered by the records themselves
  });
  return pipeline.summary().raised;
}

struct Stage {
  std::string_view name;
  std::uint64_t (*feed)(const Records&);
};
constexpr Stage kStages[] = {{"decode", feed_decode}, {"lineage", feed_lineage}, {"pipeline", feed_pipeline}};

void measure(const Stage& stage, const Records& records, std::size_t rounds) {
  std::vector<double> rates;
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    result = stage.feed(records);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    rates.push_back(static_cast<double>(records.count()) / took.count() / 1e6);
  }
  std::sort(rates.begin(), rates.end());
  std::printf("%-9.*s median %6.2f  best %6.2f  worst %6.2f million records/s  (result %llu)\n",
              static_cast<int>(stage.name.size()), stage.name.data(), rates[rates.size() / 2], rates.back(),
              rates.front(), static_cast<unsigned long long>(result));
}

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: replay_bench [--mix storm|mixed] [--lifecycles N] [--rounds N]\n"
               "                    [--stage decode|lineage|pipeline] [CAPTURE]\n");
  std::exit(2);
}

std::size_t number(const char* text) {
  std::size_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || stop != end || value == 0) usage();
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t lifecycles = 200'000, rounds = 5;
  std::string_view only, mix = "storm";
  const char* capture = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool option = word.starts_with("--");
    if (option && i + 1 == argc) usage();
    if (word == "--lifecycles")
      lifecycles = number(argv[++i]);
    else if (word == "--rounds")
      rounds = number(argv[++i]);
    else if (word == "--stage")
      only = argv[++i];
    else if (word == "--mix")
      mix = argv[++i];
    else if (option || capture)
      usage();
    else
      capture = argv[i];
  }
  if (mix != "storm" && mix != "mixed") usage();
  Records records;
  try {
    if (capture)
      read_capture(capture, records);
    else
      MadeStorm([&](RawRecord raw) { records.add(raw); }, mix == "mixed").make(lifecycles);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "replay_bench: %s\n", error.what());
    return 3;
  }
  if (records.count() == 0) {
    std::fprintf(stderr, "replay_bench: %s: no records\n", capture);
    return 3;
  }
  std::printf("%zu records, %.1f bytes each\n", records.count(),
              static_cast<double>(records.bytes()) / static_cast<double>(records.count()));
  for (const Stage& stage : kStages)
    if (only.empty() || only == stage.name) measure(stage, records, rounds);
}
