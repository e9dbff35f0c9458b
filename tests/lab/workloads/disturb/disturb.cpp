// SPDX-License-Identifier: Apache-2.0
// Which changes of an address space can be made under a device's translations, and who makes them how often?
#include "disturb/disturb.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace lab {

namespace {

std::vector<const Disturber*> all_disturbers() {
  std::vector<const Disturber*> out;
  for (const auto& d : keeping_disturbers()) out.push_back(&d);
  for (const auto& d : destroying_disturbers()) out.push_back(&d);
  return out;
}

// Mostly small ranges (many events), now and then a whole huge page or everything (long callbacks, long episodes).
Range pick_range(const Region& region, Rng& rng) {
  const std::size_t pages = region.all.len / page_size;
  std::size_t n = 1, first = 0;
  switch (rng.below(10)) {
    case 0:
      return region.all;
    case 1:
    case 2:
      first = rng.below(region.all.len / huge_size) * (huge_size / page_size);
      return {region.all.at + first * page_size, huge_size};
    case 3:
    case 4:
    case 5:
      break;
    default:
      n = 1 + rng.below(32);
  }
  first = rng.below(pages - n + 1);
  return {region.all.at + first * page_size, n * page_size};
}

std::vector<std::string> split_commas(const std::string& s) {
  std::vector<std::string> out;
  std::stringstream in(s);
  for (std::string one; std::getline(in, one, ',');)
    if (!one.empty()) out.push_back(one);
  return out;
}

}  // namespace

std::string disturber_help() {
  static const char* const zones[] = {"data and access stay", "access may fail for a while", "data may vanish"};
  std::string out = "disturbers for --ops a,b,c:\n";
  for (const auto* d : all_disturbers()) {
    char line[200];
    std::snprintf(line, sizeof line, "  %-12s %s (%s)\n", d->name, d->help, zones[int(d->harm)]);
    out += line;
  }
  return out;
}

Zone Disturbance::harm_of(const Disturber& d) const {
  auto harm = d.harm;
  for (const auto& [name, zone] : kept_to_)
    if (name == d.name) harm = std::max(harm, zone);
  return harm;
}

Problem Disturbance::choose(const std::string& ops, Arena& arena, Tally& tally) {
  const auto names = split_commas(ops);
  const auto all = all_disturbers();
  const auto has = [&](const std::string& n) { return std::find(names.begin(), names.end(), n) != names.end(); };
  for (const auto& n : names) {
    const auto bare = n[0] == '-' ? n.substr(1) : n;
    const bool known = std::any_of(all.begin(), all.end(), [&](auto* d) { return bare == d->name; });
    if (!known && n != "all" && n != "none") return "there is no disturber " + bare + "; --help lists them";
  }
  std::string left_out;
  for (const auto* d : all) {
    if (!(has("all") || has(d->name)) || has("-" + std::string(d->name))) continue;
    Chosen c{d, {}, nullptr, nullptr};
    for (const auto& r : arena.regions())
      if (r.zone >= harm_of(*d)) c.where.push_back(&r);
    if (c.where.empty()) continue;
    if (const char* why = d->missing ? d->missing() : nullptr) {
      left_out += (left_out.empty() ? "" : "; ") + std::string(d->name) + ": " + why;
      continue;
    }
    c.done = &tally.at("disturb", d->name);
    c.failed = &tally.at("disturb_failed", d->name);
    weight_ += d->weight;
    chosen_.push_back(std::move(c));
  }
  if (!left_out.empty()) tally.note("left_out", left_out);
  return {};
}

void Disturbance::start(std::deque<std::thread>& threads, std::uint64_t number, std::uint64_t seed, std::uint64_t pace_us,
                        Watchdog& dog, const std::atomic<bool>& stop) const {
  for (std::uint64_t i = 0; i < number; i++)
    threads.emplace_back([=, this, &stop, &beat = dog.watch("disturber-" + std::to_string(i))] {
      work(rng_for(seed, 100 + i), beat, stop, pace_us);
    });
}

void Disturbance::work(Rng rng, Beat& beat, const std::atomic<bool>& stop, std::uint64_t pace_us) const {
  Watchdog::adopt(beat);
  while (!stop && weight_) {
    auto turn = rng.below(weight_);
    const Chosen* c = &chosen_.front();
    while (turn >= c->what->weight) turn -= (c++)->what->weight;
    const Region& region = *c->where[rng.below(c->where.size())];
    beat.doing(c->what->name);
    const int err = c->what->run({region, pick_range(region, rng), rng});
    (err ? c->failed : c->done)->fetch_add(1, std::memory_order_relaxed);
    beat.doing("between two changes");
    if (pace_us) usleep(useconds_t(pace_us));
  }
  beat.done();
}

}  // namespace lab
