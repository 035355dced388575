// SPDX-License-Identifier: Apache-2.0
// Which units start with the host, and what PM2 has saved.
#include "observe/systemd/boot_links.hpp"

#include <sched.h>

#include "observe/probes/child_probe.hpp"
#include "observe/probes/memory_limit.hpp"
#include "observe/probes/pid_room.hpp"
#include "observe/probes/script_probe.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray::test {
namespace {

class BootTest : public ObserverTest {
 protected:
  void link(const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::filesystem::create_symlink("/dev/null", path(name));
  }
  BootFacts unit(const std::string& cgroup) {
    const CgroupPlace place = place_in_cgroup(cgroup);
    const UnitOwner alice{"1000", user_, "/home/alice", "/run/user/1000"};
    return BootLinks(directory_).unit(place, place.user_unit.empty() ? UnitOwner{} : alice, now_);
  }
  std::string user_ = "alice";
};

TEST_F(BootTest, AUnitIsEnabledByALinkOrByWhatActivatesIt) {
  for (const char* name : {"web", "api", "job", "left", "multi@"})
    write(std::string("etc/systemd/system/") + name + ".service");
  link("etc/systemd/system/multi-user.target.wants/web.service");
  link("usr/lib/systemd/system/sockets.target.wants/api.socket");
  link("etc/systemd/system/timers.target.wants/job.timer");
  link("etc/systemd/system/multi-user.target.wants/multi@2.service");
  EXPECT_EQ(unit("/system.slice/web.service").boot, STRAY_BOOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/web.service").by,
            path("etc/systemd/system/multi-user.target.wants/web.service"));
  EXPECT_EQ(unit("/system.slice/api.service").boot, STRAY_BOOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/job.service").boot, STRAY_BOOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/left.service").boot, STRAY_BOOT_NOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/multi@2.service").boot, STRAY_BOOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/multi@1.service").boot, STRAY_BOOT_NOT_ENABLED);
  EXPECT_EQ(unit("/system.slice/unheard-of.service").boot, STRAY_BOOT_UNKNOWN);
  EXPECT_EQ(unit("/user.slice/user-1000.slice/session-3.scope").boot, STRAY_BOOT_UNKNOWN);
}

TEST_F(BootTest, AUnitOfAUserNeedsHimToLinger) {
  const std::string cgroup = "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service";
  write("home/alice/.config/systemd/user/web.service");
  EXPECT_EQ(unit(cgroup).boot, STRAY_BOOT_NOT_ENABLED);
  link("home/alice/.config/systemd/user/default.target.wants/web.service");
  EXPECT_EQ(unit(cgroup).boot, STRAY_BOOT_NOT_ENABLED);
  EXPECT_EQ(unit(cgroup).by, path("var/lib/systemd/linger/alice"));
  write("var/lib/systemd/linger/alice");
  EXPECT_EQ(unit(cgroup).boot, STRAY_BOOT_ENABLED);
  const std::string manager = "/user.slice/user-1000.slice/user@1000.service/init.scope";
  EXPECT_EQ(unit(manager).boot, STRAY_BOOT_ENABLED);
  user_.clear();
  EXPECT_EQ(unit(cgroup).boot, STRAY_BOOT_UNKNOWN) << "a user without a name";
  EXPECT_EQ(unit(manager).boot, STRAY_BOOT_UNKNOWN);
}

TEST_F(BootTest, TheUnitFileSaysWhetherACrashIsTheEnd) {
  const auto restart = [&](const char* name, const char* text) {
    write(std::string("etc/systemd/system/") + name, text);
    return unit("/system.slice/web.service").file.restart;
  };
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_UNKNOWN) << "there is no file";
  write("usr/lib/systemd/system/web.service", "[Service]\nRestart=always\n");
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_YES);
  EXPECT_EQ(restart("web.service", "[Service]\nExecStart=/a\n"), STRAY_RESTART_NO) << "/etc hides /usr/lib";
  EXPECT_EQ(restart("web.service", "[Service]\n Restart = on-failure \r\nRestartSec=no\n"),
            STRAY_RESTART_YES);
  EXPECT_EQ(restart("web.service", "[Unit]\nRestart=always\n#Restart=always\n"), STRAY_RESTART_NO);
  EXPECT_EQ(restart("web.service", "[Service]\nRestart=always\nRestart=on-success\n"), STRAY_RESTART_NO);
  write("usr/lib/systemd/system/web.service.d/20-back.conf", "[Service]\nRestart=on-abort\n");
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_YES) << "what is dropped in wins";
  write("run/systemd/system/service.d/30-never.conf", "[Service]\nRestart=no\n");
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_NO) << "in the order of its names";
  write("etc/systemd/system/web.service.d/30-never.conf", "");
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_YES)
      << "a name hides the same name";
}

