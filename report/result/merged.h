// SPDX-License-Identifier: Apache-2.0
// Results put together: a set of parts that is the same in whatever order and grouping they came, and what it says as a whole.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/result/part.h"

namespace mirrorscope {

// A part that has to be there: the path, uuid or host of its trace, or the name of its result file.
struct Expected {
  std::string name;
  std::optional<int64_t> exit;  // status of the check that made it, if somebody knows it
  auto operator<=>(const Expected&) const = default;
};

// A file of which something could not be read.
struct Unreadable {
  std::string file;
  std::string why;               // a sentence without the file's name
  bool other_version = false;
  auto operator<=>(const Unreadable&) const = default;
};

class Merged {
 public:
  // A part that is there already, byte for byte, is not counted again; it remembers that it came more than once.
  void add(Part part);
  void add(const Expected& expected) { expected_.insert(expected); }
  void add(const Unreadable& unreadable) { unreadable_.insert(unreadable); }

  // Sorted by path and identity. Valid until something is added.
  std::vector<const Part*> parts() const;
  const std::set<Expected>& expected() const { return expected_; }
  const std::set<Unreadable>& unreadable() const { return unreadable_; }
  // Traces of which there are results that differ.
  std::vector<const Part*> differing() const;

 private:
  struct Kept {
    std::string content;  // the part as JSON, without what says where it lies
    Part part;
  };
  std::map<std::tuple<std::string, uint64_t, std::string>, std::vector<Kept>> parts_;  // by identity; sorted by content
  std::set<Expected> expected_;
  std::set<Unreadable> unreadable_;
};

// Why the whole cannot be better than inconclusive.
struct Problem {
  std::string_view kind;  // "missing", "died", "failed", "unreadable", "other_version", "twice", "differs"
  std::string name;       // of the part or file
  std::string says;       // a sentence that begins with the name
};

// By kind and name. `parts` are those of `merged`; those that another `version` than that of this program judged are a problem.
std::vector<Problem> problems_of(const Merged& merged, const std::vector<const Part*>& parts, std::string_view version);

// One host and its traces.
struct HostRow {
  std::string host;                         // empty: traces that come from no machine
  std::set<std::string> kernels;
  std::array<size_t, 3> violated{};         // rules, by level: in any of its traces
  size_t inconclusive = 0;                  // rules that are in one of its traces, and violated in none
  size_t failed = 0;                        // traces that could not be judged
  uint64_t records = 0, lost = 0;
  std::vector<const Part*> parts;           // worst first
};

struct Summary {
  using ByVerdict = std::array<size_t, kVerdicts>;

  std::vector<const Part*> parts;           // as Merged::parts()
  std::vector<Problem> problems;            // by kind and name
  Part total;                               // sums; last_time is the time of all traces together; `files`, `stretches` and the like are empty
  std::vector<ByVerdict> verdicts;          // beside total.rules: in how many traces
  std::vector<bool> only_problems;          // beside total.rules: inconclusive for nothing but `problems`
  std::vector<HostRow> hosts;               // worst first
  size_t judged = 0;                        // of `parts` those that could be judged
  size_t boots = 0;
};

Summary summary_of(const Merged& merged, std::string_view version);

// "12 of 200 traces"
std::string of_traces(size_t some, size_t all);

}  // namespace mirrorscope
