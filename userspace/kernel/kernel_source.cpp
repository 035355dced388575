// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernel_source.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <exception>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "event.h"
#include "kernel/programs.hpp"
#include "kernel/zombie_count.hpp"
#include "lifecycle.skel.h"
#include "privilege/capabilities.hpp"
#include "procfs/missing_parents.hpp"
#include "procfs/seeds.hpp"

namespace stray {
namespace {

constexpr std::size_t kMostInADrain = 1u << 16;
// A program may have read need_wake just before it was set and then add a record that wakes nobody: the first
// sleep after activity ends soon enough by itself.
constexpr std::chrono::nanoseconds kFirstSleep = std::chrono::milliseconds(10);
// Maps, programs and their links, threads that look at processes, outputs: 30 in use, and room for looks.
constexpr rlim_t kDescriptors = 64;
constexpr std::chrono::nanoseconds kMissesEvery = std::chrono::seconds(1);

struct LinkDeleter {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

struct RingDeleter {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

void check_ring_size(std::uint32_t bytes) {
  const auto page = static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE));
  if (!std::has_single_bit(bytes) || bytes < page)
    throw SetupError(2, "--ring-size " + std::to_string(bytes) + ": must be a power of two and at least " +
                            std::to_string(page));
}

// Else the first thing that finds no descriptor would be blamed.
void check_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptors) return;
  throw SetupError(4, "the limit of open files is " + std::to_string(limit.rlim_cur) + ", stray needs " +
                          std::to_string(kDescriptors) + ": raise it, as by ulimit -n " +
                          std::to_string(kDescriptors));
}

void check_may_trace() {
  const auto lacking = privilege::missing(privilege::held(), true);
  if (lacking.empty()) return;
  throw SetupError(
      4, "loading the kernel programs needs CAP_BPF and CAP_PERFMON: " + privilege::names_of(lacking) +
             (lacking.size() == 1 ? " is" : " are") + " missing; " + privilege::advice_for(lacking) +
             "; `stray scan --no-bpf` does without");
}

[[noreturn]] void throw_load_failure(int error, const std::string& output, std::uint32_t ring_bytes) {
  if (output.find("map 'ring'") != std::string::npos)
    throw SetupError(4, "the ring buffer of " + std::to_string(ring_bytes) + " bytes cannot be made: " +
                            std::strerror(-error) + "; try a smaller --ring-size");
  throw SetupError(
      4, "the kernel refused the kernel programs: " + kernel::why_refused(output, error) +
             "; `stray doctor` shows what this kernel offers, and `stray scan --no-bpf` does without");
}

}  // namespace

struct KernelSource::State {
  kernel::Skeleton skeleton;
  std::unique_ptr<bpf_link, LinkDeleter> iterator;  // attached once: later there are no privileges to do so
  std::unique_ptr<ring_buffer, RingDeleter> ring;
  std::vector<bpf_program*> attached;

  const RecordSink* sink = nullptr;  // during a drain
  std::exception_ptr thrown;
  std::size_t drained = 0;
  bool first_sleep = true;  // since the last record

  std::uint32_t missing_kinds = 0;
  std::uint64_t misses = 0;
  BootTime misses_at{};

  void attach(const kernel::LibbpfOutput& output);
  int take(void* data, std::size_t size);
  std::uint64_t count_misses() const;
};

void KernelSource::State::attach(const kernel::LibbpfOutput& output) {
  bpf_program__set_autoattach(skeleton->progs.snapshot, false);
  if (const int error = lifecycle::attach(skeleton.get()); error != 0)
    throw SetupError(4,
                     "the kernel programs cannot be attached: " + kernel::why_refused(output.text(), error));
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) if (bpf_program__autoload(program))
      attached.push_back(program);
}

// Called by libbpf, which is C: no exception may pass through it.
int KernelSource::State::take(void* data, std::size_t size) {
  ++drained;
  try {
    (*sink)(RawRecord(static_cast<const std::byte*>(data), size));
  } catch (...) {
    thrown = std::current_exception();
    return -ECANCELED;
  }
  return drained < kMostInADrain ? 0 : -EAGAIN;
}

std::uint64_t KernelSource::State::count_misses() const {
  std::uint64_t total = 0;
  for (const bpf_program* program : attached) {
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) total += info.recursion_misses;
  }
  return total;
}

KernelSource::KernelSource(const KernelOptions& options) : state_(std::make_unique<State>()) {
  if (!options.bpf) {
    state_->missing_kinds = 1u << STRAY_SEED;
    return;
  }
  check_ring_size(options.ring_bytes);
  check_may_trace();
  check_descriptors();
  const kernel::LibbpfOutput output;
  State& s = *state_;
  const auto programs = kernel::wanted_programs(options.probes);
  if (options.probes) s.missing_kinds = kernel::missing_kinds(programs);
  s.skeleton = kernel::open_programs(programs, options.ring_bytes);
  if (const int error = lifecycle::load(s.skeleton.get()); error != 0)
    throw_load_failure(error, output.text(), options.ring_bytes);
  if (!options.probes) return;
  const auto take = [](void* state, void* data, std::size_t size) {
    return static_cast<State*>(state)->take(data, size);
  };
  s.ring.reset(ring_buffer__new(bpf_map__fd(s.skeleton->maps.ring), take, &s, nullptr));
  if (!s.ring) throw SetupError(5, std::string("the ring buffer cannot be mapped: ") + std::strerror(errno));
  s.attach(output);
}

