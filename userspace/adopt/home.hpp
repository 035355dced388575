// SPDX-License-Identifier: Apache-2.0
// The supervisor that a process moves under. In this order: check (changes nothing), prepare, then the old
// process is ended, start, and keep once the new one serves; undo at any point takes back what was done.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adopt/person.hpp"
#include "adopt/process_image.hpp"
#include "plan/migration.hpp"
#include "supervision/supervision.hpp"

namespace stray {

// What a supervisor needs to know of the process.
struct Moving {
  Adoption adoption;
  Person person;
  ProcessImage image;
  bool pm2_runs = false;              // this user's PM2
  std::vector<std::string> pm2_apps;  // of this user's PM2, as far as they run
};

// A file that is written, as `--show` prints it: secrets are not in `shown`.
struct NewFile {
  std::string path, shown, owner, mode;
};

class Home {
 public:
  virtual ~Home() = default;
  // What stands in the way; a line each.
  virtual std::vector<std::string> problems() const = 0;
  virtual std::vector<NewFile> files() const = 0;
  virtual const Migration& migration() const = 0;  // the same by hand
  // These throw std::runtime_error.
  virtual void prepare() = 0;
  virtual void start() = 0;
  virtual void keep() {}
  virtual void undo() = 0;
  virtual bool has(const Supervision& who) const = 0;
  // What did not go as meant; a comment for a shell each.
  virtual std::vector<std::string> remarks() const { return {}; }
};

std::unique_ptr<Home> pm2_home(const Moving& moving);
std::unique_ptr<Home> systemd_home(const Moving& moving);

// What a program under the same user needs, whoever starts it: asked as the user, before anything is ended.
std::vector<std::string> common_problems(const Moving& moving);

}  // namespace stray
