// SPDX-License-Identifier: Apache-2.0
// The memory bound: what is given up, in which order, when the processes of a host take more than they may.
#include <algorithm>

#include "lineage/lineage.hpp"

namespace stray {

void Lineage::enforce_bound() {
  const std::size_t target =
      options_.memory_bytes - options_.memory_bytes / 8;  // some air, so that this is rare
  while (account_->bytes > target && !dead_.empty()) {
    const Death oldest = dead_.front();
    dead_.pop_front();
    if (Process* dead = get(oldest)) {
      drop_detail(*dead);
      skeletons_.push_back(oldest);
    }
  }
  // A pass over the whole table pays only when it lets many go.
  if (account_->bytes > options_.memory_bytes && skeletons_held_ > table_.size() / 8) give_up_oldest();
  if (account_->bytes > options_.memory_bytes && account_->bytes >= cut_again_) cut_living(target);
}

// What a program is stands at the front of its argv. A cut is said in the flags of the image, and the whole
// length stays known.
void Lineage::cut_living(std::size_t target) {
  constexpr std::size_t kKept[] = {4096, 512};
  for (const std::size_t most : kKept) {
    if (account_->bytes <= target) break;
    for (auto& [tgid, process] : live_) cut_argv(*process, most);
  }
  // Where the living fill the bound by their number alone there is nothing to cut each time.
  cut_again_ = account_->bytes + options_.memory_bytes / 16;
}

void Lineage::cut_argv(Process& process, std::size_t most) {
  const auto shorten = [most](std::string& text) {
    if (text.size() <= most) return false;
    text.resize(most);
    text.shrink_to_fit();
    return true;
  };
  const auto cut = [&](Image& image) {
    if (!shorten(image.argv)) return;
    image.flags |= STRAY_EXEC_ARGV_CUT;
    recount(image);
    ++counts_.cut_argv;
  };
  if (process.image) cut(*process.image);
  for (const auto& image : process.past) cut(*image);
  if (process.seen && shorten(process.seen->title)) recount(*process.seen);
}

void Lineage::drop_detail(Process& dead) {
  dead.image.reset();
  dead.past.clear();
  dead.seen.reset();
  dead.skeleton = true;
  ++skeletons_held_;
  ++counts_.evicted_detail;
}

// One pass over the table for half of the skeletons: their descendants' links are marked, never guessed.
void Lineage::give_up_oldest() {
  std::vector<ProcessKey> going;
  for (const std::size_t half = skeletons_held_ / 2 + 1; going.size() < half && !skeletons_.empty();
       skeletons_.pop_front())
    if (get(skeletons_.front())) going.push_back(skeletons_.front().key);
  std::sort(going.begin(), going.end());
  const auto gone = [&](const Process* p) {
    return p && std::binary_search(going.begin(), going.end(), p->key);
  };
  for (auto& [key, process] : table_)
    if (gone(process.origin) || gone(process.creator))
      set_origin(process, gone(process.origin) ? nullptr : process.origin,
                 gone(process.creator) ? nullptr : process.creator, Edge::evicted);
  for (const ProcessKey& key : going)
    if (Process* dead = get(key); dead && dead->needed_by == 0) {
      erase(*dead);
      ++counts_.evicted;
    }
  remember_gone();
}

}  // namespace stray
