// SPDX-License-Identifier: Apache-2.0
// What ends a command, and the exit code it has then.
#pragma once

#include <stdexcept>

namespace stray {

enum ExitCode : int {
  kFine = 0,
  kFindings = 1,     // something was found, or a policy is not met
  kUsage = 2,        // the command line or a file that people write is wrong
  kDamaged = 3,      // the capture is damaged, or ends early; what is whole was read
  kNotPossible = 4,  // this host or these rights do not allow it
  kFailure = 5,      // something else went wrong
  kNotFound = 6,     // no such process or finding
};

// Wrong usage or configuration: exit code 2, one line.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The process or finding that was named does not exist: exit code 6, one line.
struct NotFoundError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The output could not be written: exit code 5, one line.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Nobody reads standard output any more (`| head`): the program ends silently, by SIGPIPE.
struct ReaderGone : OutputError {
  using OutputError::OutputError;
};

}  // namespace stray
