// SPDX-License-Identifier: Apache-2.0
// What a process runs, beside its name: what the file exports, and who can change it.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "observe/probes/content_probe.hpp"
#include "procfs/read.hpp"
#include "unit/observe/observer_fixture.hpp"

namespace stray {
namespace {

using namespace test;

std::string node_path() {
  for (const char* path : {"/usr/bin/node", "/usr/local/bin/node", "/usr/bin/nodejs"})
    if (::access(path, X_OK) == 0) return std::filesystem::canonical(path).string();
  return {};
}

// A program that waits for the end of its input, under any name.
class ProgramTest : public ObserverTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "makes files of others: needs root";
  }
  std::string copy(const std::string& from, const std::string& name) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::filesystem::copy_file(from, path(name));
    return path(name);
  }
  static void own(const std::string& file, uid_t uid) { ASSERT_EQ(::lchown(file.c_str(), uid, uid), 0); }
  // Reads its input, which stays open.
  Child running(const std::vector<std::string>& argv) {
    if (!reading_) {
      int ends[2];
      EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
      reading_ = Descriptor(ends[0]), writing_ = Descriptor(ends[1]);
    }
    return Child(argv, {}, [this] { ::dup2(reading_.get(), 0); });
  }
  Descriptor reading_, writing_;
};

TEST_F(ProgramTest, TheOwnerOfASupervisorIsThatOfItsFileAndOfEachDirectory) {
  // The test's own directory is below /tmp, where everybody may write: that alone counts.
  const std::string exe = copy("/bin/cat", "bin/runsv");
  const Child child = running({exe});
  const SawProcess shared = process(child);
  EXPECT_EQ(shared.owner, STRAY_OWNER_USER);
  EXPECT_EQ(shared.owner_uid, kNoLogin);
  EXPECT_EQ(shared.owned, exe);
  own(path("bin"), 1234);
  EXPECT_EQ(process(child).owner_uid, 1234u);
  own(exe, 4321);
  const SawProcess users = process(child);
  EXPECT_EQ(users.owner, STRAY_OWNER_USER);
  EXPECT_EQ(users.owner_uid, 4321u);
}

TEST_F(ProgramTest, ASystemsProgramIsRoots) {
  std::string name = "/usr/lib/stray-test-XXXXXX";
  ASSERT_TRUE(::mkdtemp(name.data()));
  ASSERT_EQ(::chmod(name.c_str(), 0755), 0);
  const std::string exe = name + "/s6-supervise";
  std::filesystem::copy_file("/bin/cat", exe);
  {
    const Child child = running({exe});
    EXPECT_EQ(process(child).owner, STRAY_OWNER_ROOT);
    EXPECT_EQ(process(child).owned, exe);
    ASSERT_EQ(::chmod(exe.c_str(), 0775), 0);
    EXPECT_EQ(process(child).owner, STRAY_OWNER_ROOT) << "the group is root's";
    ASSERT_EQ(::chmod(name.c_str(), 0757), 0);
    EXPECT_EQ(process(child).owner, STRAY_OWNER_USER);
  }
  std::filesystem::remove_all(name);
}

TEST_F(ProgramTest, OfNoSupervisorItIsNotLookedAt) {
  const Child child = running({copy("/bin/cat", "bin/cat")});
  EXPECT_EQ(process(child).owner, STRAY_OWNER_UNKNOWN);
  EXPECT_EQ(process(child).content, STRAY_CONTENT_OTHER);
}

TEST_F(ProgramTest, AScriptSaysWhoseSupervisorItIs) {
  const std::string node = node_path();
  if (node.empty()) GTEST_SKIP() << "no node";
  const std::string script = write("pm2/lib/Daemon.js", "process.stdin.resume()");
  own(script, 1234);
  const SawProcess saw = process(running({node, script}));
  EXPECT_EQ(saw.owner, STRAY_OWNER_USER);
  EXPECT_EQ(saw.owner_uid, 1234u);
  EXPECT_EQ(saw.owned, script);
}

TEST_F(ProgramTest, NodeIsKnownUnderAnyNameAndFromMemory) {
  const std::string node = node_path();
  if (node.empty()) GTEST_SKIP() << "no node";
  EXPECT_EQ(process(running({copy(node, "bin/nginx"), "-"})).content, STRAY_CONTENT_NODE);
  const Descriptor memory(::memfd_create("worker", 0));
  const Descriptor file(::open(node.c_str(), O_RDONLY | O_CLOEXEC));
  for (ssize_t n = 1; n > 0;) n = ::sendfile(memory.get(), file.get(), nullptr, 1 << 30);
  const Child child = running({"/proc/self/fd/" + std::to_string(memory.get()), "-"});
  EXPECT_EQ(process(child).content, STRAY_CONTENT_NODE);
}

TEST_F(ProgramTest, ALoaderIsWhatItHasMapped) {
  const std::string node = node_path();
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  if (node.empty() || ::access(loader.c_str(), X_OK) != 0) GTEST_SKIP() << "no node, or another loader";
  const Child child = running({loader, node, "-"});
  EXPECT_TRUE(wait_until([&] { return process(child).content == STRAY_CONTENT_NODE; }));
}

TEST(Content, AFileThatIsNoProgramIsOther) {
  const Descriptor memory(::memfd_create("any", MFD_CLOEXEC));
  EXPECT_EQ(content_of(memory.get()), STRAY_CONTENT_OTHER);
  std::ifstream whole("/proc/self/exe", std::ios::binary);
  std::string start(64 << 10, '\0');
  whole.read(start.data(), static_cast<std::streamsize>(start.size()));
  // Whatever its tables say, looking ends, and is no crash.
  for (std::size_t at = 16; at < 4096; at += 3) {
    std::string broken = start;
    broken[at] = static_cast<char>(broken[at] ^ 0xff);
    ASSERT_EQ(::pwrite(memory.get(), broken.data(), broken.size(), 0), static_cast<ssize_t>(broken.size()));
    EXPECT_EQ(content_of(memory.get()), STRAY_CONTENT_OTHER);
  }
}

}  // namespace
}  // namespace stray
