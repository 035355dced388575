// SPDX-License-Identifier: Apache-2.0
#include "observe/probes/content_probe.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/words.hpp"
#include "program/program.hpp"

namespace stray {
namespace {

// Bounds against a file that is made to hold us up.
constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kMostDynamic = 1024;
constexpr std::size_t kLongestChain = 512;
constexpr std::size_t kMapsBytes = 256 * 1024;
constexpr std::size_t kMostMapped = 64;
constexpr std::size_t kFilesKnown = 1024;

// The dynamic section of an ELF file of this machine's word and byte order.
class ElfFile {
 public:
  explicit ElfFile(int fd) : fd_(fd) {
    Elf64_Ehdr head;
    constexpr auto order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
    if (!read(0, head) || !std::equal(head.e_ident, head.e_ident + SELFMAG, ELFMAG) ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != order ||
        head.e_phentsize != sizeof(Elf64_Phdr) || head.e_phnum > kMostHeaders)
      return;
    segments_.resize(head.e_phnum);
    if (!read_bytes(head.e_phoff, segments_.data(), segments_.size() * sizeof(Elf64_Phdr))) segments_.clear();
    for (const Elf64_Phdr& segment : segments_)
      if (segment.p_type == PT_DYNAMIC) read_dynamic(segment);
  }

  bool needs(std::string_view start) const {
    return std::any_of(needed_.begin(), needed_.end(),
                       [&](Elf64_Addr name) { return text(name).starts_with(start); });
  }

  // By the GNU hash table, which says where to look.
  bool defines(std::string_view name) const {
    struct {
      std::uint32_t buckets, first, bloom_words, shift;
    } head;
    if (!hash_ || !symbols_ || !read_at(hash_, head) || head.buckets == 0) return false;
    const std::uint32_t wanted = hash_of(name);
    const Elf64_Addr buckets = hash_ + sizeof head + Elf64_Addr{head.bloom_words} * sizeof(Elf64_Addr);
    const Elf64_Addr chains = buckets + Elf64_Addr{head.buckets} * 4;
    std::uint32_t symbol = 0;
    if (!read_at(buckets + Elf64_Addr{wanted % head.buckets} * 4, symbol) || symbol < head.first)
      return false;
    for (std::size_t step = 0; step < kLongestChain; ++step, ++symbol) {
      std::uint32_t hash = 0;
      if (!read_at(chains + Elf64_Addr{symbol - head.first} * 4, hash)) return false;
      Elf64_Sym found;
      if ((hash | 1) == (wanted | 1) && read_at(symbols_ + Elf64_Addr{symbol} * sizeof found, found) &&
          found.st_shndx != SHN_UNDEF && text(found.st_name) == name)
        return true;
      if (hash & 1) return false;
    }
    return false;
  }

 private:
  bool read_bytes(std::uint64_t offset, void* to, std::size_t size) const {
    return offset < (1ull << 62) &&
           ::pread(fd_, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
  }
  template <typename T>
  bool read(std::uint64_t offset, T& to) const {
    return read_bytes(offset, &to, sizeof to);
  }
  std::optional<std::uint64_t> offset_of(Elf64_Addr address) const {
    for (const Elf64_Phdr& s : segments_)
      if (s.p_type == PT_LOAD && address >= s.p_vaddr && address - s.p_vaddr < s.p_filesz)
        return s.p_offset + (address - s.p_vaddr);
    return {};
  }
  template <typename T>
  bool read_at(Elf64_Addr address, T& to) const {
    const auto offset = offset_of(address);
    return offset && read(*offset, to);
  }
  std::string text(Elf64_Addr name) const {
    char buffer[64];
    const auto offset = offset_of(strings_ + name);
    if (!offset || *offset >= (1ull << 62)) return {};
    const ssize_t length = ::pread(fd_, buffer, sizeof buffer, static_cast<off_t>(*offset));
    if (length <= 0) return {};
    const std::string_view whole(buffer, static_cast<std::size_t>(length));
    return std::string(whole.substr(0, whole.find('\0')));
  }
  static std::uint32_t hash_of(std::string_view name) {
    std::uint32_t hash = 5381;
    for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
    return hash;
  }
  void read_dynamic(const Elf64_Phdr& segment) {
    std::vector<Elf64_Dyn> entries(std::min<std::size_t>(segment.p_filesz / sizeof(Elf64_Dyn), kMostDynamic));
    if (!read_bytes(segment.p_offset, entries.data(), entries.size() * sizeof(Elf64_Dyn))) return;
    for (const Elf64_Dyn& entry : entries) {
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) needed_.push_back(entry.d_un.d_val);
      if (entry.d_tag == DT_GNU_HASH) hash_ = entry.d_un.d_ptr;
      if (entry.d_tag == DT_SYMTAB) symbols_ = entry.d_un.d_ptr;
      if (entry.d_tag == DT_STRTAB) strings_ = entry.d_un.d_ptr;
    }
  }

