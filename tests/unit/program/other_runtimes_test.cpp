// SPDX-License-Identifier: Apache-2.0
// Languages that are watched where a configuration says so.
#include "program/languages/other_runtimes.hpp"

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

std::string run(Runtime runtime, const std::vector<std::string>& argv) {
  const std::string bytes = joined(argv);
  ProgramView view{.exe = "/usr/bin/x", .argv = StringList(bytes)};
  view.runtime = runtime;
  const Program program = recognise(view);
  switch (program.entry_kind) {
    case EntryKind::file:
      return program.entry;
    case EntryKind::run:
      return "run " + program.entry;
    case EntryKind::eval:
      return "eval";
    case EntryKind::stdin_:
      return "stdin";
    case EntryKind::repl:
      return "repl";
    case EntryKind::oneshot:
      return "oneshot";
    default:
      return "none";
  }
}

TEST(OtherRuntimes, FindTheirProgram) {
  using R = Runtime;
  EXPECT_EQ(run(R::python, {"python3", "-u", "-W", "ignore", "app.py", "-m", "x"}), "app.py");
  EXPECT_EQ(run(R::python, {"python3", "-m", "uvicorn", "main:app"}), "run uvicorn");
  EXPECT_EQ(run(R::python, {"python3", "-c", "import x"}), "eval");
  EXPECT_EQ(run(R::python, {"python3", "-"}), "stdin");
  EXPECT_EQ(run(R::python, {"python3"}), "repl");
  EXPECT_EQ(run(R::python, {"python3", "-V"}), "oneshot");
  EXPECT_EQ(run(R::ruby, {"ruby", "-I", "lib", "-rset", "app.rb"}), "app.rb");
  EXPECT_EQ(run(R::ruby, {"ruby", "-e", "puts 1"}), "eval");
  EXPECT_EQ(run(R::java, {"java", "-Xmx1g", "-jar", "app.jar", "--x"}), "app.jar");
  EXPECT_EQ(run(R::java, {"java", "-cp", "a:b", "org.example.Main"}), "run org.example.Main");
  EXPECT_EQ(run(R::java, {"java", "-p", "mods", "-m", "app/org.Main"}), "run app/org.Main");
  EXPECT_EQ(run(R::php, {"php", "-d", "x=1", "-f", "worker.php"}), "worker.php");
  EXPECT_EQ(run(R::php, {"php", "artisan", "queue:work"}), "artisan");
  EXPECT_EQ(run(R::php, {"php", "-S", "0.0.0.0:8000"}), "run 0.0.0.0:8000");
}

TEST(OtherRuntimes, KeepWhatIsKnownOtherwise) {
  const std::string bytes = joined({"python3", "/usr/bin/supervisord", "-c", "x"});
  ProgramView view{.exe = "/usr/bin/python3", .argv = StringList(bytes)};
  view.runtime = Runtime::python;
  ASSERT_TRUE(recognise(view).supervisor);
  EXPECT_EQ(recognise(view).runtime, Runtime::none);
}

TEST(OtherRuntimes, HaveNames) {
  for (const Runtime runtime : {Runtime::node, Runtime::bun, Runtime::deno, Runtime::electron,
                                Runtime::python, Runtime::ruby, Runtime::java, Runtime::php})
    EXPECT_EQ(runtime_named(to_string(runtime)), runtime);
  EXPECT_FALSE(runtime_named("none"));
  EXPECT_FALSE(runtime_named("perl"));
}

class ConfiguredTest : public DetectTest {
 protected:
  void left_by_its_shell(const std::string& exe, const std::vector<std::string>& argv) {
    feed(fork(node, shell, at(10), {}, on_tty));
    feed(exec(node, at(10), exe, argv, on_tty));
    answers[20].ports = {8000};
    leave_behind();
    until(at(300));
  }
};

std::shared_ptr<const ProgramRules> like(const char* exe, Runtime runtime) {
  ProgramRules rules;
  rules.runtimes = {{.name = exe, .match = {.exe = {exe}}, .like = runtime}};
  return std::make_shared<const ProgramRules>(std::move(rules));
}

TEST_F(ConfiguredTest, AConfiguredLanguageIsWatchedAsNodeIs) {
  DetectOptions with;
  with.programs = like("python3*", Runtime::python);
  start(with);
  left_by_its_shell("/usr/bin/python3.11", {"python3", "app.py"});
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
  EXPECT_NE(got.last[Told("raised orphan", 20)].what.message.find("python server"), std::string::npos);
}

TEST_F(ConfiguredTest, WithoutAConfigurationAPythonServerIsNotStraysBusiness) {
  feed(fork(node, shell, at(10), {}, on_tty));
  feed(exec(node, at(10), "/usr/bin/python3.11", {"python3", "app.py"}, on_tty));
  answers[20].ports = {8000};
  until(at(300));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(ConfiguredTest, ARenamedNodeIsNamedByItsFile) {
  DetectOptions with;
  with.programs = like("acme-server", Runtime::node);
  start(with);
  left_by_its_shell("/opt/acme/acme-server", {"acme-server", "dist/index.js"});
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
}

}  // namespace
}  // namespace stray::test
