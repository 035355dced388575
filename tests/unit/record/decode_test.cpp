// SPDX-License-Identifier: Apache-2.0
#include "record/decode.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "support/records.hpp"

namespace stray {
namespace {

using namespace records;

std::vector<Bytes> one_of_each() {
  const ProcessKey a = key(100, 10), b = key(50, 5);
  wire::Record<stray_clock> clock(wire::head(STRAY_CLOCK, at(1)));
  wire::Record<stray_end> end(wire::head(STRAY_END, at(1)));
  wire::Record<stray_gap> gap(wire::head(STRAY_GAP, at(1)));
  return {session(),
          fork(a, b, at(10)),
          exec(a, at(11), "/usr/bin/node", {"node", "a.js"}),
          exit(a, at(12), 0x900, b),
          oom(a, at(12), "/limited"),
          signal(a, at(12), 15, b),
          seed(a, b, "/bin/sh", at(13)),
          listen(a, at(14), 80),
          ready(at(15)),
          tick(at(16)),
          inferred_exit(a, at(17)),
          saw(a, at(18), {.argv = {"x"}, .env = {"A=b"}, .exe = "/x"}),
          saw_script(a, at(19), STRAY_SCRIPT_PRESENT, "a.js"),
          saw_usage(a, at(20), 5),
          saw_sockets(a, at(21), {80, 81}),
          saw_children(a, at(22), 3),
          bytes_of(clock),
          bytes_of(end),
          bytes_of(gap)};
}

bool refused(const Bytes& bytes) {
  Decoder decoder;
  return std::holds_alternative<DecodeError>(decoder.decode(bytes));
}

template <typename T>
T decoded(const Bytes& bytes, Decoder& decoder) {
  const auto result = decoder.decode(bytes);
  if (const auto* error = std::get_if<DecodeError>(&result)) throw std::runtime_error(error->what);
  return std::get<T>(std::get<Event>(result).what);
}
template <typename T>
T decoded(Bytes&&, Decoder&) = delete;  // the event points into its record, which must outlive it

TEST(Decode, TakesOneOfEachKind) {
  for (const Bytes& bytes : one_of_each())
    EXPECT_FALSE(refused(bytes)) << "kind " << static_cast<int>(bytes[4]);
}

TEST(Decode, RefusesEveryShorterLength) {
  for (const Bytes& whole : one_of_each())
    for (std::size_t length = 0; length < whole.size(); ++length) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      EXPECT_TRUE(refused(cut)) << "its head still tells the whole size";
      if (length < sizeof(stray_head)) continue;
      const auto size = static_cast<__u32>(length);
      std::memcpy(cut.data(), &size, sizeof size);
      const bool usage = static_cast<int>(whole[4]) == STRAY_SAW_USAGE;
      if (usage && (length == offsetof(stray_saw_usage, limit) || length == offsetof(stray_saw_usage, peak)))
        continue;  // whole, before contract 2 or 4
      const bool ready = static_cast<int>(whole[4]) == STRAY_READY;
      if (ready && (length == offsetof(stray_ready, missing_kinds) ||
                    length == offsetof(stray_ready, unwatched_from_ns)))
        continue;  // whole, before contract 4 or 6
      if (static_cast<int>(whole[4]) == STRAY_SAW_CHILDREN &&
          length == offsetof(stray_saw_children, pid_limit))
        continue;  // whole, before contract 7
      EXPECT_TRUE(refused(cut)) << "the fixed part or the last span is cut, kind "
                                << static_cast<int>(whole[4]);
    }
}

TEST(Decode, RefusesSpansOutsideTheRecord) {
  const Bytes good = exec(key(1, 1), at(2), "/usr/bin/node", {"node"});
  for (const std::size_t span : {offsetof(stray_exec, exe), offsetof(stray_exec, cwd),
                                 offsetof(stray_exec, name), offsetof(stray_exec, argv)})
    for (const stray_span bad :
         {stray_span{0, 4}, stray_span{static_cast<__u32>(sizeof(stray_exec)) - 1, 2},
          stray_span{static_cast<__u32>(good.size()), 1}, stray_span{static_cast<__u32>(good.size()) - 1, 2},
          stray_span{0xffffffff, 0xffffffff}, stray_span{0xfffffff0, 0x20}}) {
      Bytes broken = good;
      std::memcpy(broken.data() + span, &bad, sizeof bad);
      EXPECT_TRUE(refused(broken)) << "span at " << span << ": " << bad.offset << "+" << bad.length;
    }
}

// A record of a capture from before the field.
TEST(Decode, TakesSocketsWithoutAGpu) {
  Bytes old = saw_sockets(key(1, 1), at(2), {80});
  constexpr std::uint32_t kFrom = offsetof(stray_saw_sockets, gpu), kBytes = sizeof(stray_span);
  old.erase(old.begin() + kFrom, old.begin() + kFrom + kBytes);
  stray_saw_sockets fixed{};
  std::memcpy(&fixed, old.data(), kFrom);
  fixed.head.size -= kBytes, fixed.sockets.offset -= kBytes;
  std::memcpy(old.data(), &fixed, kFrom);
  EXPECT_FALSE(refused(old));
}

TEST(Decode, RefusesUnknownKindsAndWrongSizes) {
  Bytes bytes = tick(at(1));
  for (const int kind : {0, 8, 31, 44, 255, 65535}) {
    Bytes other = bytes;
    const auto number = static_cast<__u16>(kind);
    std::memcpy(other.data() + offsetof(stray_head, kind), &number, sizeof number);
    EXPECT_TRUE(refused(other)) << kind;
  }
  Bytes longer = bytes;
  longer.push_back({});
  EXPECT_TRUE(refused(longer));
}

TEST(Decode, TakesALongerRecordOfANewerContract) {
  Bytes bytes = tick(at(3));
  bytes.resize(bytes.size() + 24);
  const auto size = static_cast<__u32>(bytes.size());
  std::memcpy(bytes.data(), &size, sizeof size);
  EXPECT_FALSE(refused(bytes));
}

// A record of an older contract: the struct without what was added, the strings right behind it.
template <typename T>
Bytes before_it_grew(const Bytes& now, std::size_t old_size, std::initializer_list<stray_span T::*> spans) {
  T fixed;
  std::memcpy(&fixed, now.data(), sizeof fixed);
  for (const auto span : spans)
    if ((fixed.*span).length) (fixed.*span).offset -= static_cast<__u32>(sizeof(T) - old_size);
  fixed.head.size = static_cast<__u32>(now.size() - (sizeof(T) - old_size));
  Bytes out(old_size);
  std::memcpy(out.data(), &fixed, old_size);
  out.insert(out.end(), now.begin() + sizeof(T), now.end());
  return out;
}

TEST(Decode, ReadsRecordsFromBeforeTheyGrew) {
  const ProcessKey a = key(100, 10);
  Decoder decoder;
  using P = stray_saw_process;
  const Bytes old_process =
      before_it_grew<P>(saw(a, at(18), {.argv = {"x"}, .env = {"A=b"}, .cwd = "/c", .exe = "/x"}),
                        offsetof(P, boot), {&P::argv, &P::env, &P::cwd, &P::exe, &P::cgroup, &P::user});
  const auto process = decoded<SawProcess>(old_process, decoder);
  EXPECT_EQ(process.exe, "/x");
  EXPECT_EQ(process.env.bytes(), std::string_view("A=b\0", 4));
  EXPECT_EQ(process.boot, 0u);
  EXPECT_EQ(process.boot_by, "");
  using S = stray_saw_script;
  const Bytes old_script = before_it_grew<S>(saw_script(a, at(19), STRAY_SCRIPT_PRESENT, "a.js"),
                                             offsetof(S, birth_ns), {&S::entry, &S::path});
  const auto script = decoded<SawScript>(old_script, decoder);
  EXPECT_EQ(script.path, "a.js");
  EXPECT_EQ(script.inode, 7u);
  EXPECT_EQ(script.birth_ns, 0u) << "not a piece of the strings";
  EXPECT_EQ(script.link, "");
  const Bytes of_contract_2 = before_it_grew<S>(
      saw_script(a, at(19), STRAY_SCRIPT_PRESENT, "a.js", {.link = "/l", .target = "/t", .package = ""}),
      offsetof(S, package), {&S::entry, &S::path, &S::link, &S::target});
  const auto second = decoded<SawScript>(of_contract_2, decoder);
  EXPECT_EQ(second.link, "/l");
  EXPECT_EQ(second.target, "/t");
  EXPECT_EQ(second.package, "") << "not a piece of the strings";
  Bytes usage = saw_usage(a, at(20), 5);
  usage.resize(offsetof(stray_saw_usage, limit));
  const auto size = static_cast<__u32>(usage.size());
  std::memcpy(usage.data(), &size, sizeof size);
  EXPECT_EQ(decoded<SawUsage>(usage, decoder).rss, 5u);
  EXPECT_EQ(decoded<SawUsage>(usage, decoder).limit, 0u);
}

TEST(Decode, RefusesBrokenPaths) {
  for (const std::string_view names :
       {std::string_view("node\0bin", 8), std::string_view("node\0\0usr\0", 10), std::string_view("\0", 1)}) {
    wire::Record<stray_exec> record(wire::head(STRAY_EXEC, at(1), key(1, 1)));
    record.add(&stray_exec::exe, names);
    EXPECT_TRUE(refused(bytes_of(record))) << names.size();
  }
}

TEST(Decode, TurnsPathsRound) {
  Decoder decoder;
  const Bytes bytes = exec(key(1, 1), at(2), "/usr/local/bin/node", {"node", "", "x y"},
                           {.cgroup = "/system.slice/web.service"}, "/");
  const auto e = decoded<Exec>(bytes, decoder);
  EXPECT_EQ(e.exe, "/usr/local/bin/node");
  EXPECT_EQ(e.cwd, "/");
  EXPECT_EQ(e.cgroup, "/system.slice/web.service");
  EXPECT_EQ(e.comm, "node");
  std::vector<std::string> words;
  e.argv.each([&](std::string_view w) { words.emplace_back(w); });
  EXPECT_EQ(words, (std::vector<std::string>{"node", "", "x y"}));
}

TEST(Decode, PathsThatShareTheirBytesStayWhole) {
  // A forged record: three spans name the same bytes, so that the paths together are longer than the record.
  std::string path;
  while (path.size() < 60'000) path += "/" + std::string(100, 'x');
  Bytes bytes = exec(key(1, 1), at(2), path, {}, {}, "/");
  stray_exec fixed;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  fixed.cwd = fixed.cgroup = fixed.exe;
  std::memcpy(bytes.data(), &fixed, sizeof fixed);
  Decoder decoder;
  const auto e = decoded<Exec>(bytes, decoder);
  EXPECT_EQ(e.cwd.data() + e.cwd.size(), e.cgroup.data()) << "a view into a buffer that was given up";
  EXPECT_EQ(e.exe, path);
  EXPECT_EQ(e.cwd, path);
  EXPECT_EQ(e.cgroup, path);
}

TEST(Decode, MarksACutPath) {
  Decoder decoder;
  const Bytes bytes = exec(key(1, 1), at(2), "/b/c", {"c"}, {}, "/", STRAY_EXEC_EXE_CUT);
  const auto e = decoded<Exec>(bytes, decoder);
  EXPECT_EQ(e.exe, "\xe2\x80\xa6/b/c");
}

TEST(Decode, EveryByteFlippedIsTakenOrRefusedButNeverReadOutside) {
  // Under AddressSanitizer a read outside the record ends the test.
  for (const Bytes& whole : one_of_each())
    for (std::size_t i = 0; i < whole.size(); ++i)
      for (const int bit : {0, 3, 7}) {
        Bytes flipped = whole;
        flipped[i] ^= static_cast<std::byte>(1 << bit);
        std::vector<std::byte> exact(flipped);
        exact.shrink_to_fit();
        Decoder decoder;
        const auto result = decoder.decode(exact);
        const auto* event = std::get_if<Event>(&result);
        const auto* e = event ? std::get_if<Exec>(&event->what) : nullptr;
        EXPECT_LE(e ? e->exe.size() : 0, 2 * whole.size() + 64);
      }
}

}  // namespace
}  // namespace stray
