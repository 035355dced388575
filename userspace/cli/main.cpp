// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

#include "cli/commands.hpp"
#include "kernel/kernel_source.hpp"

namespace stray {
namespace {

// What a script's empty variable gives is no value: to go on as if the option were not there would be a
// surprise.
const CLI::Validator kNotEmpty(
    [](std::string& value) { return std::string(value.empty() ? "has no value" : ""); }, "");

// Descriptors that the caller closed must not become those of a file or a kernel program: what is printed
// would go there. Opened the wrong way round, they fail as closed ones do.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void add_common(CLI::App& command, CommonOptions& common) {
  command
      .add_option("--config", common.config,
                  "Configuration file (default: " + std::string(kDefaultConfig) + ", when it is there)")
      ->check(kNotEmpty)
      ->type_name("FILE");
  command.add_flag("--json", common.json, "One ECS document a line instead of text");
  command.add_option("--color", common.color, "Colours: auto, always or never (NO_COLOR is honoured)")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
}

void add_times(CLI::App& command, CommonOptions& common) {
  command.add_option("--after", common.after, "Waiting time of a kind of finding, or all=, as in orphan=30s")
      ->check(kNotEmpty)
      ->type_name("KIND=TIME")
      ->allow_extra_args(false)
      ->take_all();
  command.add_option("--min-age", common.min_age, "Say nothing of processes younger than this")
      ->check(kNotEmpty)
      ->type_name("TIME");
}

void add_capture(CLI::App& command, CaptureChoice& capture, const std::string& name) {
  command.add_option(name, capture.files, "Captures of one boot, in any order; - reads standard input")
      ->check(kNotEmpty)
      ->type_name("FILE...");
  command
      .add_option("--since", capture.since,
                  "From then: \"2026-11-23 02:13\", 02:13, +1h (of the capture), -1h (before its end)")
      ->check(kNotEmpty)
      ->type_name("WHEN");
  command.add_option("--until", capture.until, "Up to then")->check(kNotEmpty)->type_name("WHEN");
}

void add_filter(CLI::App& command, FilterWords& filter) {
  command.add_option("--pid", filter.pids, "Only of this pid")
      ->type_name("PID")
      ->allow_extra_args(false)
      ->take_all();
  const auto words = [&](const char* flag, std::vector<std::string>& into, const char* help,
                         const char* type) {
    command.add_option(flag, into, help)
        ->check(kNotEmpty)
        ->type_name(type)
        ->allow_extra_args(false)
        ->take_all();
  };
  words("--id", filter.ids, "Only of the process, or the finding, with this id", "ID");
  words("--exe", filter.exes, "Only of this program: its path or name, * and ? allowed", "PATTERN");
  words("--user", filter.users, "Only of this user, by name or number", "USER");
  words("--unit", filter.units, "Only of this systemd unit, * and ? allowed", "PATTERN");
  words("--finding", filter.findings, "Only findings of this kind; all: every finding, and no events",
        "KIND");
}

std::string command_names(const CLI::App& app) {
  std::string out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    out += (out.empty() ? "" : ", ") + command->get_name();
  return out;
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "stray says which processes nobody looks after: orphans, servers without a supervisor, dev tools left\n"
      "running, code whose files are gone."};
  app.set_version_flag("--version", "stray " STRAY_VERSION);
  app.require_subcommand(0, 1);  // a missing one is told below: CLI11 would not say that an unknown one is
  app.footer("Example: sudo stray scan");

  CommonOptions common;
  RunOptions run;
  auto* run_cmd = app.add_subcommand("run", "Trace now: events and findings as they happen");
  add_common(*run_cmd, common);
  add_times(*run_cmd, common);
  run_cmd->add_flag("--journal", run.journal, "Send findings, and the events that matter, to journald");
  run_cmd->add_option("--for", run.lasts, "End after this time")->check(kNotEmpty)->type_name("TIME");
  run_cmd
      ->add_option("--events", run.events, "Which events to show: a list, all or none (findings always are)")
      ->check(kNotEmpty)
      ->type_name("LIST");
  run_cmd->add_option("--output", run.output, "Write to a new file instead of standard output")
      ->check(kNotEmpty)
      ->type_name("FILE");
  run_cmd->add_option("--ring-size", run.ring, "Size of the ring buffer, a power of two")
      ->check(kNotEmpty)
      ->type_name("SIZE")
      ->capture_default_str();
  run_cmd
      ->add_option("--capture", run.recording.path, "Record everything into this new file, for stray replay")
      ->check(kNotEmpty)
      ->type_name("FILE");
  run_cmd->add_option("--capture-rotate", run.recording.rotate_size, "Go on in FILE.000001, ... at this size")
      ->check(kNotEmpty)
      ->type_name("SIZE");
  run_cmd->add_option("--capture-age", run.recording.rotate_age, "... or at this age")
      ->check(kNotEmpty)
      ->type_name("TIME");
  run_cmd
      ->add_option("--capture-total", run.recording.total,
                   "Delete the oldest of these files beyond so much; 0: never")
      ->check(kNotEmpty)
      ->type_name("SIZE")
      ->capture_default_str();
  run_cmd->footer("Example: sudo stray run --json --after orphan=10s > events.ndjson");

