// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace stray::fuzz {
namespace {

[[noreturn]] void broken(const char* promise, const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", promise, text.c_str());
  std::abort();
}

void check_text(const std::string& text) {
  const auto moves = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), moves)) broken("a control character in text", text);
}

DetectOptions detect_options(std::uint8_t choice) {
  DetectOptions out;
  if (choice & 1) out.after.fill(seconds(1));
  out.at_once = choice & 2;
  return out;
}

LineageOptions bounds(std::uint8_t choice) {
  LineageOptions out;
  if (choice & 4) out.memory_bytes = 16u << 10;
  return out;
}

}  // namespace

void CheckedSink::check_json() {
  if (line_.empty()) return;
  if (line_.find('\n') != line_.size() - 1) broken("not one line", line_);
  if (!nlohmann::json::accept(line_)) broken("no JSON", line_);
  line_.clear();
}

void CheckedSink::ready(const View& view) {
  ecs_.ready(line_, view.time, view.lost, view.limits(), view.detectors.open());
  check_json();
}

void CheckedSink::event(const View& view, const Event& event) {
  ecs_.event(line_, event, view.scene.lineage);
  check_json();
  check_text(text_.event(event, view.scene.lineage));
}

void CheckedSink::seed(const View& view, const Process& process) {
  ecs_.seed(line_, process, view.time, view.lost);
  check_json();
}

void CheckedSink::reparent(const View& view, const Change& change) {
  ecs_.reparent(line_, change, view.time, view.lost);
  check_json();
  check_text(text_.reparent(change, view.time));
}

void CheckedSink::finding(const View& view, const Finding& finding, const Process* process) {
  const auto stray = view.stray_of(finding);
  const Stray* of = stray ? &*stray : nullptr;
  ecs_.finding(line_, finding, of, view.scene, process, view.lost);
  check_json();
  check_text(text_.finding(finding, of, view.scene));
}

void CheckedSink::summary(const View&, const Summary& summary) {
  ecs_.summary(line_, summary);
  check_json();
  check_text(text_.summary(summary));
}

void CheckedSink::look(const Pipeline& pipeline) {
  constexpr std::size_t kMost = 64;
  const View view = pipeline.view();
  const auto open = strays_of(view.scene, pipeline.detectors().open());
  check_text(text_.strays(open, view.scene, {}));
  check_text(text_.strays(open, view.scene, {.findings = true}));
  check_text(text_.tree(view.scene.lineage, nullptr, view.scene, open));
  auto all = view.scene.lineage.live_by_key();
  if (all.size() > kMost) all.resize(kMost);
  for (const Process* process : all) {
    ecs_.explain(line_, *process, view.scene, view.lost);
    check_json();
    check_text(text_.explain(*process, view.scene, open));
  }
}

Session::Session(std::uint8_t choice)
    : pipeline_(detect_options(choice), bounds(choice)), sink_(pipeline_.host()) {
  pipeline_.add(sink_);
}

void Session::feed(RawRecord record) {
  pipeline_.feed(record);
  pipeline_.detectors().take_requests();
}

void Session::continue_in(Session& other) const {
  pipeline_.save_state([&](RawRecord record) { other.feed(record); }, pipeline_.time());
}

void Session::end() {
  pipeline_.listen();
  pipeline_.emit_summary();
  sink_.look(pipeline_);
}

}  // namespace stray::fuzz
