// SPDX-License-Identifier: Apache-2.0
// The observer at work in a process of its own. A look goes to the files of a process: where these are on a
// file system that does not answer (a network mount whose server is gone), the look waits, often where no
// signal ends it. A thread in that state would keep stray from ending; a helper process is killed, or left
// alone until its wait is over.
//
// A look that waits for longer than `longest` is answered by a record with STRAY_SAW_UNREAD, and the others
// go on in another helper. One that is at work all that time, or waits for a CPU on a busy host, is given ten
// times as long. If the names of its files lead to one file system of another host or of a program, that one
// is named in a warning and its processes are answered so without a look, else this process is; both for a
// minute at first, twice as long each time.
//
// Used from one thread. What was asked is answered, in the order of asking but for what hangs, unless this is
// destroyed before.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/descriptor.hpp"
#include "observe/mounts.hpp"
#include "observe/observer.hpp"
#include "privilege/starter.hpp"

namespace stray {

class Looks {
 public:
  using Clock = BootTime (*)();
  using Look = std::function<RawRecord(const Request&)>;  // its bytes hold until the next call
  using Make = std::function<Look()>;                     // called in each helper
  using FindMounts = std::function<std::vector<Mount>(const Request&)>;

  struct Patience {
    std::chrono::milliseconds longest = std::chrono::milliseconds(500);
    std::chrono::milliseconds again = std::chrono::minutes(1);  // until what hung is looked at again
  };

  // Looks by Observer, for pid files in these directories too. Throws std::system_error without descriptors.
  explicit Looks(Clock clock, std::shared_ptr<const PidFileDirs> pidfile_dirs = {});
  Looks(Clock clock, Make maker, FindMounts mounts, Patience patience);
  ~Looks();  // does not wait for a look that hangs
  Looks(const Looks&) = delete;
  Looks& operator=(const Looks&) = delete;

  void start();               // the helper, now: the less memory there is, the less is shared with it
  void renew();               // another helper, which sees what was changed since in what the maker uses
  void ask(Request request);  // the same as one that still waits: one answer for both
  // Gives answers that are there to `sink`, at most so many; returns how many. The sink may ask.
  std::size_t take(std::size_t at_most, const std::function<void(RawRecord)>& sink);
  std::size_t open() const { return asked_.size() + sent_.size() + ready_.size(); }  // and not taken yet
  int fd() const { return wake_.get(); }               // readable while answers wait to be taken
  void wait(std::chrono::milliseconds longest) const;  // for an answer
  void say_what_was_skipped() const;  // a warning for each file system, with how many processes

 private:
  using Steady = std::chrono::steady_clock;
  using Bytes = std::vector<std::byte>;
  struct Hang {
    Steady::time_point until{};
    std::chrono::milliseconds wait{};
  };
  struct HangingMount {
    Mount mount;
    Hang hang;
    std::set<ProcessKey> processes;  // not looked at for it
  };

  void send();
  void receive();
  void give_up_if_hanging();
  bool helper_is_at_work();
  void begin_to_wait();
  void abandon();
  void reap();
  void note_hang(const Request& request);
  bool is_hanging(const Request& request);
  std::vector<Mount> mounts_of(const Request& request);
  void extend(Hang& hang) const;
  void unread(const Request& request);
  void signal_ready() const;

  const Clock clock_;
  const Make maker_;
  const FindMounts find_mounts_;
  const Patience patience_;
  Descriptor wake_, event_;  // an epoll of the event and the helper's socket
  Descriptor socket_;
  pid_t helper_ = 0;
  std::vector<pid_t> abandoned_;  // killed, and not ended yet
  std::deque<Request> asked_, sent_;
  std::set<std::tuple<ProcessKey, stray::Look, std::string>> waiting_;  // those of asked_
  Steady::time_point begun_{};  // when the first of sent_ became the first
  Steady::time_point
      checked_{};         // when the helper was last asked whether it is at work on that one; or begun_
  std::string switches_;  // how often it had waited then, as the kernel says it
  std::vector<Bytes> ready_;
  std::map<std::string, HangingMount> mounts_;  // by device
  std::map<ProcessKey, Hang> processes_;
  Bytes buffer_;
  privilege::Starter starter_;  // this thread may have no capabilities any more
};

}  // namespace stray
