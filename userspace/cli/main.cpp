// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <exception>

#include "base/errors.hpp"
#include "cli/command_line.hpp"
#include "cli/standard_output.hpp"
#include "kernel/kernel_source.hpp"

namespace stray {
namespace {

// Descriptors that the caller closed must not become those of a file or a kernel program: what is printed
// would go there. Opened the wrong way round, they fail as closed ones do.
void occupy_standard_descriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace
}  // namespace stray

int main(int argc, char** argv) {
  stray::occupy_standard_descriptors();
  ::signal(SIGXFSZ, SIG_IGN);  // a file beyond its limit (ulimit -f) is a failed write, as on a full disk
  spdlog::set_default_logger(spdlog::stderr_logger_st("stray"));
  spdlog::set_pattern("%n: %v");
  try {
    return stray::run_command_line(argc, argv);
  } catch (const stray::UsageError& error) {
    spdlog::error("{}", error.what());
    return stray::kUsage;
  } catch (const stray::NotFoundError& error) {
    spdlog::error("{}", error.what());
    return stray::kNotFound;
  } catch (const stray::ReaderGone&) {
    stray::end_by_sigpipe();
    return stray::kFailure;
  } catch (const stray::SetupError& error) {
    spdlog::error("{}", error.what());
    return error.exit_code;
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return stray::kFailure;
  }
}
