// SPDX-License-Identifier: Apache-2.0
// stray top: the strays of this host as they come and go, or those of a capture at a time that keys move.
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <utility>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/options.hpp"
#include "top/board.hpp"
#include "top/feeds.hpp"
#include "top/guard.hpp"
#include "top/screen.hpp"

namespace stray {
namespace {

struct TopOptions {
  CommonOptions common;
  CaptureChoice capture;  // with files: instead of this host
};

// While the screen is drawn warnings stand on it; afterwards they are printed.
class WarningsOnScreen {
 public:
  explicit WarningsOnScreen(top::Board& board) : board_(board), before_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>("stray", std::make_shared<ToBoard>(board));
    logger->set_level(spdlog::level::warn);
    spdlog::set_default_logger(std::move(logger));
  }
  ~WarningsOnScreen() {
    spdlog::set_default_logger(before_);
    for (const std::string& text : board_.warnings()) spdlog::warn("{}", text);
  }
  WarningsOnScreen(const WarningsOnScreen&) = delete;
  WarningsOnScreen& operator=(const WarningsOnScreen&) = delete;

 private:
  class ToBoard final : public spdlog::sinks::base_sink<std::mutex> {
   public:
    explicit ToBoard(top::Board& board) : board_(board) {}

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      board_.warn(std::string(message.payload.data(), message.payload.size()));
    }
    void flush_() override {}
    top::Board& board_;
  };
  top::Board& board_;
  std::shared_ptr<spdlog::logger> before_;
};

int top_view(const TopOptions& options) {
  const bool live = options.capture.files.empty();
  if (live && !options.capture.at.empty())
    throw UsageError("--at needs --capture FILE: this host is shown as it is now");
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1)
    throw UsageError("stray top needs a terminal; stray scan prints the same as text");
  const Config config =
      config_of(options.common);  // what is wrong with it is reported before anything is drawn
  const Descriptor guard = top::guard_terminal(options.common.config);
  top::Board board;
  const WarningsOnScreen warnings(board);
  const top::Screen screen(board,
                           {.capture = !live,
                            .color = use_color(options.common, STDOUT_FILENO),
                            .act = [&](const top::Action& action) { return ask_guard(guard, action); }});
  if (!live) return feed_capture(board, config.detect, options.capture) ? kDamaged : kFine;
  const std::string file =
      options.common.config.empty() ? std::string(kDefaultConfig) : options.common.config;
  top::LiveFeed{.configuration = [&] { return config_of(options.common); },
                .files = {file, snippet_folder(file)}}
      .run(board);
  return kFine;
}

Action declare(Arguments& arguments) {
  const auto options = std::make_shared<TopOptions>();
  arguments.choice("--color", options->common.color, {"auto", "always", "never"},
                   "Colours: auto, always or never; auto respects NO_COLOR", "WHEN");
  declare_utc(arguments);
  declare_config(arguments, options->common);
  declare_times(arguments, options->common);
  declare_source(arguments, options->capture);
  return [options] { return top_view(*options); };
}

}  // namespace

extern const Command kTop{"top",
                          "Watch strays and the process tree in a live view, or move through a capture",
                          "sudo stray top", declare};

}  // namespace stray
