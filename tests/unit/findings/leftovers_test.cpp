// SPDX-License-Identifier: Apache-2.0
// What a host of a developer is full of: helpers that detach on purpose, servers of editors, loops of shells,
// a person who edits what runs.
#include <gtest/gtest.h>

#include "unit/findings/detect_fixture.hpp"

namespace stray::test {
namespace {

const std::string kModules = "/srv/app/node_modules/";
const Who kOwnSession{.sid = 20, .pgid = 20};

class LeftoversTest : public DetectTest {
 protected:
  // `client` starts `daemon` in a session of its own and ends; the daemon listens where its next client
  // looks.
  void helper(const std::string& client, const std::string& daemon, std::vector<std::uint16_t> ports) {
    feed(fork(npm, shell, at(10), {}, on_tty));
    feed(exec(npm, at(10), "/usr/bin/node", {"node", client, "a.js"}, on_tty));
    feed(fork(node, npm, at(11), {}, on_tty));
    feed(exec(node, at(11), "/usr/bin/node", {"/usr/bin/node", daemon}, kOwnSession));
    answers[20].ports = std::move(ports);
    feed(exit(npm, at(12), 0, init));
  }
};

TEST_F(LeftoversTest, AHelperThatItsOwnClientStartsAndFindsAgainIsNoOrphan) {
  helper(kModules + ".bin/lint_d", kModules + "@acme/lint_d/lib/server.js", {40123});
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LeftoversTest, WhatNobodyCanFindAgainIsAnOrphan) {
  helper(kModules + ".bin/lint_d", kModules + "@acme/lint_d/lib/server.js", {});
  until(at(100));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

TEST_F(LeftoversTest, AServerOfOnesOwnThatAnotherProgramLeftIsAnOrphan) {
  helper(kModules + ".bin/start_it", "/srv/app/dist/index.js", {40123});
  until(at(100));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

TEST_F(LeftoversTest, AHelperThatTheNetworkReachesIsNoHelper) {
  answers[20].public_ports = true;
  helper(kModules + ".bin/lint_d", kModules + "@acme/lint_d/lib/server.js", {40123});
  until(at(100));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

TEST_F(LeftoversTest, AHelperWhosePackageIsGoneIsReported) {
  helper(kModules + ".bin/lint_d", kModules + "@acme/lint_d/lib/server.js", {40123});
  answers[20].script = STRAY_SCRIPT_MISSING;
  until(at(300));
  EXPECT_TRUE(raised().contains({"stale-script", 20}));
}

TEST_F(LeftoversTest, ABinaryThatStartedItselfAgainAndListensIsAHelper) {
  Who twice = on_tty;
  twice.inode = 77;
  feed(fork(npm, shell, at(10), {}, on_tty));
  feed(exec(npm, at(10), "/usr/bin/cachetool", {"cachetool", "get"}, twice));
  feed(fork(node, npm, at(11), {}, on_tty));
  feed(exec(node, at(11), "/usr/bin/cachetool", {"cachetool", "serve"}, twice));
  answers[20].ports = {40123};
  answers[20].process.stdio = STRAY_STDIO_TTY;
  feed(exit(npm, at(12), 0, init));
  feed(exit(shell, at(20), 0, init));
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LeftoversTest, AClientThatDaemonRespawnsIsSupervised) {
  feed(fork(npm, init, at(10), {}, kOwnSession));
  feed(exec(npm, at(10), "/usr/bin/daemon", {"daemon", "-n", "web", "-r", "--", "node", "dist/index.js"},
            {.sid = 18, .pgid = 18}));
  feed(fork(node, npm, at(11), {}, {.sid = 18, .pgid = 18}));
  feed(exec(node, at(11), "/usr/bin/node", {"node", "dist/index.js"}, {.sid = 18, .pgid = 18}));
  answers[20].ports = {3000};
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(npm, at(3600), 9, init));
  until(at(3700));
  EXPECT_TRUE(raised().contains({"supervisor-lost", 20}));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

// An agent below the shell starts an MCP server over pipes, by way of the processes in between.
class McpTest : public LeftoversTest {
 protected:
  const ProcessKey agent = key(15, 2);

  void session(const std::string& server, bool by_npx) {
    feed(fork(agent, shell, at(10), {}, on_tty));
    feed(exec(agent, at(10), "/usr/bin/node", {"node", "/usr/bin/claude"}, on_tty));
    answers[15].process.stdio = STRAY_STDIO_TTY;
    ProcessKey above = agent;
    if (by_npx) {
      feed(fork(npm, agent, at(11), {}, on_tty));
      feed(exec(npm, at(11), "/usr/bin/node", {"node", "/usr/bin/npx", "-y", "mcp-server-git"}, on_tty));
      feed(fork(sh, npm, at(11), {}, on_tty));
      feed(exec(sh, at(11), "/usr/bin/dash", {"sh", "-c", "mcp-server-git"}, on_tty));
      answers[18].process.stdio = answers[19].process.stdio = STRAY_STDIO_SOCKET;
      above = sh;
    }
    answers[20].process.stdio = STRAY_STDIO_SOCKET;
    feed(fork(node, above, at(12), {}, on_tty));
    feed(exec(node, at(12), "/usr/bin/node", {"node", server}, on_tty));
  }
};

TEST_F(McpTest, OfALivingSessionIsPartOfIt) {
  session("/home/alice/.npm/_npx/1/node_modules/.bin/mcp-server-git", true);
  feed(exit(shell, at(20), 0, init));  // the terminal's shell: the session goes on without one
  until(at(3600));
  EXPECT_FALSE(raised().contains({"unsupervised-node", 20}));
  EXPECT_FALSE(raised().contains({"orphan", 20}));
}

TEST_F(McpTest, WhoseAgentWasKilledIsAnOrphanAndNoServer) {
  session("/home/alice/.npm/_npx/1/node_modules/.bin/mcp-server-git", false);
  feed(exit(agent, at(20), 9, init));
  until(at(3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
  EXPECT_NE(got.last[Told("raised orphan", 20)].what.message.find("MCP server"), std::string::npos);
}

std::string said_of_client(const Finding& finding) {
  for (const Evidence& e : finding.what.evidence)
    if (e.code == "client") return e.text;
  return {};
}

TEST_F(McpTest, ItsFindingNamesTheSessionThatItBelongedTo) {
  session("/home/alice/.npm/_npx/1/node_modules/.bin/mcp-server-git", false);
  feed(exit(agent, at(20), 9, init));
  until(at(3600));
  EXPECT_EQ(said_of_client(got.last[Told("raised orphan", 20)]),
            "of Claude Code session 15, ended 30 s ago, in /srv/app");
}

TEST_F(LeftoversTest, WhatIsLeftOfASessionBeforeStrayIsKnownByItsEnvironment) {
  answers[20].process.env = {"CLAUDECODE=1"};
  start_server();
  leave_behind();
  until(at(300));
  EXPECT_EQ(said_of_client(got.last[Told("raised orphan", 20)]),
            "of a session of Claude Code (inferred from CLAUDECODE in its environment)");
}

TEST_F(LeftoversTest, AVariableMayNameTheProcessOfTheSession) {
  answers[20].process.env = {"NVIM=/run/user/1000/nvim.10.0"};
  start_server();
  leave_behind();
  until(at(300));
  EXPECT_EQ(said_of_client(got.last[Told("raised orphan", 20)]),
            "of Neovim session 10, which has ended (inferred from NVIM in its environment)");
}

TEST_F(LeftoversTest, OfAnEditorsManyProcessesTheFirstIsTheSession) {
  const std::string server = "/home/alice/.vscode-server/bin/1/";
  feed(fork(npm, init, at(10), {}, {.sid = 18, .pgid = 18}));
  feed(exec(npm, at(10), server + "node", {server + "node", server + "out/server-main.js"}, {.sid = 18}));
  feed(fork(sh, npm, at(11), {}, {.sid = 18, .pgid = 18}));
  feed(exec(sh, at(11), server + "node", {server + "node", server + "out/bootstrap-fork.js"}, {.sid = 18}));
  feed(fork(node, sh, at(12), {}, {.sid = 18, .pgid = 18}));
  feed(exec(node, at(12), server + "node", {server + "node", "/x/typescript/lib/tsserver.js"}, {.sid = 18}));
  answers[20].process.stdio = STRAY_STDIO_PIPE;
  feed(exit(sh, at(20), 9, init));
  feed(exit(npm, at(21), 9, init));
  until(at(3600));
  EXPECT_TRUE(
      said_of_client(got.last[Told("raised orphan", 20)]).starts_with("of VS Code server session 18, "));
}

TEST_F(McpTest, AnyNodeThatItsStarterTalkedToIsNoServerRunByHand) {
  session("/srv/tool/build/index.js", false);
  feed(exit(agent, at(20), 9, init));
  until(at(3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
}

TEST_F(McpTest, ThatListensIsAServerAsOthersAre) {
  session("/srv/app/node_modules/.bin/mcp-server-git", false);
  answers[20].ports = {8000};
  feed(exit(agent, at(20), 9, init));
  until(at(9 * 3600));  // its terminal is open: hours
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"unsupervised-node", 20}}));
}

TEST_F(McpTest, TwoSessionsHaveOneEachAndNoneIsACopy) {
  session("/srv/app/node_modules/.bin/mcp-server-git", false);
  const ProcessKey other = key(21, 40);
  feed(fork(other, agent, at(40), {}, on_tty));
  feed(exec(other, at(40), "/usr/bin/node", {"node", "/srv/app/node_modules/.bin/mcp-server-git"}, on_tty));
  feed(exit(agent, at(60), 9, init));
  until(at(3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"orphan", 21}}));
}

TEST_F(LeftoversTest, AHeadlessBrowserIsOneStrayWithItsZygotes) {
  const ProcessKey zygote = key(21, 12);
  feed(fork(npm, shell, at(10), {}, on_tty));
  feed(exec(npm, at(10), "/usr/bin/node", {"node", "shots.js"}, on_tty));
  feed(fork(node, npm, at(11), {}, kOwnSession));
  feed(exec(node, at(11), "/opt/c/chrome-headless-shell",
            {"chrome-headless-shell", "--headless", "about:blank"}, kOwnSession));
  feed(fork(zygote, node, at(12), {}, kOwnSession));
  feed(exec(zygote, at(12), "/opt/c/chrome-headless-shell", {"chrome-headless-shell", "--type=zygote"},
            kOwnSession));
  answers[20].ports = {40123};
  answers[21].process.stdio = answers[20].process.stdio = STRAY_STDIO_PIPE;
  until(at(100));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(npm, at(100), 9, init));
  until(at(200));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
  const Finding& finding = got.last[Told("raised orphan", 20)];
  EXPECT_NE(finding.what.message.find("headless browser"), std::string::npos) << finding.what.message;
  EXPECT_EQ(finding.what.members, std::vector<ProcessKey>{zygote});
}

const std::string kServer = "/home/alice/.vscode-server/bin/1/";

TEST_F(LeftoversTest, ALanguageServerWhoseEditorWasKilledIsAnOrphanAfterTheEditorCouldBeBack) {
  feed(fork(npm, init, at(10), {}, {.sid = 18, .pgid = 18}));
  feed(exec(npm, at(10), kServer + "node", {kServer + "node", kServer + "out/server-main.js"},
            {.sid = 18, .pgid = 18}));
  feed(fork(node, npm, at(11), {}, {.sid = 18, .pgid = 18}));
  feed(exec(node, at(11), kServer + "node",
            {kServer + "node", kServer + "extensions/node_modules/typescript/lib/tsserver.js"},
            {.sid = 18, .pgid = 18}));
  answers[20].process.stdio = STRAY_STDIO_PIPE;
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(npm, at(3600), 9, init));
  until(at(3600 + 599));
  EXPECT_EQ(raised(), std::set<Told>{});
  until(at(3600 + 601));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
}

TEST_F(LeftoversTest, TheServerOfAnEditorThatReconnectsStays) {
  feed(fork(node, shell, at(11), {}, {.sid = 10, .pgid = 20}));
  feed(exec(node, at(11), kServer + "node", {kServer + "node", kServer + "out/server-main.js"}, kOwnSession));
  answers[20].ports = {40123};
  feed(exit(shell, at(20), 0, init));
  until(at(3 * 86400));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(LeftoversTest, ALoopWhoseStarterWentFirstIsFoundHoweverLateItStartsItsServer) {
  const Who own{.sid = 19, .pgid = 19};
  feed(fork(sh, shell, at(10), {}, {.sid = 10, .pgid = 10}));
  feed(exit(shell, at(10.1), 0, init));
  feed(exec(sh, at(10.4), "/usr/bin/dash", {"sh", "loop.sh"}, own));
  until(at(11));  // it was judged, and held nothing
  feed(fork(node, sh, at(11), {}, own));
  feed(exec(node, at(11.1), "/usr/bin/node", {"node", "dist/index.js"}, own));
  answers[20].ports = {3000};
  until(at(120));
  EXPECT_TRUE(raised().contains({"orphan", 19}));
}

TEST_F(LeftoversTest, ALoopThatNamesARuntimeIsAnOrphanBetweenTwoOfItsServersToo) {
  const Who own{.sid = 19, .pgid = 19};
  feed(fork(sh, shell, at(10), {}, {.sid = 10, .pgid = 10}));
  feed(exit(shell, at(10.1), 0, init));
  feed(exec(sh, at(10.4), "/usr/bin/dash", {"sh", "-c", "while true; do node dist/index.js; sleep 60; done"},
            own));
  until(at(120));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 19}}));
}

