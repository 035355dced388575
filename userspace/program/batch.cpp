// SPDX-License-Identifier: Apache-2.0
#include "program/batch.hpp"

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
    "rustc|cargo|"
    "javac|mvn|gradle|ant|sbt|bazel|meson|scons|msbuild|"
    "git|git-remote-https|svn|hg|docker-buildx|buildah|"
    "ffmpeg|convert|mogrify|gs|pdftoppm|pytest|py.test|tox|phpunit|mkfs|mkfs.ext4|fsck|e2fsck|mksquashfs|"
    "updatedb";

}  // namespace

bool is_batch_program(std::string_view exe) {
  constexpr std::string_view deleted = " (deleted)";
  if (exe.ends_with(deleted)) exe.remove_suffix(deleted.size());
  const std::string_view name = file_name(exe);
  if (one_of(kBatchPrograms, name)) return true;
  // "gcc-12", "clang++-14", "x86_64-linux-gnu-gcc-12"
  const auto dash = name.rfind('-');
  if (dash != std::string_view::npos && is_number(name.substr(dash + 1)))
    return is_batch_program(name.substr(0, dash));
  return name.ends_with("-linux-gnu-gcc") || name.ends_with("-linux-gnu-g++");
}

}  // namespace stray
