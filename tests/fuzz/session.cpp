// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "broken.hpp"
#include "json.hpp"

namespace stray::fuzz {
namespace {

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

Output output(std::uint8_t choice) { return static_cast<Output>(choice >> 4 & 3); }

}  // namespace

template <typename F>
void CheckedSink::check_json(F&& write) {
  if (output_ != Output::json) return;
  line_.clear();
  write(line_);
  if (line_.empty()) return;
  if (line_.find('\n') != line_.size() - 1) broken("not one line", line_);
  if (!is_json(line_)) broken("no JSON", line_);
}

template <typename F>
void CheckedSink::check(F&& text) {
  if (output_ == Output::text) check_text(text());
}

void CheckedSink::ready(const View& view) {
  check_json(
      [&](std::string& out) { ecs_.ready(out, view.time, view.lost, view.limits(), view.detectors.open()); });
}

void CheckedSink::event(const View& view, const Event& event) {
  check_json([&](std::string& out) { ecs_.event(out, event, view.scene.lineage); });
  check([&] { return text_.event(event, view.scene.lineage); });
}

void CheckedSink::seed(const View& view, const Process& process) {
  check_json([&](std::string& out) { ecs_.seed(out, process, view.time, view.lost); });
}

void CheckedSink::reparent(const View& view, const Change& change) {
  check_json([&](std::string& out) { ecs_.reparent(out, change, view.time, view.lost); });
  check([&] { return text_.reparent(change, view.time); });
}

void CheckedSink::finding(const View& view, const Finding& finding, const Process* process) {
  if (output_ != Output::json && output_ != Output::text) return;
  const auto stray = view.stray_of(finding);
  const Stray* of = stray ? &*stray : nullptr;
  check_json([&](std::string& out) { ecs_.finding(out, finding, of, view.scene, process, view.lost); });
  check([&] { return text_.finding(finding, of, view.scene); });
}

void CheckedSink::summary(const View&, const Summary& summary) {
  check_json([&](std::string& out) { ecs_.summary(out, summary); });
  check([&] { return text_.summary(summary); });
}

void CheckedSink::look(const Pipeline& pipeline) {
  if (output_ != Output::look) return;
  constexpr std::size_t kMost = 2;
  const View view = pipeline.view();
  const auto open = strays_of(view.scene, pipeline.detectors().open());
  check_text(text_.strays(open, view.scene, {}));
  check_text(text_.strays(open, view.scene, {.findings = true}));
  check_text(text_.tree(nullptr, view.scene, open, {}));
  auto all = view.scene.lineage.live_by_key();
  if (all.size() > kMost) all.resize(kMost);
  for (const Process* process : all) {
    line_.clear();
    ecs_.explain(line_, *process, view.scene, view.lost);
    if (!is_json(line_)) broken("no JSON", line_);
    check_text(text_.explain(*process, view.scene, open));
  }
}

Session::Session(std::uint8_t choice)
    : pipeline_(detect_options(choice), bounds(choice)), sink_(pipeline_.host(), output(choice)) {
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
