// SPDX-License-Identifier: Apache-2.0
// The parser of [[notify]].
#pragma once

#include "config/notify.hpp"
#include "config/toml_reader.hpp"

namespace stray {

// `others`: those that were read before; names are unique. What is wrong is a problem of `toml`.
NotifyTarget read_notify(TomlReader& toml, const toml::table& entry, const std::vector<NotifyTarget>& others);

}  // namespace stray
