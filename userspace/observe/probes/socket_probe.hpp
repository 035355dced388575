// SPDX-License-Identifier: Apache-2.0
// The sockets a process listens on: TCP over IPv4 and IPv6, and unix sockets. And a GPU among its
// descriptors, which are read for the sockets anyway.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.hpp"
#include "event.h"
#include "procfs/stat.hpp"

namespace stray {

// True for the path of a device that computes or draws: of NVIDIA, and each render node.
bool is_gpu_device(std::string_view path);

class SocketProbe {
 public:
  struct Found {
    // Each address and port once, in a fixed order; unix sockets (which have neither) are one entry.
    std::vector<stray_socket> sockets;
    std::string gpu;  // the first such device, or empty
  };
  Found listening(int process_dir, BootTime now, proc::FileReader& reader);

 private:
  struct Listener {
    std::uint64_t inode;
    stray_socket socket;
  };
  struct Table {  // of one network namespace, ordered by inode
    BootTime at{};
    std::vector<Listener> listeners;
  };

  const Table& table_of(int process_dir, BootTime now, proc::FileReader& reader);
  bool dump(std::uint16_t family, std::vector<Listener>& out);

  Descriptor netlink_;
  std::map<std::uint64_t, Table> tables_;  // by the inode of the network namespace
};

}  // namespace stray