  ReplayOptions replay;
  auto* replay_cmd = app.add_subcommand("replay", "A capture again: the same lines as the run that wrote it");
  add_common(*replay_cmd, common);
  add_times(*replay_cmd, common);
  add_capture(*replay_cmd, replay.capture, "files");
  add_filter(*replay_cmd, replay.filter);
  replay_cmd
      ->add_option("--events", replay.events,
                   "Which events to show: a list, all or none (findings always are)")
      ->check(kNotEmpty)
      ->type_name("LIST");
  replay_cmd->add_option("--speed", replay.speed, "1x: as it happened; 10x; max")
      ->check(kNotEmpty)
      ->type_name("SPEED")
      ->capture_default_str();
  replay_cmd->footer("Example: stray replay --since 02:10 --until 02:15 host.stray");

  auto* scan =
      app.add_subcommand("scan", "What is wrong on this host right now; exit 1 if there are findings");
  add_common(*scan, common);
  add_times(*scan, common);
  scan->footer("Example: sudo stray scan");

  auto* tree = app.add_subcommand("tree", "The process tree with who looks after what, age and findings");
  add_common(*tree, common);
  std::string root;
  tree->add_option("who", root, "Only this process (a pid or an id) and what is below it")
      ->check(kNotEmpty)
      ->type_name("PID|ID");
  tree->footer("Example: sudo stray tree 1234");

  auto* explain =
      app.add_subcommand("explain", "One process: who looks after it, where it comes from, what to do");
  add_common(*explain, common);
  std::string who;
  explain->add_option("who", who, "A pid, or an id as findings show it")
      ->required()
      ->check(kNotEmpty)
      ->type_name("PID|ID");
  explain->footer("Example: sudo stray explain 1234");

  auto* plan = app.add_subcommand("plan", "What to do about the findings, as a shell script to read and run");
  add_common(*plan, common);
  add_times(*plan, common);
  std::vector<std::string> plan_who;
  plan->add_option("who", plan_who, "Only about these processes (pids or ids)")
      ->check(kNotEmpty)
      ->type_name("PID|ID");
  plan->footer("Example: sudo stray plan > plan.sh; less plan.sh; sudo sh plan.sh");

  StopOptions stop;
  auto* stop_cmd =
      app.add_subcommand("stop", "End one process and what is below it, after showing what that is");
  add_common(*stop_cmd, common);
  stop_cmd->add_option("who", stop.who, "A pid, or an id as findings show it")
      ->required()
      ->check(kNotEmpty)
      ->type_name("PID|ID");
  stop_cmd->add_flag("--yes", stop.yes, "Do not ask");
  stop_cmd->add_flag("--force", stop.force, "SIGKILL for what does not end in time");
  stop_cmd->add_flag("--only", stop.only, "Only this process, and nothing below it");
  stop_cmd->add_option("--timeout", stop.timeout, "How long each may take to end")
      ->check(kNotEmpty)
      ->type_name("TIME")
      ->capture_default_str();
  stop_cmd->footer("Example: sudo stray stop 1234");

  CheckOptions check;
  auto* check_cmd = app.add_subcommand("check", "Is the host as a policy says? exit 1 if not");
  add_common(*check_cmd, common);
  add_times(*check_cmd, common);
  check_cmd->add_option("policy", check.policy, "The policy, a TOML file")
      ->required()
      ->check(kNotEmpty)
      ->type_name("POLICY");
  check_cmd->add_flag("--nagios", check.nagios, "One line and the exit codes of a monitoring plugin");
  check_cmd->footer("Example: sudo stray check /etc/stray/policy.toml");

  auto* config = app.add_subcommand("config", "The configuration: is the file right, and what is in force");
  config->require_subcommand(1);
  std::string config_file;
  auto* config_check = config->add_subcommand("check", "Tell everything that is wrong with a file");
  add_common(*config_check, common);
  config_check->add_option("file", config_file, "The file (default: the one in force)")
      ->check(kNotEmpty)
      ->type_name("FILE");
  auto* config_show = config->add_subcommand("show", "All values, as a file, each with where it comes from");
  add_common(*config_show, common);
  add_times(*config_show, common);
  config->footer("Example: stray config check ./stray.toml");

  auto* doctor = app.add_subcommand("doctor", "What this kernel and host offer stray, and what is missing");
  add_common(*doctor, common);
  doctor->footer("Example: sudo stray doctor");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    throw UsageError(std::string(error.what()) + "; see stray --help");
  }
  if (app.get_subcommands().empty())
    throw UsageError("say what to do: " + command_names(app) + "; see stray --help");
  if (*run_cmd) return run_command(common, run);
  if (*replay_cmd) return replay_command(common, replay);
  if (*scan) return scan_command(common);
  if (*tree) return tree_command(common, root);
  if (*explain) return explain_command(common, who);
  if (*plan) return plan_command(common, plan_who);
  if (*stop_cmd) return stop_command(common, stop);
  if (*check_cmd) return check_command(common, check);
  if (*config_check) return config_check_command(common, config_file);
  if (*config_show) return config_show_command(common);
  return doctor_command(common);
}

}  // namespace
}  // namespace stray

int main(int argc, char** argv) {
  stray::occupy_standard_descriptors();
  spdlog::set_default_logger(spdlog::stderr_logger_st("stray"));
  spdlog::set_pattern("%n: %v");
  try {
    return stray::dispatch(argc, argv);
  } catch (const stray::UsageError& error) {
    spdlog::error("{}", error.what());
    return stray::kUsage;
  } catch (const stray::SetupError& error) {
    spdlog::error("{}", error.what());
    return error.exit_code;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return stray::kFailure;
  }
}
