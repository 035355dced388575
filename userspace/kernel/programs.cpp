// SPDX-License-Identifier: Apache-2.0
#include "kernel/programs.hpp"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <optional>

#include "event.h"
#include "kernel/kernel_source.hpp"
#include "lifecycle.skel.h"
#include "privilege/capabilities.hpp"

namespace stray::kernel {
namespace {

constexpr const char* kBtf = "/sys/kernel/btf/vmlinux";
constexpr std::uint32_t kFirstCpuSlot = 2;  // SLOT_FIRST_CPU of bpf/emit.bpf.h

std::string printed;
libbpf_print_fn_t previous_printer = nullptr;

int keep_output(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char* line = nullptr;  // a verifier log is longer than any buffer one would set aside
  const int length = ::vasprintf(&line, format, arguments);
  if (length > 0) printed.append(line, static_cast<std::size_t>(length));
  if (length >= 0) ::free(line);
  return length;
}

struct BtfDeleter {
  void operator()(btf* b) const { btf__free(b); }
};
using Btf = std::unique_ptr<btf, BtfDeleter>;

// How the kernel declares a tracepoint: BTF has `typedef void (*btf_trace_NAME)(void *, arguments…)`.
struct Tracepoint {
  std::uint32_t arguments = 0;
  bool first_is_pointer = false;
};

std::optional<Tracepoint> tracepoint(const btf* types, const std::string& name) {
  const int id = btf__find_by_name_kind(types, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF);
  if (id < 0) return std::nullopt;
  const btf_type* pointer = btf__type_by_id(types, btf__type_by_id(types, static_cast<__u32>(id))->type);
  if (!pointer || !btf_is_ptr(pointer)) return std::nullopt;
  const btf_type* function = btf__type_by_id(types, pointer->type);
  if (!function || !btf_is_func_proto(function) || btf_vlen(function) < 1) return std::nullopt;
  Tracepoint found{.arguments = btf_vlen(function) - 1u};
  if (found.arguments > 0) {
    const btf_type* first = btf__type_by_id(types, btf_params(function)[1].type);
    found.first_is_pointer = first && btf_is_ptr(first);
  }
  return found;
}

std::string_view last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

}  // namespace

void SkeletonDeleter::operator()(lifecycle* skeleton) const { lifecycle::destroy(skeleton); }

LibbpfOutput::LibbpfOutput() {
  printed.clear();
  previous_printer = libbpf_set_print(keep_output);
}

LibbpfOutput::~LibbpfOutput() {
  libbpf_set_print(previous_printer);
  if (!printed.empty()) spdlog::debug("libbpf: {}", printed);
}

const std::string& LibbpfOutput::text() const { return printed; }

bool has_btf() { return ::access(kBtf, R_OK) == 0; }

std::vector<std::string_view> wanted_programs(bool probes) {
  if (!probes) return {"snapshot"};
  const Btf types(btf__load_vmlinux_btf());
  if (!types)
    throw SetupError(4, std::string("the kernel's type information (") + kBtf +
                            ") cannot be read: a kernel with CONFIG_DEBUG_INFO_BTF is needed");
  std::vector<std::string_view> names{"snapshot", "on_fork", "on_exec", "on_signal"};
  const auto exit = tracepoint(types.get(), "sched_process_exit");
  names.push_back(exit && exit->arguments > 1 ? "on_exit" : "on_exit_by_count");
  if (const auto oom = tracepoint(types.get(), "mark_victim"))
    names.push_back(oom->first_is_pointer ? "on_oom" : "on_oom_by_pid");
  if (tracepoint(types.get(), "inet_sock_set_state")) names.push_back("on_listen");  // with CONFIG_INET
  return names;
}

std::uint32_t missing_kinds(const std::vector<std::string_view>& names) {
  const auto made_by = [&](std::string_view program) {
    return std::ranges::any_of(names, [&](std::string_view name) { return name.starts_with(program); });
  };
  return (made_by("on_oom") ? 0 : 1u << STRAY_OOM) | (made_by("on_listen") ? 0 : 1u << STRAY_LISTEN);
}

Skeleton open_programs(const std::vector<std::string_view>& names, std::uint32_t ring_bytes) {
  // libbpf looks in the types of modules for what the kernel's own do not have, and fails where it may not:
  // without CAP_SYS_ADMIN. With a file that is named it does not look there.
  LIBBPF_OPTS(bpf_object_open_opts, options);
  if (!(privilege::held() & privilege::bit(CAP_SYS_ADMIN))) options.btf_custom_path = kBtf;
  Skeleton skeleton(lifecycle::open(&options));
  if (!skeleton)
    throw SetupError(5, std::string("the kernel programs cannot be opened: ") + std::strerror(errno));
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    const bool wanted = std::ranges::find(names, bpf_program__name(program)) != names.end();
    bpf_program__set_autoload(program, wanted);
  }
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 1) throw SetupError(5, "/sys/devices/system/cpu/possible cannot be read");
  // A snapshot alone needs neither the ring nor the scratch slots of the CPUs.
  const bool probes = std::ranges::any_of(names, [](std::string_view name) { return name != "snapshot"; });
  bpf_map__set_max_entries(skeleton->maps.scratches,
                           kFirstCpuSlot + (probes ? static_cast<std::uint32_t>(cpus) : 0));
  bpf_map__set_autocreate(skeleton->maps.ring, probes);
  bpf_map__set_max_entries(skeleton->maps.ring, ring_bytes);
  skeleton->rodata->page_shift =
      static_cast<__u32>(__builtin_ctzl(static_cast<unsigned long>(::sysconf(_SC_PAGESIZE))));
  return skeleton;
}

std::string why_refused(std::string_view output, int error) {
  const std::string reason = std::strerror(error < 0 ? -error : error);
  constexpr std::string_view kLogEnd = "-- END PROG LOAD LOG --";
  const auto failed = output.find(": BPF program load failed");
  const auto name = failed == std::string_view::npos ? failed : output.rfind("prog '", failed);
  if (name == std::string_view::npos) return reason + " (" + std::string(last_line(output)) + ")";
  const auto end = output.find('\'', name + 6);
  std::string text = "program " + std::string(output.substr(name + 6, end - name - 6)) + ": " + reason;
  const auto log_end = output.find(kLogEnd, failed);
  if (log_end == std::string_view::npos) return text;
  std::string_view log = output.substr(0, output.rfind('\n', log_end));
  // The verifier's last line counts instructions; what it objects to stands before.
  if (last_line(log).starts_with("processed ")) log = log.substr(0, log.rfind("\nprocessed "));
  return text + ": " + std::string(last_line(log));
}

}  // namespace stray::kernel
