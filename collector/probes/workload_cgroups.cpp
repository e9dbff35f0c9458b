// SPDX-License-Identifier: Apache-2.0
// How the tree of cgroups is searched.
#include "collector/probes/workload_cgroups.h"

#include <set>

#include "collector/probes/filters.h"
#include "schema/meant.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {

namespace fs = std::filesystem;

constexpr size_t most_listed = 8;

std::string who_there_is(std::string_view kind, const std::vector<std::string>& known, const fs::path& root) {
  if (known.empty()) return "no cgroup below " + root.string() + " is a " + std::string(kind) + "'s";
  std::string text = "there " + std::string(known.size() == 1 ? "is " : "are ");
  for (size_t i = 0; i < known.size() && i < most_listed; ++i) text += (i ? ", " : "") + shown(known[i]);
  if (known.size() > most_listed) text += " and " + std::to_string(known.size() - most_listed) + " more";
  return text;
}

}  // namespace

Result<std::vector<fs::path>> cgroups_of(WorkloadSide side, std::string_view name, const fs::path& root) {
  std::string wanted(name);
  if (side == WorkloadSide::unit && wanted.find('.') == wanted.npos) wanted += ".service";
  std::vector<fs::path> found;
  std::set<std::string> known;
  std::error_code error;  // cgroups come and go while they are looked at
  fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    if (!at->is_directory(gone) || at->is_symlink(gone)) continue;
    const std::string whose = side_of(at->path().string().substr(root.string().size()), side);
    if (whose.empty()) continue;
    known.insert(whose);
    if (whose != wanted) continue;
    found.push_back(at->path());
    at.disable_recursion_pending();
  }
  if (!found.empty()) return found;
  const std::string_view kind = kWorkloadSides[static_cast<size_t>(side)];
  const std::vector<std::string> names(known.begin(), known.end());
  return fail(0, no_such(kind, wanted, names, who_there_is(kind, names, root)));
}

Result<std::vector<uint64_t>> cgroup_ids_of(WorkloadSide side, std::string_view name) {
  const fs::path root = cgroup2_root();
  if (root.empty())
    return fail(0, "cannot look for the ", kWorkloadSides[static_cast<size_t>(side)], " ", shown(name),
                ": cgroup v2 is mounted nowhere");
  const auto found = cgroups_of(side, name, root);
  if (!found) return found.error();
  std::vector<uint64_t> ids;
  for (const fs::path& directory : *found) {
    auto id = cgroup_id(directory);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace mirrorscope
