// SPDX-License-Identifier: Apache-2.0
// The process table as fields of a saved state (docs/capture-format.md), and back.
//
// Processes are saved in the order of their keys: parents, origins and creators are older than who names
// them, so all that a record refers to has come before it, and no loop can be saved.
#include <algorithm>
#include <unordered_map>

#include "lineage/lineage.hpp"
#include "lineage/saved_fields.hpp"
#include "program/host_programs.hpp"

namespace stray {

// What a process record has beside the fields of Process itself.
struct Lineage::Links {
  std::optional<ProcessKey> origin, creator;
  bool linked = false;      // parent_key is the parent in the table
  std::uint32_t place = 0;  // among the parent's children, where they are not in the order of their keys
  std::uint32_t image = 0;  // number of an image record; 0: none
  std::vector<std::uint32_t> past;
  std::optional<std::string> cgroup;
  std::uint32_t died = 0;  // place among the ends, from 1
  bool unlisted = false;   // alive, but its pid has gone to another
};

struct Lineage::Restoring {
  std::unordered_map<std::uint32_t, std::shared_ptr<Image>> images;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> cgroups;
  std::unordered_map<const Process*, std::uint32_t> places;
  struct Dead {
    std::uint32_t place;
    ProcessKey key;
  };
  std::vector<Dead> dead;
};

Lineage::Lineage(LineageOptions options) : options_(options), account_(std::make_unique<Account>()) {}
Lineage::~Lineage() = default;

// ---- saving ----

void Lineage::save(const EmitState& emit) const {
  std::vector<const Process*> all;
  all.reserve(table_.size());
  for (const auto& [key, process] : table_) all.push_back(&process);
  std::sort(all.begin(), all.end(), [](const Process* a, const Process* b) { return a->key < b->key; });

  std::unordered_map<const Process*, std::uint32_t> died, places;
  for (const auto* ends : {&skeletons_, &dead_})
    for (const Death& death : *ends)
      if (const Process* p = find(death)) died.emplace(p, static_cast<std::uint32_t>(died.size()) + 1);

  std::unordered_map<const Image*, std::uint32_t> numbers;
  const auto number_of = [&](const std::shared_ptr<Image>& image) -> std::uint32_t {
    if (!image) return 0;
    const auto [it, added] = numbers.emplace(image.get(), static_cast<std::uint32_t>(numbers.size()) + 1);
    if (added) {
      std::string body;
      tlv::Writer a(body);
      a(1, it->second);
      tlv::Saved<Image>::fields(a, *image);
      emit({STRAY_STATE_IMAGE, {}, body});
    }
    return it->second;
  };

  for (const Process* p : all) {
    bool sorted = true;
    for (const Process* c = p->first_child; c && c->next; c = c->next) sorted &= c->key < c->next->key;
    std::uint32_t place = 0;
    if (!sorted) each_child(*p, [&](const Process& child) { places.emplace(&child, place++); });

    Links links;
    if (p->origin) links.origin = p->origin->key;
    if (p->creator) links.creator = p->creator->key;
    links.linked = p->parent != nullptr;
    if (const auto it = places.find(p); it != places.end()) links.place = it->second;
    if (p->cgroup_path) links.cgroup = *p->cgroup_path;
    for (const auto& image : p->past) links.past.push_back(number_of(image));
    links.image = number_of(p->image);
    if (const auto it = died.find(p); it != died.end()) links.died = it->second;
    links.unlisted = p->alive() && live(p->key.tgid) != p;
    std::string body;
    tlv::Writer a(body);
    tlv::Saved<Process>::fields(a, *p, links);
    emit({STRAY_STATE_PROCESS, p->key, body});
  }
}

std::string Lineage::save_core() const { return tlv::save(*this); }

// ---- restoring ----

bool Lineage::restore(const StateItem& item) {
  if (!restoring_) restoring_ = std::make_unique<Restoring>();
  if (item.kind == STRAY_STATE_IMAGE) return restore_image(item.body);
  return item.kind == STRAY_STATE_PROCESS && restore_process(item.process, item.body);
}

bool Lineage::restore_core(std::string_view body) {
  if (tlv::restore(*this, body) && runtimes_.size() <= kMostRuntimes &&
      session_ttys_.size() <= kMostSessions && gone_.size() <= kGoneKept)
    return true;
  waiting_.clear();
  runtimes_.clear();
  session_ttys_.clear();
  gone_.clear();
  return false;
}

bool Lineage::restore_image(std::string_view body) {
  Image image;
  std::uint32_t number = 0;
  tlv::Reader a(body);
  a(1, number);
  tlv::Saved<Image>::fields(a, image);
  if (!a.ok() || number == 0 || restoring_->images.contains(number)) return false;
  // A supervisor of the configuration is saved by its name alone.
  if (!rules_.empty() && rules_.back()) rules_.back()->restore_supervisor(image.program);
  restoring_->images.emplace(number, make_image(std::move(image)));
  return true;
}

bool Lineage::restore_process(ProcessKey key, std::string_view body) {
  if (find(key)) return false;
  Process made;
  made.key = key;
  Links links;
  tlv::Reader a(body);
  tlv::Saved<Process>::fields(a, made, links);
  if (!a.ok() || links.past.size() > kPastImages) return false;
  const auto image_of = [&](std::uint32_t number) {
    const auto it = restoring_->images.find(number);
    return it == restoring_->images.end() ? nullptr : it->second;
  };
  for (const std::uint32_t number : links.past) made.past.push_back(image_of(number));
  made.image = image_of(links.image);
  if (std::find(made.past.begin(), made.past.end(), nullptr) != made.past.end() ||
      (links.image != 0 && !made.image))
    return false;

  Process& process = table_.try_emplace(key, std::move(made)).first->second;
  account_->bytes += kProcessBytes;
  if (process.seen) recount(*process.seen);
  if (links.cgroup) {
    auto& shared = restoring_->cgroups[*links.cgroup];
    if (!shared) shared = std::make_shared<const std::string>(*links.cgroup);
    process.cgroup_path = shared;
  }
  process.skeleton &= process.ended.has_value();
  skeletons_held_ += process.skeleton;
  if (process.ended) {
    if (links.died) restoring_->dead.push_back({links.died, key});
  } else {
    Process*& owner = live_[key.tgid];
    if (!links.unlisted && (!owner || owner->key < key)) owner = &process;
    if (!owner) live_.erase(key.tgid);
    program_changed(process);
  }
  return restore_links(process, links);
}

bool Lineage::restore_links(Process& process, const Links& links) {
  Process* origin = links.origin ? get(*links.origin) : nullptr;
  Process* creator = links.creator ? get(*links.creator) : nullptr;
  set_origin(process, origin, creator, process.origin_edge);
  const bool origin_there = (process.origin != nullptr) == links.origin.has_value();
  if (!origin_there) process.origin_edge = Edge::broken;
  bool whole = origin_there && (process.creator != nullptr) == links.creator.has_value();
  if (!links.linked) return whole;
  if (process.alive()) set_parent(process, get(process.parent_key), process.parent_key, process.parent_edge);
  if (!process.parent) {
    process.parent_edge = Edge::broken;
    return false;
  }
  if (links.place) restoring_->places.emplace(&process, links.place);
  return whole;
}

void Lineage::sort_children(Process& parent,
                            const std::unordered_map<const Process*, std::uint32_t>& places) {
  std::vector<std::pair<std::uint32_t, Process*>> children;
  for (Process* c = parent.first_child; c; c = c->next) {
    const auto it = places.find(c);
    children.emplace_back(it == places.end() ? 0 : it->second, c);
  }
  std::stable_sort(children.begin(), children.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Process* before = nullptr;
  for (const auto& [place, child] : children) {
    child->previous = before;
    child->next = nullptr;
    (before ? before->next : parent.first_child) = child;
    before = child;
  }
  parent.last_child = before;
}

void Lineage::end_restore() {
  if (!restoring_) return;
  std::vector<Process*> parents;
  for (const auto& [child, place] : restoring_->places) parents.push_back(child->parent);
  std::sort(parents.begin(), parents.end());
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  for (Process* parent : parents) sort_children(*parent, restoring_->places);

  auto& dead = restoring_->dead;
  std::stable_sort(dead.begin(), dead.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
  for (const auto& one : dead) {
    Process& process = *get(one.key);
    process.death = ++deaths_;
    (process.skeleton ? skeletons_ : dead_).push_back({deaths_, one.key});
  }
  // Between two events these are exactly the ones that go with the next; their order decides nothing.
  for (const auto& [key, process] : table_)
    if (process.ended && process.needed_by == 0) release_.push_back(key);
  restoring_.reset();
}

}  // namespace stray
