// SPDX-License-Identifier: Apache-2.0
// Alerting rules for Prometheus over the metrics of a run: one for each kind of finding, from the same rows
// as the findings themselves, and two about stray.
#pragma once

#include <string>

namespace stray {

std::string alert_rules();  // YAML

}  // namespace stray
