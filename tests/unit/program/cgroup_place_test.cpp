// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <ostream>

#include "program/program.hpp"

namespace stray {
namespace {

using Kind = CgroupPlace::Kind;
const std::string kId = "4f5c0a1b2d3e4f5c0a1b2d3e4f5c0a1b2d3e4f5c0a1b2d3e4f5c0a1b2d3e4f5c";

struct Row {
  std::string path;
  Kind kind;
  std::string unit = {};
  std::string user_unit = {};
  std::string engine = {};
  std::string container = {};
  bool launcher = false;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.path; }

class Places : public testing::TestWithParam<Row> {};

TEST_P(Places, AreRead) {
  const Row& row = GetParam();
  const CgroupPlace place = place_in_cgroup(row.path);
  EXPECT_EQ(static_cast<int>(place.kind), static_cast<int>(row.kind));
  EXPECT_EQ(place.unit, row.unit);
  EXPECT_EQ(place.user_unit, row.user_unit);
  EXPECT_EQ(place.engine, row.engine);
  EXPECT_EQ(place.container, row.container);
  EXPECT_EQ(place.launcher, row.launcher);
}

Row launcher(const std::string& unit) {
  return {.path = "/system.slice/" + unit, .kind = Kind::service, .unit = unit, .launcher = true};
}
Row container(const std::string& path, const std::string& engine, const std::string& id = kId,
              const std::string& user = {}) {
  return {.path = path, .kind = Kind::container, .user_unit = user, .engine = engine, .container = id};
}

const std::string kUser = "user@1000.service", kUserSlice = "/user.slice/user-1000.slice/";

INSTANTIATE_TEST_SUITE_P(
    Units, Places,
    testing::Values(Row{"/", Kind::none}, Row{"", Kind::none}, Row{"/system.slice", Kind::none},
                    Row{"/user.slice/user-1000.slice", Kind::none},
                    Row{"/system.slice/web.service", Kind::service, "web.service"},
                    Row{"/system.slice/system-web.slice/web@2.service", Kind::service, "web@2.service"},
                    Row{"/system.slice/run-u12.service", Kind::service, "run-u12.service"},
                    Row{"/system.slice/web.service/worker", Kind::service, "web.service"},  // delegated
                    Row{kUserSlice + kUser + "/app.slice/web.service", Kind::service, "web.service", kUser},
                    Row{kUserSlice + kUser, Kind::manager, kUser, kUser, {}, {}, true},
                    Row{kUserSlice + kUser + "/app.slice", Kind::manager, kUser, kUser, {}, {}, true},
                    Row{kUserSlice + kUser + "/init.scope", Kind::manager, "init.scope", kUser},
                    Row{"/init.scope", Kind::manager, "init.scope"},
                    Row{kUserSlice + "session-3.scope", Kind::session, "session-3.scope"},
                    Row{kUserSlice + "session-c1.scope", Kind::session, "session-c1.scope"},
                    Row{kUserSlice + kUser + "/tmux-spawn-1a2b.scope", Kind::terminal,
                        "tmux-spawn-1a2b.scope", kUser},
                    Row{kUserSlice + kUser + "/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1a2b.scope",
                        Kind::terminal, "vte-spawn-1a2b.scope", kUser},
                    Row{kUserSlice + kUser + "/app.slice/app-gnome-org.gnome.Terminal-77.scope",
                        Kind::terminal, "app-gnome-org.gnome.Terminal-77.scope", kUser},
                    Row{kUserSlice + kUser + "/app.slice/app-org.kde.konsole-77.scope", Kind::terminal,
                        "app-org.kde.konsole-77.scope", kUser},
                    Row{kUserSlice + kUser + "/app.slice/app-gnome-code-77.scope", Kind::scope,
                        "app-gnome-code-77.scope", kUser},
                    Row{"/system.slice/x.scope", Kind::scope, "x.scope"}));

INSTANTIATE_TEST_SUITE_P(Launchers, Places,
                         testing::Values(launcher("cron.service"), launcher("crond.service"),
                                         launcher("atd.service"), launcher("ssh.service"),
                                         launcher("ssh@0-10.0.0.1:22-10.0.0.2:5.service"),
                                         launcher("getty@tty1.service"),
                                         launcher("serial-getty@ttyS0.service"), launcher("docker.service"),
                                         launcher("gdm.service"),
                                         launcher("actions.runner.org-repo.host.service"),
                                         launcher("gitlab-runner.service"), launcher("jenkins.service")));

INSTANTIATE_TEST_SUITE_P(
    Containers, Places,
    testing::Values(
        container("/system.slice/docker-" + kId + ".scope", "docker"), container("/docker/" + kId, "docker"),
        container("/moby/" + kId, "docker"), container("/ecs/cluster/task/" + kId, "docker"),
        container("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab.slice/cri-containerd-" +
                      kId + ".scope",
                  "containerd"),
        container("/kubepods.slice/kubepods-podab.slice/crio-" + kId + ".scope", "cri-o"),
        container("/kubepods/burstable/pod12/" + kId, "kubernetes"),
        container("/system.slice/containerd.service/kubepods-podab.slice:cri-containerd:" + kId,
                  "containerd"),
        container("/default/" + kId, "containerd"), container("/custom/" + kId, ""),
        container("/machine.slice/libpod-" + kId + ".scope/container", "podman"),
        container(kUserSlice + kUser + "/user.slice/libpod-" + kId + ".scope", "podman", kId, kUser),
        container("/system.slice/web.service/libpod-payload-" + kId, "podman"),
        container("/lxc.payload.build", "lxc", "build"), container("/lxc/build", "lxc", "build"),
        container("/machine.slice/systemd-nspawn@my\\x2dbox.service/payload", "systemd-nspawn", "my-box"),
        container("/machine.slice/machine-box.scope/payload", "systemd-nspawn", "box"),
        // the innermost of nested ones
        container("/docker/" + std::string(64, 'a') + "/kubepods/pod12/" + kId, "kubernetes"),
        // a service inside: the container is the answer, the unit a detail
        Row{"/lxc.payload.build/system.slice/web.service",
            Kind::container,
            "web.service",
            {},
            "lxc",
            "build"},
        Row{"/docker/" + kId + "/init.scope", Kind::container, "", {}, "docker", kId},
        // the monitors of containers are none
        Row{"/machine.slice/libpod-conmon-" + kId + ".scope", Kind::scope, "libpod-conmon-" + kId + ".scope"},
        Row{"/lxc.monitor.build", Kind::none},
        Row{"/machine.slice/systemd-nspawn@box.service/supervisor", Kind::service,
            "systemd-nspawn@box.service"},
        Row{"/machine.slice/machine-qemu\\x2d1.scope", Kind::scope, "machine-qemu\\x2d1.scope"},
        Row{"/docker/" + std::string(63, 'a'), Kind::none}));

}  // namespace
}  // namespace stray
