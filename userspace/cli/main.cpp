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

void add_config(CLI::App& command, CommonOptions& common) {
  command
      .add_option("--config", common.config,
                  "Configuration file (default: " + std::string(kDefaultConfig) + ", when it is there)")
      ->check(kNotEmpty)
      ->type_name("FILE");
}

void add_common(CLI::App& command, CommonOptions& common) {
  add_config(command, common);
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
  run_cmd->footer("Example: sudo stray run --json --after orphan=10s > events.ndjson");

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

  auto* report = app.add_subcommand("report", "The incident's document: what is wrong, why, and what to do");
  ReportOptions report_options;
  add_config(*report, common);
  add_times(*report, common);
  report->add_option("--format", report_options.format, "md: Markdown, or html: one file that a browser opens")
      ->check(CLI::IsMember({"md", "html"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  report->add_option("--output", report_options.output, "Write to a new file instead of standard output")
      ->check(kNotEmpty)
      ->type_name("FILE");
  report->footer("Example: sudo stray report --format html --output report.html");

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
  if (*scan) return scan_command(common);
  if (*tree) return tree_command(common, root);
  if (*explain) return explain_command(common, who);
  if (*report) return report_command(common, report_options);
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
