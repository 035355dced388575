// SPDX-License-Identifier: Apache-2.0
#include "sinks/sinks.hpp"
#include "record/action.hpp"

namespace stray {

namespace {

std::string open_text(const View& view) {
  const std::size_t count = view.detectors.open().size();
  if (count == 0) return {};
  return ", " + std::to_string(count) + (count == 1 ? " finding is open" : " findings are open");
}

}  // namespace

std::string unwatched_text(const View& view) {
  const BootTime from = view.host.unwatched_from;
  if (from == BootTime{} || from > view.time) return {};
  const TimeStyle local;
  return "not watched from " + date_text(view.host.real_ns(from), local) + " to " +
         date_text(view.host.real_ns(view.time), local) + " (" + age_text(view.time - from) + ")";
}

void JsonSink::put() {
  writer_.line(line_);
  line_.clear();
}

// Lines were dropped: nobody knows which of them said what later ones refer to.
void JsonSink::say_again_what_was_lost() {
  if (const std::uint64_t dropped = writer_.dropped(); dropped != dropped_) {
    dropped_ = dropped;
    ecs_.forget_what_was_said();
  }
}

void JsonSink::ready(const View& view) {
  ecs_.ready(line_, view.time, view.lost, view.limits(), view.detectors.open());
  put();
}

void JsonSink::event(const View& view, const Event& event) {
  if (!choice_.has(action_of(event))) return;
  say_again_what_was_lost();
  ecs_.event(line_, event, view.scene.lineage);
  put();
}

void JsonSink::seed(const View& view, const Process& process) {
  if (!choice_.has("seed")) return;
  ecs_.seed(line_, process, view.time, view.lost);
  put();
}

void JsonSink::reparent(const View& view, const Change& change) {
  if (!choice_.has("reparent")) return;
  ecs_.reparent(line_, change, view.time, view.lost);
  put();
}

void JsonSink::finding(const View& view, const Finding& finding, const Process* process) {
  const auto stray = view.stray_of(finding);
  ecs_.finding(line_, finding, stray ? &*stray : nullptr, view.scene, process, view.lost);
  put();
}

void JsonSink::next_file(const View& view) {
  ecs_.forget_what_was_said();
  ecs_.ready(line_, view.time, view.lost, view.limits(), view.detectors.open(), Ecs::Ready::continued);
  put();
}

void JsonSink::summary(const View&, const Summary& summary) {
  ecs_.summary(line_, summary);
  put();
}

void TextSink::ready(const View& view) {
  writer_.line("stray " + view.host.version + " on " + view.host.name + ", kernel " + view.host.kernel +
               ", since " + text_.date(view.time) + ": watching " +
               std::to_string(view.scene.lineage.counts().live) + " processes" + open_text(view) + "\n");
  if (const std::string unwatched = unwatched_text(view); !unwatched.empty()) writer_.line(unwatched + "\n");
}

void TextSink::event(const View& view, const Event& event) {
  if (choice_.has(action_of(event))) writer_.line(text_.event(event, view.scene.lineage));
}

void TextSink::seed(const View&, const Process&) {}  // the tree shows them

void TextSink::reparent(const View& view, const Change& change) {
  if (choice_.has("reparent")) writer_.line(text_.reparent(change, view.time));
}

void TextSink::finding(const View& view, const Finding& finding, const Process*) {
  const auto stray = view.stray_of(finding);
  writer_.line(text_.finding(finding, stray ? &*stray : nullptr, view.scene));
}

void TextSink::summary(const View&, const Summary& summary) { writer_.line(text_.summary(summary)); }

}  // namespace stray