KernelSource::~KernelSource() = default;

void KernelSource::snapshot(const RecordSink& sink) {
  kernel::ZombieCount zombies;
  if (!state_->skeleton) {
    proc::feed_all_seeds(boot_now(), [&](RawRecord seed) {
      if (!zombies.saw(seed)) sink(seed);
    });
    return zombies.make(boot_now(), sink);
  }
  auto& iterator = state_->iterator;
  if (!iterator) iterator.reset(bpf_program__attach_iter(state_->skeleton->progs.snapshot, nullptr));
  if (!iterator)
    throw SetupError(4, std::string("the task iterator cannot be attached: ") + std::strerror(errno));
  const Descriptor fd(bpf_iter_create(bpf_link__fd(iterator.get())));
  if (fd.get() < 0)
    throw SetupError(5, std::string("the task iterator cannot be read: ") + std::strerror(errno));

  proc::MissingParents missing;
  std::vector<std::byte> bytes(2 * STRAY_RECORD_MAX);  // a record may be split over two reads
  std::size_t have = 0;
  for (;;) {
    const ssize_t got = ::read(fd.get(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) throw SetupError(5, std::string("reading the task snapshot: ") + std::strerror(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
    std::size_t at = 0;
    for (stray_head head; have - at >= sizeof head;) {
      std::memcpy(&head, bytes.data() + at, sizeof head);
      if (head.size < sizeof head || head.size > STRAY_RECORD_MAX)
        throw SetupError(5, "the task snapshot holds a record of impossible size");
      if (head.size > have - at) break;
      const RawRecord seed(bytes.data() + at, head.size);
      at += head.size;
      if (zombies.saw(seed)) continue;
      missing.saw(seed);
      sink(seed);
    }
    std::memmove(bytes.data(), bytes.data() + at, have - at);
    have -= at;
  }
  if (have != 0) throw SetupError(5, "the task snapshot ended inside a record");
  missing.make(boot_now(), sink);
  zombies.make(boot_now(), sink);
}

std::size_t KernelSource::drain(const RecordSink& sink) {
  State& s = *state_;
  if (!s.ring) return 0;
  s.sink = &sink;
  s.drained = 0;
  const int result = ring_buffer__consume(s.ring.get());
  s.sink = nullptr;
  if (s.drained > 0) {
    s.first_sleep = true;
    std::atomic_ref<__u32>(s.skeleton->bss->need_wake).store(0);
  }
  if (s.thrown) std::rethrow_exception(std::exchange(s.thrown, nullptr));
  if (result < 0 && result != -EAGAIN)
    throw SetupError(5, std::string("reading the ring buffer: ") + std::strerror(-result));
  return s.drained;
}

void KernelSource::wait(std::chrono::nanoseconds at_most, int extra_fd) {
  State& s = *state_;
  std::array<pollfd, 2> fds{{{extra_fd, POLLIN, 0}, {-1, POLLIN, 0}}};  // poll skips negative descriptors
  if (s.ring) {
    fds[1].fd = bpf_map__fd(s.skeleton->maps.ring);
    if (s.first_sleep) at_most = std::min(at_most, kFirstSleep);
    s.first_sleep = false;
    // Left set when the sleep ends without a record: clearing it would open the race of kFirstSleep again.
    std::atomic_ref<__u32>(s.skeleton->bss->need_wake).store(1);
  }
  at_most = std::max(at_most, std::chrono::nanoseconds(0));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
  const timespec timeout{seconds.count(), (at_most - seconds).count()};
  // poll(2) joins the ring's wait queue before it looks at the ring: a record added before this sleep ends it
  // at once.
  ::ppoll(fds.data(), fds.size(), &timeout, nullptr);
}

void KernelSource::detach() {
  if (!state_->ring) return;
  state_->misses = state_->count_misses();
  state_->attached.clear();
  lifecycle::detach(state_->skeleton.get());
}

std::uint32_t KernelSource::missing_kinds() const { return state_->missing_kinds; }

std::uint64_t KernelSource::lost() const {
  State& s = *state_;
  if (!s.ring) return 0;
  const BootTime now = boot_now();
  if (!s.attached.empty() && now >= s.misses_at + kMissesEvery) {
    s.misses = s.count_misses();
    s.misses_at = now;
  }
  return std::atomic_ref<__u64>(s.skeleton->bss->lost).load() + s.misses;
}

}  // namespace stray
