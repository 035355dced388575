// SPDX-License-Identifier: Apache-2.0
// Field numbers are those of protos/perfetto/trace/ in Perfetto's sources.
#include "export/perfetto_sink.hpp"

#include <algorithm>
#include <vector>

#include "base/layout.hpp"
#include "base/printable.hpp"
#include "base/signal_name.hpp"
#include "event.h"
#include "export/protobuf.hpp"
#include "program/program.hpp"

namespace stray {
namespace {

constexpr std::size_t kBuffer = 64 << 10;
constexpr std::size_t kLongestText = 4096;  // bytes of a command line that the viewer is given

namespace field {
constexpr std::uint32_t kTracePacket = 1;  // Trace
constexpr std::uint32_t kClockSnapshot = 6, kTimestamp = 8, kSequence = 10, kTrackEvent = 11,
                        kSequenceFlags = 13,
                        kTrackDescriptor = 60;                                         // TracePacket
constexpr std::uint32_t kClocks = 1, kPrimaryClock = 2, kClockId = 1, kClockTime = 2;  // ClockSnapshot
constexpr std::uint32_t kUuid = 1, kTrackName = 2, kParentUuid = 5, kChildOrdering = 11,
                        kSiblingMerge = 15;  // TrackDescriptor
constexpr std::uint32_t kAnnotation = 4, kType = 9, kTrackUuid = 11, kCategory = 22, kName = 23, kFlow = 47,
                        kFlowEnd = 48;                                                     // TrackEvent
constexpr std::uint32_t kAnnotationNumber = 3, kAnnotationText = 6, kAnnotationName = 10;  // DebugAnnotation
}  // namespace field

constexpr std::uint64_t kRealtime = 1, kBoottime = 6;  // BuiltinClock
constexpr std::uint64_t kOldestFirst = 2;              // ChildTracksOrdering
constexpr std::uint64_t kNeverMerge = 2;    // SiblingMergeBehavior: by default equal names are merged
constexpr std::uint64_t kStateCleared = 1;  // SequenceFlags: events before such a packet are thrown away
constexpr std::uint64_t kHostTrack = 1;     // a uuid; processes have random ones

std::uint64_t uuid(const View& view, ProcessKey key) {
  const std::uint64_t hash = process_hash(view.host.boot, key);
  return hash > kHostTrack ? hash : hash + 2;  // 0 is the trace's own track
}

std::string shown(std::string_view text) { return printable(shortened(text, kLongestText)); }

std::string name_of(const Process* p, ProcessKey key) {
  if (!p) return key ? "pid " + std::to_string(key.tgid) : "nobody";
  return shown(p->label()) + " [" + std::to_string(p->key.tgid) + "]";
}

void note(ProtobufMessage& event, std::string_view name, const std::string& text) {
  if (text.empty()) return;
  event.message(field::kAnnotation,
                ProtobufMessage().text(field::kAnnotationName, name).text(field::kAnnotationText, text));
}

void note(ProtobufMessage& event, std::string_view name, std::uint64_t number) {
  event.message(
      field::kAnnotation,
      ProtobufMessage().text(field::kAnnotationName, name).number(field::kAnnotationNumber, number));
}

std::string date(const View& view, BootTime time) {
  std::string out;
  Rfc3339().append(out, view.host.real_ns(time));
  return out;
}

}  // namespace

// ---- what the pipeline tells ----

void PerfettoSink::event(const View& view, const Event& event) {
  begin(view, event.process);
  clock(view);
  const Process* p = view.scene.lineage.find(event.process);
  if (const auto* gap = std::get_if<Gap>(&event.what))
    return instant(view, nullptr, event.time, "loss", std::to_string(gap->count) + " records were lost");
  if (!p) return;
  if (std::holds_alternative<Fork>(event.what)) return on_fork(view, *p, event.time);
  const bool exec = std::holds_alternative<Exec>(event.what);
  find_running(view, *p, exec);
  if (exec) {
    if (Track* track = writable(view, p->key)) begin_program(view, *p, *track, event.time);
  } else if (const auto* signal = std::get_if<Signal>(&event.what)) {
    instant(view, p, event.time, "signal",
            signal_name(static_cast<int>(signal->signal)) + " from " +
                (event.flags & STRAY_SIGNAL_FROM_KERNEL
                     ? "the kernel"
                     : name_of(view.scene.lineage.find(signal->sender), signal->sender)));
  } else if (std::holds_alternative<Oom>(event.what)) {
    instant(view, p, event.time, "oom", "killed for memory");
  } else if (const auto* listen = std::get_if<Listen>(&event.what)) {
    instant(view, p, event.time, "listen",
            "listens on " + Listening{listen->family, listen->port, listen->address}.text());
  } else if (p->ended) {
    on_end(view, *p, event.time);
  }
}

void PerfettoSink::seed(const View& view, const Process& process) {
  begin(view, process.key);
  find_running(view, process);
}

void PerfettoSink::reparent(const View& view, const Change& change) {
  begin(view, {});
  const Process& p = *change.process;
  instant(view, &p, view.time, "reparent", "new parent: " + name_of(p.parent, p.parent_key),
          change.other ? "from " + name_of(change.other, {}) : std::string());
}

void PerfettoSink::finding(const View& view, const Finding& finding, const Process* process) {
  begin(view, {});
  const bool cleared = finding.action == Finding::Action::cleared;
  instant(view, process, finding.time, "finding",
          std::string(to_string(finding.kind)) + " " + std::string(to_string(finding.action)),
          shown(cleared ? finding.reason : finding.what.message));
}

void PerfettoSink::close(const View& view) {
  begin(view, {});
  living_.each(
      [&](ProcessKey key, Track& track) { end(view, key, track, view.scene.lineage.find(key), view.time); });
  out_(buffer_);
  buffer_.clear();
}

// ---- lives ----

// The first packets, and the processes that are there already.
void PerfettoSink::begin(const View& view, ProcessKey but) {
  if (begun_) return;
  begun_ = true;
  clock(view);
  ProtobufMessage track, first;
  track.number(field::kUuid, kHostTrack).text(field::kTrackName, "host " + shown(view.host.name));
  first.number(field::kTimestamp, view.time.count()).message(field::kTrackDescriptor, track);
  packet(first);
  for (const Process* process : alive(view))
    if (process->key != but) find_running(view, *process);
}

// Boot time beside the wall clock: when it is first known, and when it was set.
void PerfettoSink::clock(const View& view) {
  if (real_offset_ == view.host.real_offset_ns) return;
  const bool first = !real_offset_;
  real_offset_ = view.host.real_offset_ns;
  const auto one = [](std::uint64_t id, std::uint64_t time) {
    return ProtobufMessage().number(field::kClockId, id).number(field::kClockTime, time);
  };
  ProtobufMessage snapshot, out;
  snapshot.message(field::kClocks, one(kBoottime, view.time.count()))
      .message(field::kClocks, one(kRealtime, static_cast<std::uint64_t>(view.host.real_ns(view.time))))
      .number(field::kPrimaryClock, kBoottime);
  out.number(field::kTimestamp, view.time.count()).message(field::kClockSnapshot, snapshot);
  if (first) out.number(field::kSequenceFlags, kStateCleared);
  packet(out);
}

// The track of a process, known or found running now; `execs`: its program begins at this moment.
PerfettoSink::Track* PerfettoSink::find_running(const View& view, const Process& p, bool execs) {
  if (Track* known = living_.find(p.key)) return known;
  Track* track = add(view, p.key, {.begin = view.time, .last = view.time});
  if (!track) return nullptr;
  write(view, p, *track);
  if (p.image && !execs) begin_program(view, p, *track, track->begin);
  return track;
}

PerfettoSink::Track* PerfettoSink::add(const View& view, ProcessKey key, Track track) {
  return living_.add(key, track, [&](ProcessKey gone, Track& before) {
    end(view, gone, before, view.scene.lineage.find(gone), view.time);
  });
}

void PerfettoSink::on_fork(const View& view, const Process& child, BootTime time) {
  if (living_.find(child.key)) return;
  Track* parent = child.origin && child.origin->alive() ? find_running(view, *child.origin) : nullptr;
  if (parent) parent = writable(view, child.origin->key);
  Track* track = add(view, child.key, {.begin = time, .last = time, .arrow = parent != nullptr});
  if (!track || !parent) return;
  parent->last = std::max(parent->last, time);
  track->begin = track->last = parent->last;
  ProtobufMessage event;
  event.text(field::kCategory, "fork").text(field::kName, "fork " + std::to_string(child.key.tgid));
  event.fixed(field::kFlow, uuid(view, child.key));
  put(Type::instant, uuid(view, child.origin->key), parent->last, event);
}

void PerfettoSink::on_end(const View& view, const Process& process, BootTime time) {
  if (Track* track = living_.find(process.key)) {
    end(view, process.key, *track, &process, time);
    living_.remove(process.key);
  }
}

PerfettoSink::Track* PerfettoSink::writable(const View& view, ProcessKey key) {
  Track* track = living_.find(key);
  const Process* process = view.scene.lineage.find(key);
  if (track && !track->written && process) write(view, *process, *track);
  return track;
}

// Descriptor and begin of a life.
void PerfettoSink::write(const View& view, const Process& p, Track& track) {
  track.written = true;
  describe(view, p);
  ProtobufMessage event;
  event.text(field::kCategory, "process").text(field::kName, "pid " + std::to_string(p.key.tgid));
  if (track.arrow) event.fixed(field::kFlowEnd, uuid(view, p.key));
  note(event, "id", process_id(view.host.boot, p.key));
  note(event, "pid", std::uint64_t{p.key.tgid});
  note(event, "started", date(view, p.key.start));
  note(event, "uid", std::uint64_t{p.uid});
  note(event, "unit", shown(place_in_cgroup(p.cgroup()).unit));
  put(Type::begin, uuid(view, p.key), track.begin, event);
}

// The descriptors of a process and of the ancestors that have none yet, the oldest first.
void PerfettoSink::describe(const View& view, const Process& process) {
  std::vector<const Process*> up;
  for (const Process* p = &process; p && !described_.contains(p->key); p = p->origin) up.push_back(p);
  for (auto it = up.rbegin(); it != up.rend(); ++it) {
    const Process& p = **it;
    described_.insert(p.key);
    ProtobufMessage track, out;
    track.number(field::kUuid, uuid(view, p.key)).text(field::kTrackName, name_of(&p, p.key));
    if (p.origin) track.number(field::kParentUuid, uuid(view, p.origin->key));
    track.number(field::kChildOrdering, kOldestFirst).number(field::kSiblingMerge, kNeverMerge);
    out.number(field::kTimestamp, view.time.count()).message(field::kTrackDescriptor, track);
    packet(out);
  }
  if (described_.size() > described_bound_) forget_described(view.scene.lineage);
}

// What the lineage has let go will not be described again: it had no living descendant.
void PerfettoSink::forget_described(const Lineage& lineage) {
  std::erase_if(described_, [&](ProcessKey key) { return !lineage.find(key); });
  described_bound_ = 2 * described_.size() + 1024;
}

void PerfettoSink::begin_program(const View& view, const Process& p, Track& track, BootTime time) {
  track.last = std::max(track.last, time);
  if (track.program) {
    ProtobufMessage none;
    put(Type::end, uuid(view, p.key), track.last, none);
  }
  track.program = true;
  ProtobufMessage event;
  event.text(field::kCategory, "exec").text(field::kName, shown(p.label()));
  note(event, "command", shown(p.command()));
  note(event, "executable", shown(p.exe()));
  if (p.image) note(event, "directory", shown(p.image->cwd));
  note(event, "uid", std::uint64_t{p.uid});
  put(Type::begin, uuid(view, p.key), track.last, event);
}

// Ends what is open on a track, with how the process ended where that is known.
void PerfettoSink::end(const View& view, ProcessKey key, Track& track, const Process* process,
                       BootTime time) {
  if (!track.written) {
    if (!process) return;
    write(view, *process, track);
  }
  track.last = std::max(track.last, time);
  if (track.program) {
    ProtobufMessage none;
    put(Type::end, uuid(view, key), track.last, none);
  }
  ProtobufMessage event;
  if (process && process->ended) {
    const Ended& ended = *process->ended;
    if (ended.inferred) note(event, "end", "not seen: records were lost");
    if (!ended.inferred && !ended.signal())
      note(event, "exit_code", static_cast<std::uint64_t>(ended.code()));
    if (ended.signal()) note(event, "signal", signal_name(ended.signal()));
    if (ended.killer && !ended.killer->from_kernel)
      note(event, "killed_by", shown(ended.killer->sender_name));
    note(event, "cpu_ns", ended.runtime_ns);
    note(event, "max_rss", ended.max_rss);
  }
  put(Type::end, uuid(view, key), track.last, event);
}

// ---- packets ----

// Something that happened at one moment; of nobody, or of a process that is forgotten: on the host's track.
void PerfettoSink::instant(const View& view, const Process* process, BootTime time, std::string_view category,
                           const std::string& name, const std::string& text) {
  Track* track = nullptr;
  bool on_process = false;
  if (process) {
    if (process->alive()) find_running(view, *process);
    track = writable(view, process->key);
    on_process = track || described_.contains(process->key);
  }
  BootTime& last = track ? track->last : last_on_host_;
  last = std::max(last, time);
  ProtobufMessage event;
  event.text(field::kCategory, category);
  event.text(field::kName, process && !on_process ? name + ": " + name_of(process, {}) : name);
  note(event, "text", text);
  put(Type::instant, on_process ? uuid(view, process->key) : kHostTrack, last, event);
}

void PerfettoSink::put(Type type, std::uint64_t track, BootTime time, ProtobufMessage& event) {
  event.number(field::kType, static_cast<std::uint64_t>(type)).number(field::kTrackUuid, track);
  ProtobufMessage out;
  out.number(field::kTimestamp, time.count()).message(field::kTrackEvent, event);
  packet(out);
}

void PerfettoSink::packet(ProtobufMessage& packet) {
  packet.number(field::kSequence, 1);
  ProtobufMessage trace;
  trace.message(field::kTracePacket, packet);
  buffer_ += trace.bytes();
  if (buffer_.size() < kBuffer) return;
  out_(buffer_);
  buffer_.clear();
}

}  // namespace stray
