// SPDX-License-Identifier: Apache-2.0
// PM2, always as the user whose process it is: its code, its files and its daemon are that user's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "adopt/home.hpp"
#include "base/printable.hpp"
#include "base/root_files.hpp"
#include "base/words.hpp"
#include "base/write_all.hpp"

namespace stray {
namespace {

constexpr std::chrono::seconds kPatience{5}, kCommand{60};

// In a child that is the user. Opens ~/.stray, which must be a folder of the user's own and no link.
Descriptor own_folder(const std::string& home, bool create) {
  const Descriptor at(::open(home.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!at || (create && ::mkdirat(at.get(), kPm2Folder, 0700) != 0 && errno != EEXIST)) return {};
  Descriptor out(::openat(at.get(), kPm2Folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts {};
  if (out && (::fstat(out.get(), &facts) != 0 || facts.st_uid != ::geteuid()))
    return errno = EPERM, Descriptor();
  return out;
}

bool write_new(int folder, const char* name, std::string_view content) {
  const Descriptor file(::openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return file && write_all(file.get(), content) == content.size();
}

class Pm2Home final : public Home {
 public:
  explicit Pm2Home(const Moving& moving)
      : moving_(moving),
        person_(moving.person),
        migration_(migration_of(moving.adoption, Under::pm2, moving.person.home)),
        ran_before_(moving.pm2_runs) {
    find_pm2();
  }

  std::vector<std::string> problems() const override {
    std::vector<std::string> out;
    if (migration_.file_text.empty()) out.push_back(migration_.why_not);
    if (pm2_.empty()) out.push_back("PM2 is not installed for " + person_.name + ": npm install -g pm2");
    if (!pm2_.empty() && person_.uid == 0)
      if (const std::string why = root_may_run(pm2_); !why.empty())
        out.push_back("PM2 would run as root, and " + why);
    const int home = as_person(person_, kPatience, [this] {
      return ::faccessat(AT_FDCWD, person_.home.c_str(), W_OK | X_OK, AT_EACCESS) == 0 ? 0 : 1;
    });
    if (home != 0)
      out.push_back(person_.name + " cannot write to its home directory " + printable(person_.home));
    const std::string path = folder();
    const int taken = as_person(person_, kPatience, [&] {
      return ::faccessat(AT_FDCWD, path.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    });
    if (taken != 0) out.push_back(printable(path) + " is there already: remove it, or choose another --name");
    const auto& apps = moving_.pm2_apps;
    if (std::find(apps.begin(), apps.end(), name()) != apps.end())
      out.push_back("PM2 of " + person_.name + " has an application " + name() + ": choose another --name");
    return out;
  }

  std::vector<NewFile> files() const override {
    std::string names = "{";
    for (const std::string& variable : without_session(moving_.image.environment))
      names +=
          (names.size() == 1 ? "\n  \"" : ",\n  \"") + variable.substr(0, variable.find('=')) + "\": \"...\"";
    return {{migration_.file_name, migration_.file_text, person_.name, "0600"},
            {migration_.environment_name, names + "\n}\n", person_.name, "0600"}};
  }

  const Migration& migration() const override { return migration_; }

  void prepare() override {
    std::vector<std::string> left_out;
    const std::string environment = environment_json(without_session(moving_.image.environment), left_out);
    const int got = as_person(person_, kPatience, [&] {
      const Descriptor above = own_folder(person_.home, true);
      if (!above || ::mkdirat(above.get(), name().c_str(), 0700) != 0) return 1;
      const Descriptor in(
          ::openat(above.get(), name().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      const bool good = in && write_new(in.get(), kPm2File, migration_.file_text) &&
                        write_new(in.get(), kPm2Environment, environment);
      return good ? 0 : 2;
    });
    written_ = got == 0 || got == 2;
    if (got != 0) throw std::runtime_error("the files in " + printable(folder()) + " cannot be written");
  }

  void start() override {
    started_ = true;
    const CommandResult got = pm2({"start", migration_.file_name}, moving_.image.umask);
    if (!got.fine()) throw std::runtime_error("pm2 start failed: " + printable(got.said));
  }

  // The dump holds the environment of the applications: for its user alone.
  void keep() override {
    if (!ran_before_ && dump_there_) {
      saved_ = false;
      return;
    }
    saved_ = pm2({"save"}, 077).fine();
  }

  void undo() override {
    if (started_) (void)pm2({"delete", name()}, 077);
    if (started_ && !ran_before_) (void)pm2({"kill"}, 077);
    if (written_)
      (void)as_person(person_, kPatience, [this] {
        const Descriptor above = own_folder(person_.home, false);
        const Descriptor in(above ? ::openat(above.get(), name().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                                  : -1);
        if (!in) return 1;
        for (const char* file : {kPm2File, kPm2Environment}) ::unlinkat(in.get(), file, 0);
        return ::unlinkat(above.get(), name().c_str(), AT_REMOVEDIR) == 0 ? 0 : 1;
      });
    started_ = written_ = false;
  }

  bool has(const Supervision& who) const override {
    return who.verdict == Verdict::pm2 && who.name == name();
  }

  std::vector<std::string> remarks() const override {
    if (saved_) return {};
    return {"# pm2 save was left out or failed: " + printable(person_.home) +
            "/.pm2/dump.pm2 names applications that PM2 does not run now. As " + person_.name +
            ": pm2 resurrect, then pm2 save"};
  }

 private:
  const std::string& name() const { return moving_.adoption.name; }
  std::string folder() const { return person_.home + "/" + kPm2Folder + "/" + name(); }

  // Where administrators, node version managers and npm prefixes have it; only ever run as the user.
  void find_pm2() {
    const std::string beside = moving_.image.exe.substr(0, moving_.image.exe.rfind('/'));
    const std::string places[] = {"/usr/local/bin",
                                  "/usr/bin",
                                  beside,
                                  person_.home + "/.local/bin",
                                  person_.home + "/.npm-global/bin",
                                  person_.home + "/node_modules/.bin",
                                  moving_.adoption.cwd + "/node_modules/.bin"};
    for (const std::string& place : places) {
      const std::string path = place + "/pm2";
      if (as_person(person_, kPatience,
                    [&] { return ::faccessat(AT_FDCWD, path.c_str(), R_OK | X_OK, AT_EACCESS); }) != 0)
        continue;
      pm2_ = path;
      break;
    }
    const std::string dump = person_.home + "/.pm2/dump.pm2";
    // "[]" is a dump without applications.
    dump_there_ = as_person(person_, kPatience, [&] {
                    struct stat facts {};
                    return ::stat(dump.c_str(), &facts) == 0 && facts.st_size > 4 ? 1 : 0;
                  }) == 1;
  }

  // By the runtime of the process, since its PATH may not be that of a login; PM2 is a script for node.
  CommandResult pm2(std::vector<std::string> words, std::uint32_t umask) const {
    Order order{.environment = clean_environment(person_), .directory = person_.home, .umask = umask};
    if (file_name(moving_.image.exe).starts_with("node")) {
      order.program = moving_.image.exe;
      order.arguments = {order.program, pm2_};
    } else {
      order.program = pm2_;
      order.arguments = {pm2_};
    }
    std::move(words.begin(), words.end(), std::back_inserter(order.arguments));
    return run_as(person_, order, kCommand);
  }

  const Moving& moving_;
  const Person& person_;
  const Migration migration_;
  std::string pm2_;
  const bool ran_before_;
  bool dump_there_ = false, written_ = false, started_ = false, saved_ = true;
};

}  // namespace

std::unique_ptr<Home> pm2_home(const Moving& moving) { return std::make_unique<Pm2Home>(moving); }

}  // namespace stray