TEST_F(LeftoversTest, WhoEditsWhatRunsAtTheirTerminalIsAtWork) {
  start_server();
  answers[20].ports = {3000};
  answers[20].code.hash = 1;
  until(at(100));
  answers[20].code.hash = 2;
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  leave_behind();
  feed(exit(shell, at(3700), 0, init));
  until(at(3800));
  EXPECT_TRUE(raised().contains({"old-code", 20}));
}

TEST_F(LeftoversTest, ALinkOnTheWayThatTheEntryItselfNamesIsARelease) {
  start_server({"node", "current/server.js"});
  answers[20].process.cwd = "/srv/releases";
  answers[20].process.env = {"PWD=/srv/releases"};
  answers[20].code = {.inode = 7,
                      .hash = 1,
                      .path = "/srv/releases/r1/server.js",
                      .link = "/srv/releases/current",
                      .target = "/srv/releases/r1"};
  leave_behind();
  until(at(100));
  EXPECT_FALSE(raised().contains({"stale-release", 20}));
  answers[20].code = {.inode = 8,
                      .hash = 1,  // the same content: a release all the same
                      .path = "/srv/releases/r2/server.js",
                      .link = "/srv/releases/current",
                      .target = "/srv/releases/r2"};
  until(at(300));
  EXPECT_TRUE(raised().contains({"stale-release", 20}));
  EXPECT_FALSE(raised().contains({"old-code", 20}));
}

