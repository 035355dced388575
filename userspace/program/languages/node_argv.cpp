// SPDX-License-Identifier: Apache-2.0
#include "program/languages/node_argv.hpp"

#include <charconv>

namespace stray {
namespace {

// Options with a separate value. Not here: --inspect, --inspect-brk and --inspect-wait (only "="; `node
// --inspect 0 x.js` runs the script "0") and the flags of V8 (`--max-old-space-size 100` is refused).
constexpr std::string_view kValueOptions[] = {
    "--allow-fs-read",
    "--allow-fs-write",
    "--build-sea",
    "--build-snapshot-config",
    "--conditions",
    "--cpu-prof-dir",
    "--cpu-prof-interval",
    "--cpu-prof-name",
    "--debug-port",
    "--diagnostic-dir",
    "--disable-proto",
    "--disable-warning",
    "--dns-result-order",
    "--env-file",
    "--env-file-if-exists",
    "--es-module-specifier-resolution",
    "--experimental-config-file",
    "--experimental-default-type",
    "--experimental-loader",
    "--experimental-policy",
    "--experimental-sea-config",
    "--heap-prof-dir",
    "--heap-prof-interval",
    "--heap-prof-name",
    "--heapsnapshot-near-heap-limit",
    "--heapsnapshot-signal",
    "--icu-data-dir",
    "--import",
    "--input-type",
    "--inspect-port",
    "--inspect-publish-uid",
    "--loader",
    "--localstorage-file",
    "--max-http-header-size",
    "--max-old-space-size-percentage",
    "--network-family-autoselection-attempt-timeout",
    "--openssl-config",
    "--policy-integrity",
    "--redirect-warnings",
    "--report-dir",
    "--report-directory",
    "--report-filename",
    "--report-signal",
    "--require",
    "--secure-heap",
    "--secure-heap-min",
    "--security-revert",
    "--snapshot-blob",
    "--stack-trace-limit",
    "--test-concurrency",
    "--test-coverage-branches",
    "--test-coverage-exclude",
    "--test-coverage-functions",
    "--test-coverage-include",
    "--test-coverage-lines",
    "--test-global-setup",
    "--test-isolation",
    "--test-name-pattern",
    "--test-reporter",
    "--test-reporter-destination",
    "--test-shard",
    "--test-skip-pattern",
    "--test-timeout",
    "--title",
    "--tls-cipher-list",
    "--tls-keylog",
    "--trace-event-categories",
    "--trace-event-file-pattern",
    "--trace-require-module",
    "--unhandled-rejections",
    "--use-largepages",
    "--v8-pool-size",
    "--watch-kill-signal",
    "--watch-path",
    "-C",
    "-r",
};
static_assert(std::is_sorted(std::begin(kValueOptions), std::end(kValueOptions)));

constexpr std::string_view kOneshot =
    "-c|--check|-v|--version|-h|--help|--v8-options|--prof-process|--completion-bash|--build-snapshot|--"
    "build-sea|"
    "--experimental-sea-config";

// Options of tsx, ts-node and ts-node-dev with a separate value, beside node's own.
constexpr std::string_view kLoaderValueOptions =
    "--tsconfig|--include|--exclude|--ignore|-P|--project|--compiler|-I|-O|--compilerOptions|-D|"
    "--ignoreDiagnostics|--cwd|--dir|--scope-dir|--scopeDir|--transpiler|--watch|--ignore-watch|--interval|"
    "--debounce|--exec-check";

// node takes "_" for "-" in long options, not in short ones and not in values.
std::string option_name(std::string_view word) {
  std::string name(word.substr(0, word.find('=')));
  if (name.starts_with("--")) std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string_view option_value(std::string_view word) {
  const auto equals = word.find('=');
  return equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
}

struct Option {
  std::string name;
  std::string_view value;
  bool has_equals = false;
};

// Options that change nothing of what is run, but how.
void note(NodeCommand& command, const Option& option) {
  const std::string_view name = option.name;
  if (name == "--watch" || name == "--watch-path") {
    if (command.watch.empty()) command.watch = name == "--watch" ? "--watch" : "--watch-path";
  } else if (name == "--inspect" || name == "--inspect-brk" || name == "--inspect-wait") {
    command.inspector.open = true;
    command.paused |= name != "--inspect";
    command.inspector.set(option.value);
  } else if (name == "--inspect-port" || name == "--debug-port") {
    command.inspector.set(option.value);
  } else if (name == "--max-old-space-size") {
    std::from_chars(option.value.data(), option.value.data() + option.value.size(), command.heap_limit_mib);
  } else if (name == "--require" || name == "-r") {
    command.tsx_child |= option.value.ends_with("/tsx/dist/preflight.cjs");
  }
}

// What kind of run an option asks for, or none.
EntryKind kind_of(std::string_view name, bool next_is_option) {
  if (name == "-e" || name == "--eval") return EntryKind::eval;
  // -p takes the next word as its program unless that is an option: `node -p -r x a.js` runs a.js.
  if (name == "-p" || name == "--print" || name == "-pe")
    return next_is_option ? EntryKind::none : EntryKind::eval;
  if (name == "--run") return EntryKind::run;
  if (name == "--test") return EntryKind::test;
  return one_of(kOneshot, name) ? EntryKind::oneshot : EntryKind::none;
}

class NodeParser {
 public:
  explicit NodeParser(const Words& words) : words_(words) {}

  NodeCommand parse(std::optional<bool> stdin_terminal) {
    while (at_ < words_.size() && is_option(words_[at_]) && words_[at_] != "--") take_option();
    const bool end_marker = at_ < words_.size() && words_[at_] == "--";
    if (end_marker) ++at_;
    finish(end_marker, stdin_terminal);
    return command_;
  }

 private:
  void take_option() {
    const std::string_view word = words_[at_++];
    Option option{option_name(word), option_value(word), contains(word, "=")};
    const bool last = at_ == words_.size();
    const EntryKind kind = kind_of(option.name, last || is_option(words_[at_]));
    if (command_.kind == EntryKind::none && kind != EntryKind::none) command_.kind = kind;
    interactive_ |= option.name == "-i" || option.name == "--interactive";
    const bool wants_value =
        kind == EntryKind::eval || kind == EntryKind::run || node_option_takes_value(option.name);
    if (wants_value && !option.has_equals && !last) option.value = words_[at_++];
    if (kind == EntryKind::run) command_.entry = option.value;
    note(command_, option);
  }

  void finish(bool end_marker, std::optional<bool> stdin_terminal) {
    command_.rest = std::min(at_, words_.size());
    if (command_.kind != EntryKind::none) return;
    if (at_ >= words_.size()) {
      // -i forces a REPL; without it a terminal on fd 0 makes one (node's StartExecution).
      const bool repl = interactive_ || stdin_terminal.value_or(true);
      command_.kind = repl ? EntryKind::repl : EntryKind::stdin_;
      return;
    }
    const std::string_view word = words_[at_++];
    command_.rest = at_;
    if (word == "inspect" && !end_marker && at_ < words_.size()) return debug();
    command_.kind = word == "-" && !end_marker ? EntryKind::stdin_ : EntryKind::file;
    if (command_.kind == EntryKind::file) command_.entry = word;
  }

  // `node inspect [options] script` is the debugger's front end: the script runs in a child of its own.
  void debug() {
    Words inner(words_.begin() + static_cast<std::ptrdiff_t>(at_) - 1, words_.end());
    const std::size_t skipped = at_ - 1;
    NodeCommand target = NodeParser(inner).parse(std::nullopt);
    target.rest += skipped;
    target.inspector = {};
    target.watch = {};
    target.debugger = true;
    command_ = target;
  }

  const Words& words_;
  std::size_t at_ = 1;
  bool interactive_ = false;
  NodeCommand command_;
};

// NODE_OPTIONS is split at spaces; double quotes keep them, a backslash in quotes keeps the next character.
std::vector<std::string> split_node_options(std::string_view text) {
  std::vector<std::string> out;
  bool quoted = false, fresh = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && quoted && i + 1 < text.size()) {
      c = text[++i];
    } else if (c == ' ' && !quoted) {
      fresh = true;
      continue;
    } else if (c == '"') {
      quoted = !quoted;
      continue;
    }
    if (fresh) out.emplace_back();
    fresh = false;
    out.back() += c;
  }
  return out;
}

}  // namespace

