// SPDX-License-Identifier: Apache-2.0
#include "sinks/writer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>

#include "base/descriptor.hpp"

namespace stray {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    reader = Descriptor(ends[0]), writer = Descriptor(ends[1]);
  }
  // Everything until the other end is closed.
  std::string read() {
    std::string out;
    char part[4096];
    for (ssize_t n; (n = ::read(reader.get(), part, sizeof part)) > 0;)
      out.append(part, static_cast<std::size_t>(n));
    return out;
  }
  Descriptor reader, writer;
};

std::uint64_t lines_in(const std::string& text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Writer, WritesAllInOrderToAReaderThatIsSlowerThanTheQueueIsLong) {
  Pipe pipe;
  std::string expected, got;
  std::thread reader([&] { got = pipe.read(); });
  {
    Writer writer(pipe.writer.get(), Writer::Full::wait, 200'000);
    for (int i = 0; i < 100'000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      expected += line;
      writer.line(line);
    }
    writer.finish(std::chrono::minutes(1));
    EXPECT_EQ(writer.dropped(), 0u);
  }
  pipe.writer = Descriptor();
  reader.join();
  EXPECT_TRUE(got == expected);
}

TEST(Writer, CountsEachLineThatNobodyTook) {
  Pipe pipe;
  std::uint64_t dropped = 0;
  constexpr std::uint64_t kLines = 40'000;  // more than pipe and queue hold
  {
    Writer writer(pipe.writer.get(), Writer::Full::drop, 100'000);
    for (std::uint64_t i = 0; i < kLines; ++i) writer.line("a line of some length\n");
    EXPECT_FALSE(writer.gave_up());
    writer.finish(milliseconds(1));
    EXPECT_TRUE(writer.gave_up());
    dropped = writer.dropped();
  }
  pipe.writer = Descriptor();
  EXPECT_EQ(lines_in(pipe.read()) + dropped, kLines) << "one that was cut in the middle is a dropped one";
}

TEST(Writer, StopsWhereTheReaderIsGone) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  Writer writer(pipe.writer.get());
  EXPECT_FALSE(writer.reader_gone());
  pipe.reader = Descriptor();
  EXPECT_TRUE(writer.reader_gone());
  writer.line("one\n");
  writer.finish();
  EXPECT_EQ(writer.error(), EPIPE);
  writer.line("two\n");
  writer.finish();
  EXPECT_EQ(writer.dropped(), 2u);
  EXPECT_FALSE(writer.gave_up());
}

}  // namespace
}  // namespace stray