TEST_F(LeftoversTest, WhatMayRestartItIsNamedAndNothingIsClaimed) {
  const Who own{.sid = 19, .pgid = 19};
  feed(fork(sh, init, at(10), {}, own));
  feed(exec(sh, at(10), "/usr/bin/dash", {"sh", "-c", "while true; do node dist/index.js; done"}, own));
  feed(fork(node, sh, at(11), {}, own));
  feed(exec(node, at(11), "/usr/bin/node", {"node", "dist/index.js"}, own));
  answers[20].ports = {3000};
  until(at(120));
  const Finding& finding = got.last[Told("raised unsupervised-node", 20)];
  EXPECT_NE(finding.what.message.find("no known restart"), std::string::npos) << finding.what.message;
  const auto& evidence = finding.what.evidence;
  EXPECT_TRUE(std::any_of(evidence.begin(), evidence.end(), [](const Evidence& e) {
    return e.code == "may-restart" && e.text.find("(pid 19)") != std::string::npos;
  }));
}

// What a shell of a terminal started in the background, and left by its exit.
class JobTest : public LeftoversTest {
 protected:
  const ProcessKey below = key(30, 21);

  void left(const std::string& exe, const std::vector<std::string>& argv) {
    feed(fork(node, shell, at(10), {}, on_tty));
    feed(exec(node, at(10), exe, argv, on_tty));
    answers[20].process.stdio = STRAY_STDIO_TTY_GONE;
    feed(exit(shell, at(20), 0, init));
  }
  void is_a_job(double limit) {
    until(at(10 + limit - 60));
    EXPECT_EQ(raised(), std::set<Told>{});
    until(at(20 + limit + 60));
    EXPECT_TRUE(raised().contains({"orphan", 20}));
  }
  static constexpr double kJob = 6 * 3600, kTool = 2 * 3600;
};

