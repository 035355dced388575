// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include "supervision/supervision.hpp"
namespace stray {
std::string restart_command(const Lineage& lineage, const Process& process, const Supervision& who);
}
