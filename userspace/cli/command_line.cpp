// SPDX-License-Identifier: Apache-2.0
// Which commands and options there are (CLI11 only here). One function a command: its options, and what it
// runs.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/commands/commands.hpp"

namespace stray {
namespace {

// What a script's empty variable gives is no value: to go on as if the option were not there would be a
// surprise.
const CLI::Validator kNotEmpty(
    [](std::string& value) { return std::string(value.empty() ? "has no value" : ""); }, "");

class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", "stray " STRAY_VERSION);
    app_.require_subcommand(0, 1);  // a missing one is told below: CLI11 would not say that an unknown one is
    app_.footer("Example: sudo stray scan");
    add_run();
    add_scan();
    add_tree();
    add_explain();
    add_replay();
    add_history();
    add_report();
    add_export();
    add_plan();
    add_stop();
    add_check();
    add_config_command();
    add_doctor();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);
      throw UsageError(std::string(error.what()) + "; see stray --help");
    }
    for (const auto& [command, action] : actions_)
      if (*command) return action();
    throw UsageError("say what to do: " + names() + "; see stray --help");
  }

 private:
  std::string names() const {
    std::string out;
    for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; }))
      out += (out.empty() ? "" : ", ") + command->get_name();
    return out;
  }

  CLI::App& command(const std::string& name, const std::string& help, const std::string& example,
                    std::function<int()> action) {
    CLI::App* made = app_.add_subcommand(name, help);
    made->footer("Example: " + example);
    actions_.emplace_back(made, std::move(action));
    return *made;
  }

  static CLI::Option& word(CLI::App& command, const std::string& name, std::string& value,
                           const std::string& help, const std::string& type) {
    return *command.add_option(name, value, help)->check(kNotEmpty)->type_name(type);
  }

  static void words(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                    const std::string& help, const std::string& type) {
    command.add_option(name, values, help)
        ->check(kNotEmpty)
        ->type_name(type)
        ->allow_extra_args(false)
        ->take_all();
  }

  void add_config(CLI::App& command) {
    word(command, "--config", common_.config,
         "Configuration file (default: " + std::string(kDefaultConfig) + ", when it is there)", "FILE");
  }

  void add_common(CLI::App& command) {
    add_config(command);
    command.add_flag("--json", common_.json, "One ECS document a line instead of text");
    command.add_option("--color", common_.color, "Colours: auto, always or never (NO_COLOR is honoured)")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->type_name("WHEN");
  }

  void add_times(CLI::App& command) {
    words(command, "--after", common_.after, "Waiting time of a kind of finding, or all=, as in orphan=30s",
          "KIND=TIME");
    word(command, "--min-age", common_.min_age, "Say nothing of processes younger than this", "TIME");
  }

  void add_window(CLI::App& command, CaptureChoice& capture) {
    word(command, "--since", capture.since,
         "From then: \"2026-11-23 02:13\", 02:13, +1h (after the beginning), -1h (before the end)", "WHEN");
    word(command, "--until", capture.until, "Up to then", "WHEN");
  }

  void add_files(CLI::App& command, CaptureChoice& capture, const std::string& name) {
    command.add_option(name, capture.files, "Captures of one boot, in any order; - is standard input")
        ->check(kNotEmpty)
        ->type_name("FILE...");
    add_window(command, capture);
  }

  // For a look at one moment.
  void add_source(CLI::App& command) {
    command
        .add_option("--capture", capture_.files, "Look at this capture (all its files) instead of this host")
        ->check(kNotEmpty)
        ->type_name("FILE");
    word(command, "--at", capture_.at,
         "At that time instead of the capture's end: 02:13, -1h (before its end)", "WHEN");
  }

  void add_who(CLI::App& command, const std::string& help) {
    command.add_option("who", who_, help)->required()->check(kNotEmpty)->type_name("PID|ID");
  }

  void add_output(CLI::App& command, std::string& output) {
    word(command, "--output", output, "Write to a new file instead of standard output", "FILE");
  }

  void add_events(CLI::App& command, std::string& events) {
    word(command, "--events", events, "Which events to show: a list, all or none (findings always are)",
         "LIST");
  }

  void add_run() {
    CLI::App& it = command("run", "Trace now: events and findings as they happen",
                           "sudo stray run --json --after orphan=10s > events.ndjson",
                           [this] { return run_command(common_, run_); });
    add_common(it);
    add_times(it);
    it.add_flag("--journal", run_.journal, "Send findings, and the events that matter, to journald");
    word(it, "--for", run_.lasts, "End after this time", "TIME");
    add_events(it, run_.events);
    add_output(it, run_.output);
    word(it, "--ring-size", run_.ring, "Size of the ring buffer, a power of two", "SIZE")
        .capture_default_str();
    RecordingOptions& recording = run_.recording;
    word(it, "--capture", recording.path, "Record everything into this new file, for stray replay", "FILE");
    word(it, "--capture-rotate", recording.rotate_size, "Go on in FILE.000001, ... at this size", "SIZE");
    word(it, "--capture-age", recording.rotate_age, "... or at this age", "TIME");
    word(it, "--capture-total", recording.total, "Delete the oldest of these files beyond so much; 0: never",
         "SIZE")
        .capture_default_str();
  }

  void add_scan() {
    CLI::App& it = command("scan", "What is wrong on this host right now; exit 1 if there are findings",
                           "sudo stray scan", [this] { return scan_command(common_, capture_); });
    add_common(it);
    add_times(it);
    add_source(it);
  }

  void add_tree() {
    CLI::App& it = command("tree", "The process tree with who looks after what, age and findings",
                           "sudo stray tree 1234", [this] { return tree_command(common_, capture_, who_); });
    add_common(it);
    add_times(it);
    add_source(it);
    word(it, "who", who_, "Only this process (a pid or an id) and what is below it", "PID|ID");
  }

  void add_explain() {
    CLI::App& it =
        command("explain", "One process: who looks after it, where it comes from, what to do",
                "sudo stray explain 1234", [this] { return explain_command(common_, capture_, who_); });
    add_common(it);
    add_times(it);
    add_source(it);
    add_who(it, "A pid, or an id as findings show it");
  }

  void add_replay() {
    CLI::App& it = command("replay", "A capture again: the same lines as the run that wrote it",
                           "stray replay --since 02:10 --until 02:15 host.stray",
                           [this] { return replay_command(common_, replay_); });
    add_common(it);
    add_times(it);
    add_files(it, replay_.capture, "files");
    FilterWords& filter = replay_.filter;
    it.add_option("--pid", filter.pids, "Only of this pid")
        ->type_name("PID")
        ->allow_extra_args(false)
        ->take_all();
    words(it, "--id", filter.ids, "Only of the process, or the finding, with this id", "ID");
    words(it, "--exe", filter.exes, "Only of this program: its path or name, * and ? allowed", "PATTERN");
    words(it, "--user", filter.users, "Only of this user, by name or number", "USER");
    words(it, "--unit", filter.units, "Only of this systemd unit, * and ? allowed", "PATTERN");
    words(it, "--finding", filter.findings, "Only findings of this kind; all: every finding, and no events",
          "KIND");
    add_events(it, replay_.events);
    word(it, "--speed", replay_.speed, "1x: as it happened; 10x; max", "SPEED").capture_default_str();
    it.add_flag("--journal", replay_.journal, "Not captures: what an earlier stray run --journal sent");
    word(it, "--directory", replay_.directory, "With --journal: journal files copied from another host",
         "DIR");
  }

  void add_history() {
    CLI::App& it = command("history", "What a capture tells of one process or one finding, in order",
                           "stray history 1234 --capture host.stray --since 02:00",
                           [this] { return history_command(common_, capture_, who_); });
    add_common(it);
    add_times(it);
    add_who(it, "A pid, an id, or a finding as in orphan:54nfnhb2rw0w");
    add_files(it, capture_, "--capture");
  }

  void add_report() {
    CLI::App& it = command("report", "The incident's document: what is wrong, why, and what to do",
                           "sudo stray report --format html --output report.html",
                           [this] { return report_command(common_, report_); });
    add_config(it);
    add_times(it);
    it.add_option("--format", report_.format, "md: Markdown, or html: one file that a browser opens")
        ->check(CLI::IsMember({"md", "html"}))
        ->type_name("FORMAT")
        ->capture_default_str();
    add_output(it, report_.output);
    add_files(it, report_.capture, "--capture");
  }

  void add_export() {
    CLI::App& it = command("export", "A capture as ECS NDJSON, Perfetto trace, DOT graph or SQLite database",
                           "stray export --format perfetto --output host.pftrace host.stray",
                           [this] { return export_command(common_, export_); });
    add_config(it);
    add_times(it);
    it.add_option("--format", export_.format, "ecs, perfetto, dot or sqlite")
        ->required()
        ->check(CLI::IsMember({"ecs", "perfetto", "dot", "sqlite"}))
        ->type_name("FORMAT");
    add_output(it, export_.output);
    it.add_flag("--all", export_.all, "dot: the processes that ended too");
    add_files(it, export_.capture, "files");
  }

  void add_plan() {
    CLI::App& it = command("plan", "What to do about the findings, as a shell script to read and run",
                           "sudo stray plan > plan.sh; less plan.sh; sudo sh plan.sh",
                           [this] { return plan_command(common_, capture_, plan_who_); });
    add_common(it);
    add_times(it);
    add_source(it);
    it.add_option("who", plan_who_, "Only about these processes")->check(kNotEmpty)->type_name("PID|ID");
  }

  void add_stop() {
    CLI::App& it = command("stop", "End one process and what is below it, after showing what that is",
                           "sudo stray stop 1234", [this] { return stop_command(common_, stop_); });
    add_common(it);
    word(it, "who", stop_.who, "A pid, or an id as findings show it", "PID|ID").required();
    it.add_flag("--yes", stop_.yes, "Do not ask");
    it.add_flag("--force", stop_.force, "SIGKILL for what does not end in time");
    it.add_flag("--only", stop_.only, "Only this process, and nothing below it");
    word(it, "--timeout", stop_.timeout, "How long each may take to end", "TIME").capture_default_str();
  }

  void add_check() {
    CLI::App& it = command("check", "Is the host as a policy says? exit 1 if not",
                           "sudo stray check /etc/stray/policy.toml",
                           [this] { return check_command(common_, capture_, check_); });
    add_common(it);
    add_times(it);
    add_source(it);
    word(it, "policy", check_.policy, "The policy, a TOML file", "POLICY").required();
    it.add_flag("--nagios", check_.nagios, "One line and the exit codes of a monitoring plugin");
  }

  void add_config_command() {
    CLI::App& it = command("config", "The configuration: is the file right, and what is in force",
                           "stray config check ./stray.toml", [this] {
                             return *config_check_ ? config_check_command(common_, config_file_)
                                                   : config_show_command(common_);
                           });
    it.require_subcommand(1);
    CLI::App* check = config_check_ = it.add_subcommand("check", "Tell everything that is wrong with a file");
    add_common(*check);
    word(*check, "file", config_file_, "The file (default: the one in force)", "FILE");
    CLI::App* show = it.add_subcommand("show", "All values, as a file, each with where it comes from");
    add_common(*show);
    add_times(*show);
  }

  void add_doctor() {
    add_common(command("doctor", "What this kernel and host offer stray, and what is missing",
                       "sudo stray doctor", [this] { return doctor_command(common_); }));
  }

  CLI::App app_{
      "stray says which processes nobody looks after: orphans, servers without a supervisor, dev tools left\n"
      "running, code whose files are gone."};
  std::vector<std::pair<const CLI::App*, std::function<int()>>> actions_;
  CommonOptions common_;
  RunOptions run_;
  ReplayOptions replay_;
  ReportOptions report_;
  ExportOptions export_;
  CaptureChoice capture_;
  std::vector<std::string> plan_who_;
  StopOptions stop_;
  CheckOptions check_;
  CLI::App* config_check_ = nullptr;
  std::string config_file_;
  std::string who_;
};

}  // namespace

int run_command_line(int argc, char** argv) { return CommandLine().run(argc, argv); }

}  // namespace stray
