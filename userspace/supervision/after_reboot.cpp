// SPDX-License-Identifier: Apache-2.0
#include "supervision/supervision.hpp"

namespace stray {
namespace {

Reboot by_unit(const Process& p, const std::string& unit, AfterReboot& out) {
  const std::string& by = p.seen->boot_by;
  if (p.seen->boot == STRAY_BOOT_ENABLED) {
    out.evidence.push_back({"boot", unit + " starts with the host: " + by});
    return Reboot::yes;
  }
  if (p.seen->boot != STRAY_BOOT_NOT_ENABLED) return Reboot::unknown;
  const bool linger = by.find("/systemd/linger/") != std::string::npos;
  out.evidence.push_back({"boot", linger ? unit + " starts with the user's first login: there is no " + by
                                         : unit + " is not enabled" + (by.empty() ? "" : " (" + by + ")")});
  return Reboot::no;
}

// A saved app comes back when the daemon does; a daemon without the app in its dump starts without it.
Reboot by_pm2(const Process& p, AfterReboot& out) {
  const bool daemon = p.program().supervisor.has_value();
  Reboot unit = Reboot::unknown, dump = Reboot::unknown;
  if (p.seen->boot == STRAY_BOOT_ENABLED) {
    unit = Reboot::yes;
    out.evidence.push_back({"boot", "PM2 starts with the host: " + p.seen->boot_by});
  } else if (p.seen->boot == STRAY_BOOT_NOT_ENABLED) {
    unit = Reboot::no;
    out.evidence.push_back({"boot", "PM2 does not start with the host: no enabled unit of `pm2 startup`"});
  }
  if (daemon) return unit;
  if (p.seen->saved == STRAY_SAVED_YES) {
    dump = Reboot::yes;
    out.evidence.push_back({"saved", "PM2's dump names it"});
  } else if (p.seen->saved == STRAY_SAVED_NO) {
    dump = Reboot::no;
    out.evidence.push_back({"saved", "PM2's dump does not name it: pm2 save"});
  }
  if (unit == Reboot::no || dump == Reboot::no) return Reboot::no;
  return unit == Reboot::yes && dump == Reboot::yes ? Reboot::yes : Reboot::unknown;
}

// Another supervisor comes back with the unit it runs in; what a login started does not.
Reboot by_supervisor(const Lineage& lineage, const Process& p, const Supervision& who, AfterReboot& out) {
  const Process* by = lineage.find(who.by);
  const CgroupPlace place = lineage.place_of(by ? *by : p);
  if (place.kind == CgroupPlace::Kind::session || place.kind == CgroupPlace::Kind::terminal) {
    out.evidence.push_back({"boot", who.name + " was started from a login session, " + place.unit});
    return Reboot::no;
  }
  const bool looked = by && by->seen && by->seen->boot != STRAY_BOOT_UNKNOWN;
  const Process& from = looked ? *by : p;
  if (!from.seen || place.kind != CgroupPlace::Kind::service || place.launcher) return Reboot::unknown;
  return by_unit(from, place.unit, out);
}

}  // namespace

std::string_view to_string(Reboot reboot) {
  switch (reboot) {
    case Reboot::unknown:
      return "unknown";
    case Reboot::yes:
      return "yes";
    case Reboot::no:
      return "no";
  }
  return "unknown";
}

AfterReboot after_reboot(const Lineage& lineage, const Process& p, const Supervision& who) {
  AfterReboot out;
  const bool pm2_daemon = p.program().supervisor && p.program().supervisor->name == "pm2";
  switch (who.verdict) {
    case Verdict::pm2:
      if (p.seen) out.verdict = by_pm2(p, out);
      return out;
    case Verdict::systemd:
      if (p.seen) out.verdict = pm2_daemon ? by_pm2(p, out) : by_unit(p, who.name, out);
      return out;
    case Verdict::supervisor:
      out.verdict = by_supervisor(lineage, p, who, out);
      return out;
    case Verdict::container:
      out.evidence.push_back({"boot", "whether the container comes back is its engine's restart policy"});
      return out;
    case Verdict::kernel:
      return out;
    case Verdict::job:
      out.evidence.push_back({"boot", "its schedule starts it again"});
      return out;
    case Verdict::login:
    case Verdict::multiplexer:
    case Verdict::nobody:
      break;
  }
  if (pm2_daemon) {
    if (p.seen) out.verdict = by_pm2(p, out);
    return out;
  }
  if (p.program().daemon || p.program().runtime == Runtime::none) return out;  // nobody's business here
  out.verdict = Reboot::no;
  out.evidence.push_back({"boot", "nothing starts it again"});
  return out;
}

}  // namespace stray
