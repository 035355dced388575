// SPDX-License-Identifier: Apache-2.0
// A file that always holds the newest text: for node_exporter's textfile collector. A thread of its own
// replaces it as a whole, since the thread of the pipeline may write no files and waits for no disk.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace stray {

class MetricsFile {
 public:
  explicit MetricsFile(std::string path);  // throws OutputError when it cannot be written there
  ~MetricsFile();                          // what was published is written first
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  void publish(std::string text);

 private:
  void work();
  bool replace(const std::string& text) const;  // errno says why not

  const std::string path_, made_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<std::string> next_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace stray
