// SPDX-License-Identifier: Apache-2.0
// A service of systemd: its unit and its environment are root's, its processes the user's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stdexcept>

#include "adopt/home.hpp"
#include "base/printable.hpp"
#include "base/root_files.hpp"

namespace stray {
namespace {

constexpr std::chrono::seconds kCommand{60};
constexpr const char* kSystemctl = "/usr/bin/systemctl";

bool there(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

// Anything by which systemd would know the name already, from whoever it is.
std::string taken(const std::string& name) {
  for (const char* folder :
       {kUnitFolder, "/etc/systemd/system.control", "/run/systemd/system", "/run/systemd/transient",
        "/run/systemd/generator", "/run/systemd/generator.early", "/run/systemd/generator.late",
        "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"})
    for (const char* suffix : {".service", ".service.d", ".socket", ".timer"})
      if (std::string path = std::string(folder) + "/" + name + suffix; there(path)) return path;
  if (std::string path = "/etc/init.d/" + name; there(path)) return path;
  if (std::string path = unit_environment(name); there(path)) return path;
  return {};
}

class SystemdHome final : public Home {
 public:
  explicit SystemdHome(const Moving& moving)
      : moving_(moving), migration_(migration_of(moving.adoption, Under::systemd)) {
    environment_ = environment_file(without_session(moving.image.environment), left_out_);
  }

  std::vector<std::string> problems() const override {
    std::vector<std::string> out;
    if (migration_.file_text.empty()) out.push_back(migration_.why_not);
    if (!there("/run/systemd/system")) out.push_back("systemd does not run here");
    if (const std::string why = root_may_run(kSystemctl); !why.empty()) out.push_back(why);
    if (const std::string path = taken(name()); !path.empty())
      out.push_back(path + " is there already: choose another --name");
    for (const std::string folder : {kUnitFolder, "/etc/stray", kUnitEnvironments}) try {
        if (there(folder)) (void)root_folder(folder);
      } catch (const std::runtime_error& error) {
        out.push_back(error.what());
      }
    return out;
  }

  std::vector<NewFile> files() const override {
    std::string names;
    for (const std::string& variable : without_session(moving_.image.environment))
      names += variable.substr(0, variable.find('=')) + "=\"...\"\n";
    return {{migration_.file_name, migration_.file_text, "root", "0644"},
            {migration_.environment_name, names, "root", "0600"}};
  }

  const Migration& migration() const override { return migration_; }

  void prepare() override {
    write_root_file(root_folder(kUnitEnvironments, true, 0700), name() + ".env", environment_, 0600);
    environment_written_ = true;
    write_root_file(root_folder(kUnitFolder), service(), migration_.file_text, 0644);
    unit_written_ = true;
    systemctl({"daemon-reload"});
  }

  void start() override {
    started_ = true;
    systemctl({"enable", "--now", service()});
  }

  void undo() override {
    if (started_) (void)run({"disable", "--now", service()});
    if (unit_written_) ::unlinkat(root_folder(kUnitFolder).get(), service().c_str(), 0);
    if (environment_written_) ::unlinkat(root_folder(kUnitEnvironments).get(), (name() + ".env").c_str(), 0);
    if (unit_written_) (void)run({"daemon-reload"});
    started_ = unit_written_ = environment_written_ = false;
  }

  bool has(const Supervision& who) const override {
    return who.verdict == Verdict::systemd && who.name == service();
  }

  std::vector<std::string> remarks() const override {
    std::vector<std::string> out;
    for (const std::string& variable : left_out_)
      out.push_back("# " + variable + " is not in " + migration_.environment_name +
                    ": its value has bytes that systemd refuses");
    return out;
  }

 private:
  const std::string& name() const { return moving_.adoption.name; }
  std::string service() const { return name() + ".service"; }

  static CommandResult run(std::vector<std::string> words) {
    const Person root{"root", "/root", "/bin/sh", 0, 0};
    words.insert(words.begin(), kSystemctl);
    const Order order{
        .program = kSystemctl, .arguments = std::move(words), .environment = clean_environment(root)};
    return run_as(root, order, kCommand);
  }
  static void systemctl(const std::vector<std::string>& words) {
    const CommandResult got = run(words);
    if (!got.fine())
      throw std::runtime_error("systemctl " + words.front() + " failed: " + printable(got.said));
  }

  const Moving& moving_;
  const Migration migration_;
  std::string environment_;
  std::vector<std::string> left_out_;
  bool unit_written_ = false, environment_written_ = false, started_ = false;
};

}  // namespace

std::unique_ptr<Home> systemd_home(const Moving& moving) { return std::make_unique<SystemdHome>(moving); }

}  // namespace stray
