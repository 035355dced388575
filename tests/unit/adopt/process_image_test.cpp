// SPDX-License-Identifier: Apache-2.0
#include "adopt/process_image.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "plan/login_session.hpp"

namespace stray {
namespace {

using Strings = std::vector<std::string>;

TEST(Environment, ALoginSessionIsLeftOut) {
  EXPECT_EQ(without_session({"PATH=/bin",
                             "SSH_TTY=/dev/pts/1",
                             "XDG_SESSION_ID=3",
                             "TERM=xterm",
                             "DISPLAY=:0",
                             "DBUS_SESSION_BUS_ADDRESS=x",
                             "SUDO_USER=a",
                             "LS_COLORS=x",
                             "_=/usr/bin/node",
                             "OLDPWD=/",
                             "SHLVL=1",
                             "TMUX=x",
                             "INVOCATION_ID=1",
                             "TERMINAL_ID=7",
                             "SSHX=1",
                             "A=1",
                             "A=2",
                             "no",
                             "=x",
                             "1A=x",
                             "BASH_FUNC_f%%=() { :; }",
                             "a b=c"}),
            (Strings{"A=2", "PATH=/bin", "SSHX=1", "TERMINAL_ID=7"}));
}

// The steps by hand have the same filter, as a pattern for grep -E and JavaScript.
TEST(Environment, APatternSaysTheSameOfALoginSession) {
  const std::regex pattern(login_session_pattern(), std::regex::extended);
  for (const char* name :
       {"SSH_TTY", "SSHX", "XDG_RUNTIME_DIR", "TERM", "TERMINAL_ID", "_", "_x", "LINES", "LINE",
        "BASH_FUNC_f%%", "WATCHDOG_USEC", "SYSTEMD_EXEC_PID", "SYSTEMD_EXEC", "PORT", "NODE_ENV"})
    EXPECT_EQ(std::regex_search(name + std::string("=TERM="), pattern), of_login_session(name)) << name;
}

TEST(Environment, Pm2sOwnSettingsAreLeftOutOfItsApplications) {
  EXPECT_EQ(without_session({"name=web", "pm_id=0", "PM2_HOME=/x", "status=online", "http_proxy=p",
                             "npm_package_name=w", "NODE_APP_INSTANCE=0", "PORT=3000"}),
            (Strings{"PORT=3000", "http_proxy=p", "npm_package_name=w"}));
  EXPECT_EQ(without_session({"name=web"}), Strings{"name=web"});
}

TEST(Environment, AFileOfSystemdHoldsTheSameBytes) {
  Strings left_out;
  EXPECT_EQ(environment_file(
                {"A=1", "B=a \"b\" $c `d` \\e '%n' #x", "C=two\nlines", "D=\x01", "E=\xff", "F="}, left_out),
            "A=\"1\"\nB=\"a \\\"b\\\" \\$c \\`d\\` \\\\e '%n' #x\"\nC=\"two\nlines\"\nF=\"\"\n");
  EXPECT_EQ(left_out, (Strings{"D", "E"}));
}

TEST(Environment, AFileOfPm2HoldsTheSameBytes) {
  Strings left_out;
  const auto read =
      nlohmann::json::parse(environment_json({"A=1", "B=\"\n\x01 </script>", "E=\xff"}, left_out));
  EXPECT_EQ(read, (nlohmann::json{{"A", "1"}, {"B", "\"\n\x01 </script>"}}));
  EXPECT_EQ(left_out, Strings{"E"});
}

}  // namespace
}  // namespace stray
