// SPDX-License-Identifier: Apache-2.0
// Entry scripts: found as Node finds them, through the process's own directory and root.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "observe/probes/script_probe.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray::test {
namespace {

class ScriptTest : public ObserverTest {
 protected:
  // The path an entry leads to below the test's directory, or the state where there is none.
  std::string found(const Child& child, const std::string& entry) {
    const SawScript saw = script(child, entry);
    EXPECT_EQ(saw.entry, entry);
    switch (saw.state) {
      case STRAY_SCRIPT_PRESENT:
        return std::string(saw.path.starts_with(directory_) ? saw.path.substr(directory_.size() + 1)
                                                            : saw.path);
      case STRAY_SCRIPT_MISSING:
        return "missing";
      case STRAY_SCRIPT_CWD_GONE:
        return "cwd gone";
      default:
        return "unknown";
    }
  }
};

TEST_F(ScriptTest, IsNamedByTheNearestPackageThatHasAName) {
  write("app/package.json", R"({"nested":{"name":"no"},"name":"@acme/web"})"), write("app/dist/index.js");
  write("app/dist/package.json", R"({"type":"module"})");
  write("inner/package.json", R"({"name":"outer"})"), write("inner/pkg/package.json", R"({"name":"inner"})");
  write("inner/pkg/index.js"), write("alone/index.js");
  write("odd/package.json", R"({"name":["x"]})"), write("odd/index.js");
  write("long/package.json", R"({"name":")" + std::string(300, 'n') + R"("})"), write("long/index.js");
  const Child child = child_in(path("app"));
  EXPECT_EQ(script(child, "dist/index.js").package, "@acme/web");
  EXPECT_EQ(script(child, path("inner/pkg/index.js")).package, "inner");
  for (const char* entry : {"alone/index.js", "odd/index.js", "long/index.js"})
    EXPECT_EQ(script(child, path(entry)).package, "") << entry;
}

TEST_F(ScriptTest, IsResolvedAsNodeDoes) {
  write("app/a.js"), write("app/b.ts"), write("app/both.js"), write("app/both/index.js");
  write("app/dist/index.js"), write("app/json/index.json"), write("app/ts/index.ts");
  write("app/m1/package.json", R"({"nested":{"main":"no.js"},"main":"lib/start.js","x":[1,{"main":2}]})");
  write("app/m1/lib/start.js"), write("app/m1/index.js");
  write("app/m2/package.json", R"({"main":"./lib/start"})"), write("app/m2/lib/start.cjs");
  write("app/m3/package.json", R"({"main":"lib"})"), write("app/m3/lib/index.js");
  write("app/m4/package.json", R"({"main":"lost.js"})"), write("app/m4/index.js");
  write("app/m5/package.json", R"({"main": 7})"), write("app/m5/index.mjs");
  write("app/m6/package.json", "{{{ not json"), write("app/m6/index.js");
  write("app/m7/package.json", R"({"main":"../a.js"})");
  write("app/empty/readme"), write("app/a b#?.mjs"), write("up.js");
  const Child child = child_in(path("app"));
  const std::pair<const char*, const char*> cases[] = {{"a.js", "app/a.js"},
                                                       {"./a.js", "app/a.js"},
                                                       {"a", "app/a.js"},
                                                       {"b", "app/b.ts"},
                                                       {"both", "app/both.js"},
                                                       {"dist", "app/dist/index.js"},
                                                       {"dist/", "app/dist/index.js"},
                                                       {"dist/index", "app/dist/index.js"},
                                                       {"json", "app/json/index.json"},
                                                       {"ts", "app/ts/index.ts"},
                                                       {"m1", "app/m1/lib/start.js"},
                                                       {"m2", "app/m2/lib/start.cjs"},
                                                       {"m3", "app/m3/lib/index.js"},
                                                       {"m4", "app/m4/index.js"},
                                                       {"m5", "app/m5/index.mjs"},
                                                       {"m6", "app/m6/index.js"},
                                                       {"m7", "app/a.js"},
                                                       {"../up.js", "up.js"},
                                                       {"lost/../a.js", "app/a.js"},
                                                       {"../app/dist/.././a", "app/a.js"},
                                                       {"empty", "missing"},
                                                       {"lost.js", "missing"},
                                                       {"a.js/below", "missing"},
                                                       {".", "missing"},
                                                       {"..", "missing"},
                                                       {"", "unknown"}};
  for (const auto& [entry, expected] : cases) EXPECT_EQ(found(child, entry), expected) << entry;
  EXPECT_EQ(found(child, path("app/a.js")), "app/a.js");
  EXPECT_EQ(found(child, path("app/dist")), "app/dist/index.js");
  EXPECT_EQ(found(child, "file://" + path("app/a%20b%23%3F.mjs") + "?v=1#x"), "app/a b#?.mjs");
  write("app/index.js");
  EXPECT_EQ(found(child, "."), "app/index.js");
}

TEST_F(ScriptTest, LinksAreFollowed) {
  write("real.js");
  ::symlink("real.js", path("link.js").c_str());
  ::symlink(path("real.js").c_str(), path("absolute.js").c_str());
  ::symlink("lost.js", path("broken.js").c_str());
  ::symlink("loop.js", path("loop.js").c_str());
  const Child child = child_in(directory_);
  EXPECT_EQ(found(child, "link.js"), "real.js");
  EXPECT_EQ(found(child, "absolute.js"), "real.js");
  EXPECT_EQ(found(child, "broken.js"), "missing");
  EXPECT_EQ(found(child, "loop.js"), "unknown");
  EXPECT_EQ(found(child, "/proc/self/cwd/real.js"), "unknown") << "its /proc/self is not ours";
  EXPECT_EQ(found(child, "/dev/fd/0"), "unknown");
  EXPECT_EQ(found(child, std::string(5000, 'x')), "unknown") << "not an absence, but a name too long";
}

TEST_F(ScriptTest, ALinkThatTheEntryNamesIsSeenHoweverTheDirectoryWasEntered) {
  write("r1/server.js"), write("r2/server.js"), write("plain/server.js");
  ::symlink("r1", path("current").c_str());
  ::symlink("server.js", path("plain/link.js").c_str());
  const Child child = child_in(directory_);
  EXPECT_EQ(script(child, "current/server.js").link, path("current"));
  EXPECT_EQ(script(child, "./current/server.js").target, path("r1"));
  std::filesystem::remove(path("current"));
  ::symlink("r2", path("current").c_str());
  EXPECT_EQ(script(child, "current/server.js").target, path("r2"));
  EXPECT_NE(script(child, "plain/link.js").link, path("plain/link.js")) << "no folder";
}

TEST_F(ScriptTest, FactsAreThoseOfTheFile) {
  const std::string name = write("a.js", "console.log(1)");
  struct stat facts {};
  ASSERT_EQ(::stat(name.c_str(), &facts), 0);
  const SawScript saw = script(child_in(directory_), "a.js");
  EXPECT_EQ(saw.inode, facts.st_ino);
  EXPECT_EQ(makedev(saw.dev_major, saw.dev_minor), facts.st_dev);
  EXPECT_EQ(saw.bytes, 14u);
  EXPECT_EQ(saw.mtime_ns, facts.st_mtim.tv_sec * 1'000'000'000ULL + facts.st_mtim.tv_nsec);
  EXPECT_EQ(saw.ctime_ns, facts.st_ctim.tv_sec * 1'000'000'000ULL + facts.st_ctim.tv_nsec);
}

TEST_F(ScriptTest, HashTellsContentsApart) {
  const Child child = child_in(directory_);
  const auto hash_of = [&](const std::string& content) {
    write("a.js", content);
    const auto hash = script(child, "a.js").hash;
    EXPECT_NE(hash, 0u);
    return hash;
  };
  const std::string long_text(900'001, 'x');
  std::string changed = long_text;
  changed[555'555] = 'y';
  const auto first = hash_of(long_text);
  EXPECT_EQ(hash_of(long_text), first);
  EXPECT_NE(hash_of(changed), first);
  EXPECT_NE(hash_of(long_text + '\0'), first);
  EXPECT_NE(hash_of(""), hash_of(std::string(1, '\0')));
  EXPECT_NE(hash_of("ab"), hash_of("ba"));
  EXPECT_NE(hash_of(std::string(16, '\0') + "b"), hash_of("b" + std::string(16, '\0')));
  const auto cut = hash_of(std::string((1 << 20) + 5, 'x'));
  EXPECT_EQ(hash_of(std::string((1 << 20) + 4, 'x') + "y"), cut) << "the first MiB counts";
}

TEST_F(ScriptTest, DeletedIsMissing) {
  const std::string name = write("app/a.js");
  const std::string elsewhere = write("b.js");
  const Child child = child_in(path("app"));
  EXPECT_EQ(found(child, "a.js"), "app/a.js");
  std::filesystem::remove(name);
  EXPECT_EQ(found(child, "a.js"), "missing");
  EXPECT_EQ(found(child, name), "missing");
  std::filesystem::remove_all(path("app"));
  EXPECT_EQ(found(child, "a.js"), "cwd gone");
  EXPECT_EQ(found(child, elsewhere), "b.js") << "what is there is there";
  write("app/a.js");
  EXPECT_EQ(found(child, "a.js"), "cwd gone") << "the directory made anew is not the process's";
}

TEST_F(ScriptTest, FifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo(path("a.js").c_str(), 0600), 0);
  make_directory("p");
  ASSERT_EQ(::mkfifo(path("p/package.json").c_str(), 0600), 0);
  write("p/index.js");
  const Child child = child_in(directory_);
  const SawScript saw = script(child, "a.js");
  EXPECT_EQ(saw.state, STRAY_SCRIPT_PRESENT);
  EXPECT_EQ(saw.hash, 0u);
  EXPECT_EQ(found(child, "p"), "p/index.js");
}

TEST_F(ScriptTest, HostilePackageIsSkipped) {
  std::string deep;
  for (int n = 0; n < 100'000; ++n) deep += "{\"main\":";
  write("deep/package.json", deep), write("deep/index.js");
  write("huge/package.json", "{\"x\":\"" + std::string(2 << 20, 'x') + "\",\"main\":\"a.js\"}"),
      write("huge/index.js");
  const Child child = child_in(directory_);
  EXPECT_EQ(found(child, "deep"), "deep/index.js");
  EXPECT_EQ(found(child, "huge"), "huge/index.js");
}

TEST_F(ScriptTest, RootOfTheProcessIsNeverLeft) {
  if (::geteuid() != 0) GTEST_SKIP() << "chroot needs root";
  write("jail/app/real.js"), write("secret.js"), write("jail/app/dist/index.js");
  ::symlink("/app/real.js", path("jail/app/inside.js").c_str());
  ::symlink(path("secret.js").c_str(), path("jail/app/outside.js").c_str());
  ::symlink("../../../../secret.js", path("jail/app/above.js").c_str());
  const Child child([this] {
    if (::chroot(path("jail").c_str()) != 0 || ::chdir("/app") != 0) ::_exit(2);
  });
  EXPECT_EQ(found(child, "real.js"), "/app/real.js");
  EXPECT_EQ(found(child, "/app/real.js"), "/app/real.js");
  EXPECT_EQ(found(child, "inside.js"), "/app/real.js");
  EXPECT_EQ(found(child, "dist"), "/app/dist/index.js");
  EXPECT_EQ(found(child, "../app/real"), "/app/real.js");
  EXPECT_EQ(found(child, "../../../../../../../../app/real"), "/app/real.js");
  EXPECT_EQ(found(child, "outside.js"), "missing");
  EXPECT_EQ(found(child, "above.js"), "missing");
  EXPECT_EQ(found(child, "../../secret.js"), "missing");
  EXPECT_EQ(found(child, path("secret.js")), "missing");
  std::filesystem::remove_all(path("jail/app"));
  EXPECT_EQ(found(child, "real.js"), "cwd gone");
}

TEST_F(ScriptTest, MountsOfTheProcessAreSeen) {
  make_directory("m");
  int made[2];
  ASSERT_EQ(::pipe2(made, O_CLOEXEC), 0);
  const std::string mount_point = path("m");
  const Child child([&] {
    const bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                         ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("none", mount_point.c_str(), "tmpfs", 0, nullptr) == 0;
    if (mounted)
      write("m/a.js"), ::symlink((mount_point + "/a.js").c_str(), (mount_point + "/link.js").c_str());
    if (::chdir(mount_point.c_str()) != 0 || ::write(made[1], mounted ? "y" : "n", 1) != 1) ::_exit(2);
  });
  char mounted = 0;
  ASSERT_EQ(::read(made[0], &mounted, 1), 1);
  ::close(made[0]), ::close(made[1]);
  if (mounted != 'y') GTEST_SKIP() << "no mount namespace to be had";
  ASSERT_FALSE(std::filesystem::exists(path("m/a.js")));
  EXPECT_EQ(found(child, "a.js"), "m/a.js");
  EXPECT_EQ(found(child, "link.js"), "m/a.js");
  EXPECT_EQ(found(child, path("m/a")), "m/a.js");
  EXPECT_EQ(found(child, "b.js"), "missing");
}

TEST(EntryPath, DecodesFileUrls) {
  EXPECT_EQ(entry_path("file:///a%20b"), "/a b");
  EXPECT_EQ(entry_path("file://localhost/a"), "/a");
  EXPECT_EQ(entry_path("file:/a%2fb%"), "/a/b%");
  EXPECT_EQ(entry_path("file:///a%zz%2"), "/a%zz%2");
  EXPECT_EQ(entry_path("file://"), "");
  EXPECT_EQ(entry_path("a%20b?x"), "a%20b?x");
}

}  // namespace
}  // namespace stray::test