void Inspector::set(std::string_view text) {
  if (text.empty()) return;
  const auto unbracket = [](std::string_view name) {
    return name.size() > 1 && name.front() == '[' && name.back() == ']' ? name.substr(1, name.size() - 2)
                                                                        : name;
  };
  const auto colon = text.rfind(':');
  if (unbracket(text).size() != text.size()) {
    host = unbracket(text);
  } else if (colon != std::string_view::npos) {
    if (colon != 0) host = unbracket(text.substr(0, colon));
    port = text.substr(colon + 1);
  } else if (is_number(text)) {
    port = text;
  } else {
    host = text;
  }
}

std::string Inspector::address(std::string_view default_port) const {
  std::string out = host.empty() ? "127.0.0.1" : host;
  if (contains(out, ":")) out = "[" + out + "]";
  return out + ":" + (port.empty() ? std::string(default_port) : port);
}

bool node_option_takes_value(std::string_view option) {
  return std::binary_search(std::begin(kValueOptions), std::end(kValueOptions), option);
}

NodeCommand parse_node(const Words& words, std::optional<bool> stdin_terminal) {
  return NodeParser(words).parse(stdin_terminal);
}

void apply_node_options(NodeCommand& command, std::string_view node_options) {
  NodeCommand inherited;
  const auto texts = split_node_options(node_options);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view word = texts[i];
    Option option{option_name(word), option_value(word), contains(word, "=")};
    if (!option.has_equals && node_option_takes_value(option.name) && i + 1 < texts.size())
      option.value = texts[++i];
    note(inherited, option);
  }
  Inspector& own = command.inspector;
  if (own.host.empty()) own.host = inherited.inspector.host;
  if (own.port.empty()) own.port = inherited.inspector.port;
  own.open |= inherited.inspector.open && !command.debugger;
  if (command.heap_limit_mib == 0) command.heap_limit_mib = inherited.heap_limit_mib;
}

std::size_t loaded_script(const Words& words, std::size_t start) {
  for (std::size_t i = start; i < words.size(); ++i) {
    if (words[i] == "--") return std::min(i + 1, words.size());
    if (!is_option(words[i])) return i;
    const std::string name = option_name(words[i]);
    if (one_of("-e|--eval|-p|--print|-pe", name)) return words.size();
    if (contains(words[i], "=")) continue;
    if (node_option_takes_value(name) || one_of(kLoaderValueOptions, name)) ++i;
  }
  return words.size();
}

}  // namespace stray