TEST_F(JobTest, ABackupIsOneForSixHours) {
  left("/usr/bin/rsync", {"rsync", "-a", "/srv", "far:/srv"});
  is_a_job(kJob);
}

TEST_F(JobTest, SoIsAnInstallOfPythonPackages) {
  left("/usr/bin/python3.11", {"python3", "-m", "pip", "install", "torch"});
  is_a_job(kJob);
}

TEST_F(JobTest, SoIsAnInstallOfNpm) {
  left("/usr/bin/node", {"node", "/usr/bin/npm", "install"});
  is_a_job(kJob);
}

TEST_F(JobTest, ALinterHasTwoHours) {
  left("/usr/bin/node", {"node", "/srv/app/node_modules/.bin/eslint", "."});
  is_a_job(kTool);
}

TEST_F(JobTest, WhatAScriptOfAShellBuildsIsOne) {
  left("/usr/bin/bash", {"bash", "nightly.sh"});
  feed(fork(below, node, at(21), {}, on_tty));
  feed(exec(below, at(21), "/usr/bin/make", {"make", "-j8"}, on_tty));
  is_a_job(kJob);
}

TEST_F(JobTest, ATrainingUnderNohupIsOneUntilItListens) {
  answers[20].process.env = {"_=/usr/bin/nohup"};
  left("/usr/bin/python3.11", {"python3", "train.py"});
  is_a_job(kJob);
}