TEST_F(BootTest, AMaskedUnitIsNotReadFromTheFileThatTheMaskHides) {
  write("usr/lib/systemd/system/web.service", "[Service]\nRestart=always\n");
  link("etc/systemd/system/web.service");  // to /dev/null
  EXPECT_EQ(unit("/system.slice/web.service").file.restart, STRAY_RESTART_NO);
}

TEST_F(BootTest, TheUnitFileOfAnInstanceAndOfATransientUnit) {
  write("etc/systemd/system/multi@.service", "[Service]\nRestart=always\n");
  EXPECT_EQ(unit("/system.slice/system-multi.slice/multi@1.service").file.restart, STRAY_RESTART_YES);
  write("run/systemd/transient/run-r1.service", "[Service]\nRestart=on-failure\n");
  EXPECT_EQ(unit("/system.slice/run-r1.service").file.restart, STRAY_RESTART_YES);
  write("run/user/1000/systemd/transient/run-r2.service", "[Service]\n");
  EXPECT_EQ(unit("/user.slice/user-1000.slice/user@1000.service/app.slice/run-r2.service").file.restart,
            STRAY_RESTART_NO);
}

TEST_F(BootTest, Pm2StartsWithTheHostByAUnitForItsHome) {
  write("etc/systemd/system/multi-user.target.wants/pm2-alice.service",
        "[Service]\nEnvironment=PM2_HOME=/home/alice/.pm2\nPIDFile=/home/alice/.pm2/pm2.pid\n");
  BootLinks links(directory_);
  EXPECT_EQ(links.pm2("/home/alice/.pm2", now_).boot, STRAY_BOOT_ENABLED);
  EXPECT_EQ(links.pm2("/home/alice/.pm", now_).boot, STRAY_BOOT_NOT_ENABLED);
  EXPECT_EQ(links.pm2("/root/.pm2", now_).boot, STRAY_BOOT_NOT_ENABLED);
}

// PrivateTmp=, ProtectSystem= and the like give a service mounts of its own: it is no container for that.
TEST_F(BootTest, WhoHasMountsOfItsOwnIsLookedAtToo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root for a mount namespace";
  const Child child(std::vector<std::string>{"/bin/sleep", "1000"}, {"PM2_HOME=" + path("pm2"), "name=web"},
                    [] {
                      if (::unshare(CLONE_NEWNS) != 0) ::_exit(2);
                    });
  write("pm2/dump.pm2", R"([{"name":"web"}])");
  const SawProcess saw = process(child);
  EXPECT_EQ(saw.boot, static_cast<std::uint32_t>(STRAY_BOOT_NOT_ENABLED));
  EXPECT_EQ(saw.saved, static_cast<std::uint32_t>(STRAY_SAVED_YES));
}

TEST_F(BootTest, Pm2sDumpNamesWhatItSaved) {
  const Child child = child_in(directory_);
  const Descriptor dir(::open(("/proc/" + std::to_string(child.pid())).c_str(), O_RDONLY | O_DIRECTORY));
  const ProcessFiles files(dir.get());
  proc::FileReader reader;
  const auto saved = [&](const Pm2App& app) { return saved_by_pm2(files, path("pm2"), app, reader); };
  EXPECT_EQ(saved({"web", "", ""}), STRAY_SAVED_NO) << "there is none";
  write("pm2/dump.pm2",
        R"([{"name":"web","pm_exec_path":"/srv/a.js","env":{"name":"x","deep":[1]}},{"name":7}])");
  EXPECT_EQ(saved({"web", "", ""}), STRAY_SAVED_YES);
  EXPECT_EQ(saved({"x", "", ""}), STRAY_SAVED_NO);
  EXPECT_EQ(saved({"", "/srv/a.js", "-"}), STRAY_SAVED_YES);
  EXPECT_EQ(saved({"", "", "/srv/a"}), STRAY_SAVED_YES) << "a title may be cut";
  EXPECT_EQ(saved({"", "", ""}), STRAY_SAVED_UNKNOWN);
  write("pm2/dump.pm2", "{{{");
  EXPECT_EQ(saved({"web", "", ""}), STRAY_SAVED_UNKNOWN);
}