  int fd_;
  std::vector<Elf64_Phdr> segments_;
  std::vector<Elf64_Addr> needed_;
  Elf64_Addr hash_ = 0, symbols_ = 0, strings_ = 0;
};

}  // namespace

stray_content content_of(int fd) {
  const ElfFile file(fd);
  // Electron has all of node's symbols; an app of it is a person's, and no server.
  if (file.needs("libffmpeg.so") || file.needs("libnss3.so")) return STRAY_CONTENT_OTHER;
  // node::Start(int, char**), which embedders call; Debian's node has it in a library.
  if (file.needs("libnode.so") || file.defines("_ZN4node5StartEiPPc")) return STRAY_CONTENT_NODE;
  if (!file.defines("napi_create_function")) return STRAY_CONTENT_OTHER;
  // Add-ons for V8 find libuv's functions in bun, and nothing beside Node-API in deno.
  return file.defines("uv_run") ? STRAY_CONTENT_BUN : STRAY_CONTENT_DENO;
}

stray_content ContentProbe::of_file(int dir, const char* name) {
  struct statx file;
  constexpr unsigned kWanted = STATX_BASIC_STATS;
  if (dir < 0 || ::statx(dir, name, AT_EMPTY_PATH | AT_STATX_DONT_SYNC, kWanted, &file) != 0 ||
      !S_ISREG(file.stx_mode))
    return STRAY_CONTENT_UNKNOWN;
  const Identity identity{std::uint64_t{file.stx_dev_major} << 32 | file.stx_dev_minor, file.stx_ino,
                          file.stx_ctime.tv_sec, file.stx_ctime.tv_nsec, file.stx_size};
  if (const auto it = known_.find(identity); it != known_.end()) return it->second;
  if (*name != '\0') {  // by then the name may lead to another file
    const Descriptor path(::openat(dir, name, O_PATH | O_CLOEXEC));
    return of_file(path.get(), "");
  }
  const Descriptor readable = proc::reopen_for_reading(dir);
  if (!readable) return STRAY_CONTENT_UNKNOWN;
  const stray_content content = content_of(readable.get());
  if (known_.size() >= kFilesKnown) known_.clear();
  known_.emplace(identity, content);
  return content;
}

// A loader is mapped like what it loads: the first mapped file that is a runtime is the program.
stray_content ContentProbe::of_mapped(int process_dir, const ProcessFiles& files, proc::FileReader& reader) {
  const std::string maps(reader.read(process_dir, "maps", kMapsBytes).value_or(""));
  std::set<std::string_view> tried;
  stray_content out = STRAY_CONTENT_UNKNOWN;
  any_part(maps, '\n', [&](std::string_view line) {
    const auto path = line.find('/');
    if (path == std::string_view::npos || !contains(line.substr(0, path), " r-xp ")) return false;
    const std::string_view name = line.substr(path);
    if (!tried.insert(name).second) return false;
    const Descriptor file = files.open(std::string(files.inside(name)));
    if (const stray_content found = of_file(file.get(), ""); found != STRAY_CONTENT_UNKNOWN) out = found;
    return out > STRAY_CONTENT_OTHER || tried.size() >= kMostMapped;
  });
  return out;
}

stray_content ContentProbe::of(int process_dir, const ProcessFiles& files, const std::string& exe,
                               proc::FileReader& reader) {
  if (is_loader(exe)) return of_mapped(process_dir, files, reader);
  return of_file(process_dir, "exe");
}

}  // namespace stray