TEST_F(JobTest, AServerOfPythonUnderNohupIsNone) {
  answers[20].process.env = {"_=/usr/bin/nohup"};
  answers[20].ports = {8000};
  left("/usr/bin/python3.11", {"python3", "-m", "http.server"});
  until(at(100));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

TEST_F(JobTest, AServerBelowAMakefileIsNone) {
  left("/usr/bin/make", {"make", "run"});
  feed(fork(below, node, at(21), {}, on_tty));
  feed(exec(below, at(21), "/usr/bin/node", {"node", "dist/index.js"}, on_tty));
  answers[30].ports = {3000};
  until(at(200));
  EXPECT_TRUE(raised().contains({"orphan", 20}));
}

// A server of python with a worker, in a session of its own.
class PythonTest : public LeftoversTest {
 protected:
  const ProcessKey worker = key(30, 12);
  const std::string python = "/usr/bin/python3.11";

  void serves(const std::vector<std::string>& argv) {
    feed(fork(node, init, at(10), {}, kOwnSession));
    feed(exec(node, at(10), python, argv, kOwnSession));
    feed(fork(worker, node, at(12), {}, kOwnSession));
    answers[20].ports = answers[30].ports = {8000};
  }
};

TEST_F(PythonTest, AWorkerOfMultiprocessingHasLostTheServerThatStartedIt) {
  serves({"python3", "/usr/bin/uvicorn", "a:b", "--workers", "2"});
  feed(exec(worker, at(12), python,
            {"python3", "-c", "from multiprocessing.spawn import spawn_main; spawn_main(5)"}, kOwnSession));
  until(at(3600));
  EXPECT_EQ(raised(), std::set<Told>{});
  feed(exit(node, at(3600), 9, init));
  until(at(3700));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 30}, {"supervisor-lost", 30}}));
  EXPECT_NE(got.last[Told("raised supervisor-lost", 30)].what.claim.find("uvicorn"), std::string::npos);
}

TEST_F(PythonTest, AForkedWorkerHasToo) {
  serves({"python3", "/usr/bin/gunicorn", "a:b"});
  feed(exit(node, at(3600), 9, init));
  until(at(3700));
  EXPECT_TRUE(raised().contains({"supervisor-lost", 30}));
}

TEST_F(PythonTest, AServerThatMadeADaemonOfItselfHasNot) {
  serves({"python3", "/usr/bin/gunicorn", "-D", "a:b"});
  feed(exit(node, at(12.1), 0, init));
  until(at(3700));
  EXPECT_EQ(raised(), std::set<Told>{});
}

TEST_F(PythonTest, AServerOfFilesIsAnOrphanAndNothingElse) {
  start_server();
  feed(exec(node, at(11), python, {"python3", "-m", "http.server"}, on_tty));
  answers[20].ports = {8000};
  leave_behind();
  until(at(3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}}));
}

TEST_F(PythonTest, ADevelopmentServerIsADevelopmentTool) {
  start_server();
  feed(exec(node, at(11), python, {"python3", "manage.py", "runserver"}, on_tty));
  answers[20].ports = {8000};
  leave_behind();
  until(at(3600));
  EXPECT_EQ(raised(), (std::set<Told>{{"orphan", 20}, {"dev-tool", 20}}));
}

}  // namespace
}  // namespace stray::test
