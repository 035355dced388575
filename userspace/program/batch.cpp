// SPDX-License-Identifier: Apache-2.0
#include "program/batch.hpp"

#include <algorithm>

#include "base/words.hpp"

namespace stray {
namespace {

constexpr std::string_view kBatchPrograms =
    "apt|apt-get|aptitude|dpkg|dpkg-deb|dnf|yum|rpm|zypper|pacman|apk|unattended-upgr|snap|flatpak|"
    "tar|bsdtar|cpio|gzip|pigz|bzip2|xz|zstd|zip|unzip|7z|7za|7zr|dd|cp|mv|rm|find|sort|sha256sum|"
    "rsync|scp|sftp|rclone|restic|borg|duplicity|rdiff-backup|wget|curl|aria2c|s3cmd|"
    "pg_dump|pg_dumpall|pg_restore|pg_basebackup|pgbench|vacuumdb|mysqldump|mariadb-dump|mariadb-backup|"
    "xtrabackup|"
    "mongodump|mongorestore|redis-benchmark|"
    "make|gmake|ninja|cmake|ctest|cc|gcc|g++|c++|cc1|cc1plus|collect2|as|ld|ld.lld|ld.gold|clang|clang++|"
    "rustc|javac|mvn|gradle|ant|sbt|bazel|meson|scons|msbuild|lld|ld.bfd|"
    "git|git-remote-https|svn|hg|docker-buildx|buildah|kaniko|conda|mamba|micromamba|pip|pip3|pipx|certbot|"
    "psql|mysqlcheck|sqlite3|zfs|btrfs|dar|bup|kopia|xorriso|qemu-img|"
    "ffmpeg|convert|mogrify|gs|pdftoppm|pytest|py.test|tox|phpunit|mkfs|mkfs.ext4|fsck|e2fsck|mksquashfs|"
    "updatedb";

// What else they do lasts: `go run`, `docker run`, `uv run`.
struct SubCommands {
  std::string_view program, words;
};
constexpr SubCommands kSubCommands[] = {
    {"go", "build|install|test|mod|get|generate|vet|work|tool"},
    {"cargo", "build|b|test|t|check|c|clippy|install|update|fetch|bench|doc|publish|package|clean|nextest"},
    {"docker|podman|nerdctl", "build|buildx|bake|pull|push|save|load|import|export|cp|prune"},
    {"uv|poetry|pdm|hatch", "pip|sync|lock|install|update|add|build|publish|venv|export|tool"},
    {"dotnet", "build|restore|publish|test|pack"},
    {"swift", "build|test"},
    {"aws|gsutil|mc|az", "s3|sync|cp|rsync|mirror|mv"},
    {"terraform|tofu|pulumi", "apply|plan|init|destroy|up|refresh"},
};

// Scripts of python, java, ruby and shells, and main classes.
constexpr std::string_view kScripts =
    "pip|pip3|pipx|conda|scons|meson|tox|nox|pytest|py.test|borg|duplicity|rdiff-backup|certbot|yt-dlp|twine|"
    "setup.py|ansible-playbook|dvc|gradlew|mvnw|configure|bundle|gem|rake|"
    "composer|composer.phar|cpan|debuild|dpkg-buildpackage|mysqldumpslow|gunzip|zcat|backupninja|"
    "org.gradle.wrapper.GradleWrapperMain|org.gradle.launcher.GradleMain|gradle-wrapper.jar|sbt-launch.jar|"
    "org.codehaus.plexus.classworlds.launcher.Launcher|org.apache.tools.ant.launch.Launcher|ant-launcher.jar";

constexpr std::string_view kModules =
    "pip|build|compileall|venv|virtualenv|unittest|pytest|tox|nox|twine|zipfile|tarfile|timeit|scons|conda";
constexpr std::string_view kInterpreters = "java|perl|php|sh|bash|dash|zsh|ksh|busybox";

bool runs_scripts(std::string_view name) {
  return name.starts_with("python") || name.starts_with("ruby") || name.starts_with("pypy") ||
         one_of(kInterpreters, name);
}

// The first words that are no options: a sub-command, a script. One may be the value of an option.
Words leading_words(StringList argv) {
  constexpr std::size_t most = 2;
  Words out;
  const Words words = words_of(argv);
  for (std::size_t i = 1; i < words.size() && out.size() < most; ++i)
    if (!is_option(words[i]) && !words[i].starts_with('+')) out.push_back(words[i]);
  return out;
}

bool by_arguments(std::string_view name, StringList argv) {
  const Words words = leading_words(argv);
  for (const SubCommands& row : kSubCommands)
    if (one_of(row.program, name))
      return std::any_of(words.begin(), words.end(), [&](auto word) { return one_of(row.words, word); });
  if (!runs_scripts(name)) return false;
  const Words all = words_of(argv);
  if (const auto module = std::find(all.begin(), all.end(), "-m"); module != all.end())
    return module + 1 != all.end() && one_of(kModules, module[1]);
  return std::any_of(words.begin(), words.end(), [](auto word) {
    return one_of(kScripts, file_name(word)) || one_of(kBatchPrograms, file_name(word));
  });
}

}  // namespace

bool is_batch_program(std::string_view exe, StringList argv) {
  constexpr std::string_view deleted = " (deleted)";
  if (exe.ends_with(deleted)) exe.remove_suffix(deleted.size());
  const std::string_view name = file_name(exe);
  if (one_of(kBatchPrograms, name) || by_arguments(name, argv)) return true;
  // "gcc-12", "clang++-14", "x86_64-linux-gnu-gcc-12"
  const auto dash = name.rfind('-');
  if (dash != std::string_view::npos && is_number(name.substr(dash + 1)))
    return is_batch_program(name.substr(0, dash));
  return name.ends_with("-linux-gnu-gcc") || name.ends_with("-linux-gnu-g++");
}

}  // namespace stray
