// SPDX-License-Identifier: Apache-2.0
// The command line: commands of the table, `help`, and what is wrong with what was written. CLI11 reads it.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "base/layout.hpp"
#include "base/nearest.hpp"
#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/help_text.hpp"
#include "cli/standard_output.hpp"

namespace stray {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> out;
  for (const CLI::App* command : commands) out.push_back(command->get_name());
  return out;
}

class CommandLine {
 public:
  CommandLine()
      : app_(
            "Reports the processes that nobody supervises: orphans, servers without a supervisor, "
            "dev tools left running, code whose files are gone.",
            "stray") {
    app_.formatter(std::make_shared<HelpText>());
    app_.set_help_flag("-h,--help", "Show this help");
    app_.set_version_flag("-V,--version", "stray " STRAY_VERSION, "Show the version");
    app_.footer(std::string(kExample) + "sudo stray scan");
    for (const Command* command : all_commands()) add(app_, *command);
    help_ = app_.add_subcommand("help", "Show the help of a command");
    help_->footer(std::string(kExample) + "stray help scan");
    help_->add_option("command", "The command")->type_name("COMMAND...");
  }

  int run(int argc, char** argv) {
    // What follows is no command line: names of commands, which would be taken for commands to run.
    if (argc > 1 && help_->get_name() == argv[1]) return show_help({argv + 2, argv + argc});
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return print(app_.help()), kFine;
    } catch (const CLI::CallForVersion& version) {
      return print(std::string(version.what()) + "\n"), kFine;
    } catch (const CLI::ParseError& error) {
      throw UsageError(what_is_wrong(error) + "; see " + called(innermost()) + " --help");
    }
    for (const Declared& one : declared_) {
      if (!*one.app) continue;
      if (const std::string missing = one.arguments.missing(); !missing.empty())
        throw UsageError(missing + ", as in " + example_of(*one.app));
      return one.action();
    }
    const CLI::App& at = innermost();
    throw UsageError("no command given; try " + example_of(at) + ", or see " + called(at) + " --help");
  }

  const CLI::App& declared() const { return app_; }

 private:
  struct Declared {
    explicit Declared(CLI::App& of) : app(&of), arguments(of) {}
    const CLI::App* app;
    Arguments arguments;
    Action action;
  };

  void add(CLI::App& above, const Command& command) {
    CLI::App& made = *above.add_subcommand(std::string(command.name), std::string(command.summary));
    made.footer(kExample + std::string(command.example));
    for (const Command* below : command.commands) add(made, *below);
    if (!command.declare) return;
    Declared& one = declared_.emplace_back(made);
    one.action = command.declare(one.arguments);
  }

  static std::string example_of(const CLI::App& app) {
    return app.get_footer().substr(std::string_view(kExample).size());
  }

  // "stray config show"
  static std::string called(const CLI::App& app) {
    return (app.get_parent() ? called(*app.get_parent()) + " " : "") + app.get_name();
  }

  const CLI::App& innermost() const {
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
    return *at;
  }

  int show_help(const std::vector<std::string>& about) const {
    const CLI::App* at = &app_;
    for (const std::string& name : about) {
      if (name == "-h" || name == "--help") break;
      const auto commands = commands_of(*at);
      at = nullptr;
      for (const CLI::App* command : commands)
        if (command->get_name() == name) at = command;
      if (!at) throw UsageError(not_a_command(name, commands));
    }
    print(at->get_formatter()->make_help(at, called(*at), CLI::AppFormatMode::Normal));
    return kFine;
  }

  static std::string not_a_command(const std::string& word, const std::vector<const CLI::App*>& commands) {
    if (commands.empty()) return "\"" + word + "\" is not expected";
    const std::vector<std::string> names = names_of(commands);
    const std::string meant = did_you_mean(word, names);
    return "\"" + word + "\" is not a command" + (meant.empty() ? "; commands: " + joined(names) : meant);
  }

  std::string not_an_option(const std::string& word, const CLI::App& at) const {
    const std::string name = word.substr(0, word.find('='));
    for (const CLI::App* command : commands_of(at))
      if (command->get_option_no_throw(name))
        return name + " stands after the command, as in " + called(*command) + " " + name;
    std::vector<std::string> names;
    for (const CLI::Option* option :
         at.get_options([](const CLI::Option* o) { return !o->get_positional(); }))
      names.push_back(option->get_name());
    return name + " is not an option of " + called(at) + did_you_mean(name, names);
  }

  std::string what_is_wrong(const CLI::ParseError& error) const {
    std::string text = error.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
      const CLI::App* at = &app_;  // the outermost that did not know a word
      while (at->remaining().empty() && !at->get_subcommands().empty()) at = at->get_subcommands().back();
      const auto words = at->remaining();
      const std::string& word = words.empty() ? text : words.front();
      return word.starts_with('-') ? not_an_option(word, *at) : not_a_command(word, commands_of(*at));
    }
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error))
      return text.substr(0, text.find(':')) + ": its value is missing";
    return text;
  }

  CLI::App app_;
  std::deque<Declared> declared_;  // actions keep references into it
  CLI::App* help_ = nullptr;
};

}  // namespace

int run_command_line(int argc, char** argv) { return CommandLine().run(argc, argv); }

void describe_command_line(const std::function<void(const CLI::App&)>& describe) {
  describe(CommandLine().declared());
}

}  // namespace stray