TEST_F(BootTest, TheLowestMemoryLimitOnTheWayUpCounts) {
  write("a.slice/memory.max", "max\n"), write("a.slice/b.service/memory.max", "300000000\n");
  write("a.slice/b.service/memory.current", "7\n"), write("a.slice/b.service/c/memory.max", "400000000\n");
  write("memory/x/memory.limit_in_bytes", "9223372036854771712\n");
  write("memory/x/y/memory.limit_in_bytes", "100\n");
  MemoryLimits limits(directory_);
  proc::FileReader reader;
  EXPECT_EQ(limits.of("0::/a.slice/b.service/c\n", reader).bytes, 300000000u);
  EXPECT_EQ(limits.of("0::/a.slice/b.service/c\n", reader).used, 7u);
  EXPECT_EQ(limits.of("0::/a.slice\n", reader).bytes, 0u);
  EXPECT_EQ(limits.of("4:cpu,memory:/x/y\n0::/a.slice/b.service\n", reader).bytes, 100u);
  EXPECT_EQ(limits.of("4:memory:/x\n", reader).bytes, 0u);
  EXPECT_EQ(limits.of("0::/../a.slice\n", reader).bytes, 0u);
  EXPECT_GT(limits.host_available(now_, reader), 0u);
}

TEST_F(BootTest, TheCgroupWithTheFewestPidsLeftCounts) {
  write("a.slice/pids.max", "500\n"), write("a.slice/pids.current", "490\n");
  write("a.slice/b.service/pids.max", "100\n"), write("a.slice/b.service/pids.current", "30\n");
  write("free.slice/pids.max", "max\n");
  write("pids/x/pids.max", "7\n"), write("pids/x/pids.current", "5\n");
  write("proc/sys/kernel/pid_max", "32768\n"), write("proc/loadavg", "0.52 0.58 0.59 2/1234 5678\n");
  proc::FileReader reader;
  const auto room = [&](std::string_view cgroup) {
    return pid_room(cgroup, reader, directory_, path("proc"));
  };
  EXPECT_EQ(room("0::/a.slice/b.service\n").limit, 500u);
  EXPECT_EQ(room("0::/a.slice/b.service\n").used, 490u);
  EXPECT_EQ(room("0::/free.slice\n").limit, 0u);
  EXPECT_EQ(room("3:pids:/x\n0::/a.slice\n").limit, 7u);
  EXPECT_EQ(room("0::/free.slice\n").host_limit, 32768u);
  EXPECT_EQ(room("0::/free.slice\n").host_used, 1234u);
}

TEST_F(BootTest, ZombiesAreCountedAmongTheChildren) {
  if (!std::filesystem::exists("/proc/self/task/" + std::to_string(::gettid()) + "/children"))
    GTEST_SKIP() << "a kernel without CONFIG_PROC_CHILDREN";
  const Child child(std::vector<std::string>{"/bin/sh", "-c", "/bin/true & exec sleep 1000"}, {});
  EXPECT_TRUE(wait_until([&] { return look<SawChildren>(Look::children, child.key()).zombies == 1; }));
  const SawChildren saw = look<SawChildren>(Look::children, child.key());
  EXPECT_EQ(saw.children, 1u);
  EXPECT_GT(saw.host_limit, saw.host_pids);
  EXPECT_GT(saw.host_pids, 1u);
}

TEST_F(BootTest, TheLinkNearestToTheScriptIsNamed) {
  write("releases/1/a.js"), write("releases/2/a.js");
  std::filesystem::create_symlink("releases/1", path("current"));
  const Child child(std::vector<std::string>{"/bin/sleep", "1000"}, {"PWD=" + path("current")}, [this] {
    if (::chdir(path("releases/1").c_str()) != 0) ::_exit(2);
  });
  SawScript saw = script(child, "a.js");
  EXPECT_EQ(saw.link, path("current"));
  EXPECT_EQ(saw.target, path("releases/1"));
  EXPECT_EQ(saw.exe, static_cast<std::uint32_t>(STRAY_EXE_SAME));
  std::filesystem::remove(path("current"));
  std::filesystem::create_symlink("releases/2", path("current"));
  EXPECT_EQ(script(child, "a.js").target, path("releases/2"));
  EXPECT_EQ(script(child, path("current") + "/a.js").link, path("current"));
  EXPECT_EQ(script(child, path("releases/1") + "/a.js").link, "");
}

TEST_F(BootTest, AnExecutableIsHeldAgainstItsPath) {
  std::filesystem::copy_file("/bin/sleep", path("sleeper"));
  const Child child(std::vector<std::string>{path("sleeper"), "1000"}, {});
  const auto state = [&] { return script(child, "").exe; };
  EXPECT_EQ(state(), static_cast<std::uint32_t>(STRAY_EXE_SAME));
  std::filesystem::remove(path("sleeper"));
  EXPECT_EQ(state(), static_cast<std::uint32_t>(STRAY_EXE_GONE));
  std::filesystem::copy_file("/bin/sleep", path("sleeper"));
  EXPECT_EQ(state(), static_cast<std::uint32_t>(STRAY_EXE_REPLACED));
}

}  // namespace
}  // namespace stray::test
