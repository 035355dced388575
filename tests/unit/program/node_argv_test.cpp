// SPDX-License-Identifier: Apache-2.0
// How node reads its command line. Each row was compared with what node 20 itself runs.
#include "program/languages/node_argv.hpp"

#include <gtest/gtest.h>

#include <ostream>

#include "unit/program/argv.hpp"

namespace stray {
namespace {

struct Row {
  test::Strings args;
  EntryKind kind;
  std::string entry;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << "node";
  for (const auto& arg : row.args) *out << ' ' << arg;
}

NodeCommand parse(const test::Strings& args, std::optional<bool> stdin_terminal = {}) {
  Words words{"node"};
  words.insert(words.end(), args.begin(), args.end());
  return parse_node(words, stdin_terminal);
}

class EntryRule : public testing::TestWithParam<Row> {};

TEST_P(EntryRule, FindsTheEntry) {
  const NodeCommand command = parse(GetParam().args);
  EXPECT_EQ(static_cast<int>(command.kind), static_cast<int>(GetParam().kind));
  EXPECT_EQ(command.entry, GetParam().entry);
}

using enum EntryKind;
INSTANTIATE_TEST_SUITE_P(
    Table, EntryRule,
    testing::Values(
        Row{{"a.js"}, file, "a.js"}, Row{{"a.js", "-e", "x"}, file, "a.js"},
        // --inspect takes no separate value
        Row{{"--inspect", "0", "x.js"}, file, "0"}, Row{{"--inspect=127.0.0.1:0", "a.js"}, file, "a.js"},
        Row{{"-C", "dev", "--", "a.js"}, file, "a.js"}, Row{{"--title", "foo", "a.js"}, file, "a.js"},
        Row{{"--title=x", "--", "-a.js"}, file, "-a.js"}, Row{{"--", "-"}, file, "-"},
        Row{{"--max-old-space-size=200", "-r", "./pre.js", "--title", "svc", "-C", "dev", "--",
             "dist/index.js", "--port", "1"},
            file,
            "dist/index.js"},
        Row{{"--no-warnings", "--import", "./pre.js", "src/server.js"}, file, "src/server.js"},
        Row{{"--input_type", "module", "a.js"}, file, "a.js"},  // "_" is "-"
        Row{{"--watch_path", "src", "a.js"}, file, "a.js"}, Row{{"--debug-port", "0", "a.js"}, file, "a.js"},
        Row{{"--test-name-pattern", "x", "a.js"}, file, "a.js"},
        Row{{"--napi-modules", "a.js"}, file, "a.js"},
        Row{{"-i", "a.js"}, file, "a.js"},  // a REPL only without a script
        // inspect is the debugger's front end
        Row{{"inspect", "a.js"}, file, "a.js"},
        Row{{"--no-warnings", "inspect", "-r", "p", "a.js"}, file, "a.js"},
        Row{{"--", "inspect", "a.js"}, file, "inspect"}, Row{{"inspect"}, file, "inspect"},
        Row{{"-"}, stdin_, ""}, Row{{"-", "a.js"}, stdin_, ""}, Row{{}, repl, ""}, Row{{"--"}, repl, ""},
        Row{{"-i"}, repl, ""}, Row{{"--no-warnings"}, repl, ""}, Row{{"-r", "./pre.js"}, repl, ""},
        Row{{"-e", "1", "a.js"}, eval, ""}, Row{{"--eval=1", "a.js"}, eval, ""}, Row{{"-pe", "1"}, eval, ""},
        Row{{"-p", "1", "a.js"}, eval, ""}, Row{{"--print", "a.js"}, eval, ""},
        Row{{"-p", "-r", "./pre.js", "a.js"}, file, "a.js"},  // -p without a program of its own
        Row{{"--run", "start"}, run, "start"}, Row{{"--run=dev", "--", "-x"}, run, "dev"},
        Row{{"--test"}, EntryKind::test, ""}, Row{{"--test", "--watch", "t/"}, EntryKind::test, ""},
        Row{{"--check", "a.js"}, oneshot, ""}, Row{{"-v"}, oneshot, ""}, Row{{"--v8-options"}, oneshot, ""},
        Row{{"--prof-process", "isolate.log"}, oneshot, ""}, Row{{"-h"}, oneshot, ""}));

TEST(NodeArgv, StdinDecidesBetweenReplAndProgram) {
  EXPECT_EQ(parse({}, false).kind, EntryKind::stdin_);
  EXPECT_EQ(parse({}, true).kind, EntryKind::repl);
  EXPECT_EQ(parse({"-i"}, false).kind, EntryKind::repl);
}

TEST(NodeArgv, RestBeginsAfterTheEntry) {
  EXPECT_EQ(parse({"-r", "x", "a.js", "b"}).rest, 4u);
  EXPECT_EQ(parse({"inspect", "a.js", "b"}).rest, 3u);
}

TEST(NodeArgv, Watchers) {
  EXPECT_EQ(parse({"--watch", "a.js"}).watch, "--watch");
  EXPECT_EQ(parse({"--watch-path=src", "a.js"}).watch, "--watch-path");
  EXPECT_TRUE(parse({"a.js", "--watch"}).watch.empty());
  EXPECT_TRUE(parse({"--inspect-brk", "a.js"}).paused);
  EXPECT_FALSE(parse({"--inspect", "a.js"}).paused);
  EXPECT_TRUE(parse({"inspect", "a.js"}).debugger);
}

TEST(NodeArgv, InspectorAddress) {
  const auto address = [](const test::Strings& args) {
    const NodeCommand command = parse(args);
    return command.inspector.open ? command.inspector.address() : "closed";
  };
  EXPECT_EQ(address({"--inspect", "a.js"}), "127.0.0.1:9229");
  EXPECT_EQ(address({"--inspect=9300", "a.js"}), "127.0.0.1:9300");
  EXPECT_EQ(address({"--inspect=0.0.0.0", "a.js"}), "0.0.0.0:9229");
  EXPECT_EQ(address({"--inspect_brk=10.0.0.1:7", "a.js"}), "10.0.0.1:7");
  EXPECT_EQ(address({"--inspect-wait=[::]:7", "a.js"}), "[::]:7");
  EXPECT_EQ(address({"--inspect=[::1]", "a.js"}), "[::1]:9229");
  EXPECT_EQ(address({"--inspect-port", "0.0.0.0:1", "--inspect", "a.js"}), "0.0.0.0:1");
  EXPECT_EQ(address({"--inspect-port=1", "a.js"}), "closed");
  EXPECT_EQ(address({"a.js", "--inspect"}), "closed");
}

TEST(NodeArgv, NodeOptions) {
  NodeCommand command = parse({"--inspect-port=7", "a.js"});
  apply_node_options(command, "--require \"./with space.js\" --inspect=0.0.0.0:9 --max_old_space_size=512");
  EXPECT_TRUE(command.inspector.open);
  EXPECT_EQ(command.inspector.address(), "0.0.0.0:7");
  EXPECT_EQ(command.heap_limit_mib, 512u);

  command = parse({"a.js"});
  apply_node_options(command, R"(--require "./a --inspect=1 \" b.js" --inspect-port=5)");  // all one value
  EXPECT_FALSE(command.inspector.open);
  EXPECT_EQ(command.inspector.port, "5");

  command = parse({"--max-old-space-size=100", "a.js"});
  apply_node_options(command, "--require --inspect --max-old-space-size=512");  // the value of --require
  EXPECT_FALSE(command.inspector.open);
  EXPECT_EQ(command.heap_limit_mib, 100u);
}

TEST(NodeArgv, LoadedScript) {
  const auto script = [](const Words& words) {
    const std::size_t at = loaded_script(words, 0);
    return at < words.size() ? words[at] : std::string_view("none");
  };
  EXPECT_EQ(script({"src/server.ts"}), "src/server.ts");
  EXPECT_EQ(script({"--tsconfig", "t.json", "--env-file", ".env", "a.ts"}), "a.ts");
  EXPECT_EQ(script({"--respawn", "--transpile-only", "-r", "dotenv/config", "a.ts", "b"}), "a.ts");
  EXPECT_EQ(script({"-P=t.json", "--", "-a.ts"}), "-a.ts");
  EXPECT_EQ(script({"-e", "1"}), "none");
  EXPECT_EQ(script({}), "none");
}

}  // namespace
}  // namespace stray
