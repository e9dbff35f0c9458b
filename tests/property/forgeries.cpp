// SPDX-License-Identifier: Apache-2.0
// What a hand can do to packets, sealed again: numbers, times, CPUs, packets of another recording, records taken out without a gap.
//
// Not here, because no account can tell and nobody may be blamed for a verdict on it: other content in a record (a time, an address, a return
// value) that leaves numbers and order alone ("record bit flipped" only asks that nothing crashes), and a stretch of packets moved in
// time between two accounts that fits between its neighbours.
#include "forgeries.h"

#include <algorithm>
#include <cstring>

#include "schema/catalog.h"

namespace mirrorscope::test {

namespace {
using Packets = std::vector<Packet>;

// How large a change of a clock has to be before it must be noticed; what is less is within the tolerance for times of two CPUs.
constexpr int64_t kNoticed = 2000;

bool has_records(const Packets& packets) {
  return std::any_of(packets.begin(), packets.end(), [](const Packet& p) { return !p.records.empty(); });
}

Damaged clock_off(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  constexpr int64_t steps[] = {300, 900, 5000, 20'000, 100'000, 1'000'000, 20'000'000, 1'000'000'000};
  const int64_t by = steps[below(random, std::size(steps))] * (below(random, 2) ? 1 : -1);
  Packets p = packets_of(whole.files.at(name));
  if (!has_records(p)) return {};
  // of all, or of the last ones: a CPU that came back
  size_t from = below(random, 3) ? 0 : below(random, p.size());
  while (from && p[from].records.empty()) --from;
  for (size_t i = from; i < p.size(); ++i) {
    p[i].each([by](ev_header& h) { h.time += static_cast<uint64_t>(by); });
    if (p[i].records.empty()) p[i].head.time_begin += static_cast<uint64_t>(by), p[i].head.time_end += static_cast<uint64_t>(by);
    p[i].seal();
  }
  Damaged d{whole, name + " is " + std::to_string(by) + " ns off from packet " + std::to_string(from)};
  d.trace.files[name] = file_of(p);
  // In segments the first packets may belong to a part that was counted before: the last account covers the last file only.
  if (std::abs(by) >= kNoticed && !whole.segmented()) d.due = Due::loss;
  return d;
}

// The records of a file are made those of another CPU.
void give_to(Packets& packets, uint16_t cpu) {
  for (Packet& p : packets) {
    p.head.stream = p.head.cpu = cpu;
    p.each([cpu](ev_header& h) { h.cpu = cpu; });
    p.seal();
  }
}

uint16_t cpu_of(const std::string& name) { return static_cast<uint16_t>(std::stoul(name.substr(name.rfind('_') + 1))); }

Damaged cpus_exchanged(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const auto names = whole.cpus();
  const std::string a = pick(random, names), b = pick(random, names);
  Packets of_a = packets_of(whole.files.at(a)), of_b = packets_of(whole.files.at(b));
  if (a == b || whole.segmented() || !has_records(of_a) || !has_records(of_b)) return {};
  Damaged d{whole, a + " and " + b + " made each other's", Due::loss};
  give_to(of_a, cpu_of(b));
  give_to(of_b, cpu_of(a));
  d.trace.files[b] = file_of(of_a);
  d.trace.files[a] = file_of(of_b);
  return d;
}

Damaged cpu_renamed(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  if (whole.segmented() || !has_records(p)) return {};
  constexpr uint16_t others[] = {7, 63, 1023, 1024, 4095, 65534};
  const uint16_t cpu = others[below(random, std::size(others))];
  Damaged d{whole, name + " made one of CPU " + std::to_string(cpu), Due::loss};
  give_to(p, cpu);
  d.trace.files.erase(name);
  d.trace.files[trace::stream_name(cpu)] = file_of(p);
  return d;
}

// A second stream that nobody announced.
Damaged cpu_invented(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  if (whole.segmented() || !has_records(p)) return {};
  const auto cpu = static_cast<uint16_t>(500 + below(random, 2000));
  Damaged d{whole, name + " is there as CPU " + std::to_string(cpu) + ", too", Due::loss};
  give_to(p, cpu);
  d.trace.files[trace::stream_name(cpu)] = file_of(p);
  return d;
}

Damaged discarded_set(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  if (!has_records(p) || whole.segmented()) return {};
  const size_t from = below(random, p.size());
  const uint64_t many = 1 + below(random, 5000);
  for (size_t i = from; i < p.size(); ++i) {
    p[i].head.discarded += many;
    p[i].seal_head();
  }
  Damaged d{whole, name + " counts " + std::to_string(many) + " more as discarded from packet " + std::to_string(from), Due::loss};
  d.trace.files[name] = file_of(p);
  return d;
}

// Records are taken out of some packets; `close`: the numbers behind them are closed up, as if they had never been.
Damaged records_taken(const TraceFiles& whole, Random& random, bool close) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  if (!has_records(p) || whole.segmented()) return {};
  const size_t how = below(random, 3);
  uint32_t gone = 0;
  const size_t target = below(random, p.size());
  const auto id = [&] {
    std::vector<uint16_t> ids;
    p[target].each([&](ev_header& h) { ids.push_back(h.id); });
    return ids.empty() ? uint16_t{0} : ids[below(random, ids.size())];
  }();
  for (size_t i = 0; i < p.size(); ++i) {
    const size_t before = gone;
    p[i].each([&](ev_header& h) {
      const bool take = how == 0 ? h.id == id : how == 1 ? i == target && h.id == id : below(random, 500) == 0;
      if (take) {
        h.tid = UINT32_MAX;  // marked
        ++gone;
      } else if (close) {
        h.seq -= gone;
      }
    });
    if (gone != before) p[i].remove_if([](const ev_header& h) { return h.tid == UINT32_MAX; });
    p[i].seal();
  }
  // a packet without records has lost its times; it is left out
  Packets left;
  for (Packet& packet : p)
    if (!packet.records.empty()) {
      packet.head.packet_seq = left.size();
      packet.seal_head();
      left.push_back(std::move(packet));
    }
  if (!gone) return {};
  Damaged d{whole, name + " without " + std::to_string(gone) + " records" + (how < 2 ? " of " + std::string(event_info(id)->name) : "") +
                       (close ? ", numbers closed up" : ""), Due::loss};
  d.trace.files[name] = file_of(left);
  return d;
}
Damaged records_gone(const TraceFiles& whole, const TraceFiles&, Random& random) { return records_taken(whole, random, false); }
Damaged records_gone_closed(const TraceFiles& whole, const TraceFiles&, Random& random) { return records_taken(whole, random, true); }

// The recorder's own stream without one kind of its records, numbers closed up.
Damaged about_thinned(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = whole.segmented() ? "about/about" : "about";
  Packets p = packets_of(whole.files.at(name));
  constexpr uint16_t kinds[] = {EV_cpu_account, EV_loss_settled, EV_stopped, EV_ready, EV_probe_state, EV_task_name};
  const uint16_t id = kinds[below(random, std::size(kinds))];
  const bool close = below(random, 2);
  uint32_t gone = 0, number = 0;
  Packets left;
  for (Packet& packet : p) {
    gone += static_cast<uint32_t>(packet.remove_if([id](const ev_header& h) { return h.id == id; }));
    packet.each([&](ev_header& h) {
      if (close) h.seq = number;
      ++number;
    });
    if (packet.records.empty()) continue;
    packet.head.packet_seq = left.size();
    packet.seal();
    left.push_back(std::move(packet));
  }
  if (!gone) return {};
  const bool needed = id == EV_cpu_account || id == EV_stopped;
  Damaged d{whole, "about without " + std::string(event_info(id)->name) + (close ? ", numbers closed up" : ""), !close || needed ? Due::loss : Due::nothing};
  d.trace.files[name] = file_of(left);
  return d;
}

// Packets of another recording under our uuid.
Damaged adopted(const TraceFiles& whole, const TraceFiles& other, Random& random) {
  const std::string name = pick(random, whole.cpus()), from = pick(random, other.cpus());
  Packets ours = packets_of(whole.files.at(name)), theirs = packets_of(other.files.at(from));
  if (!has_records(ours) || !has_records(theirs) || whole.segmented()) return {};
  give_to(theirs, cpu_of(name));
  Damaged d{whole, "", Due::loss};
  const size_t at = below(random, ours.size()), taken = below(random, theirs.size());
  switch (below(random, 4)) {
    case 0:
      ours = theirs;
      d.what = name + " is " + from + " of another recording";
      break;
    case 1:
      ours.resize(at);
      ours.insert(ours.end(), theirs.begin() + static_cast<std::ptrdiff_t>(taken), theirs.end());
      d.what = name + " goes on from packet " + std::to_string(at) + " as another recording from " + std::to_string(taken);
      break;
    default:
      if (theirs[taken].records.empty() || ours[at].records.empty()) return {};
      ours[at] = theirs[taken];
      d.what = "packet " + std::to_string(at) + " of " + name + " is packet " + std::to_string(taken) + " of another recording";
      break;
  }
  const bool numbered = below(random, 2);
  for (size_t i = 0; i < ours.size(); ++i) {
    std::memcpy(ours[i].head.uuid, packets_of(whole.files.at(name))[0].head.uuid, sizeof ours[i].head.uuid);
    if (numbered) ours[i].head.packet_seq = i;
    ours[i].seal_head();
  }
  d.what += std::string(", under our uuid") + (numbered ? " and numbers" : "");
  d.trace.files[name] = file_of(ours);
  return d;
}

Damaged reordered_sealed(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  const size_t a = below(random, p.size()), b = below(random, p.size());
  if (a == b || whole.segmented() || p[a].records.empty() || p[b].records.empty()) return {};
  std::swap(p[a], p[b]);
  std::swap(p[a].head.packet_seq, p[b].head.packet_seq);
  p[a].seal_head();
  p[b].seal_head();
  Damaged d{whole, name + " has packets " + std::to_string(a) + " and " + std::to_string(b) + " exchanged and numbered", Due::loss};
  d.trace.files[name] = file_of(p);
  return d;
}

// A field of a head says something else, under its right checksum.
Damaged head_bit_flipped(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  if (p.empty()) return {};
  Packet& packet = p[below(random, p.size())];
  const size_t at = below(random, sizeof packet.head);
  const unsigned bit = static_cast<unsigned>(below(random, 8));
  reinterpret_cast<unsigned char*>(&packet.head)[at] ^= static_cast<unsigned char>(1u << bit);
  packet.seal_head();
  Damaged d{whole, name + " with bit " + std::to_string(bit) + " of byte " + std::to_string(at) + " of the head of packet " +
                       std::to_string(&packet - p.data()) + " flipped and sealed"};
  d.trace.files[name] = file_of(p);
  return d;
}

Damaged number_changed(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.cpus());
  Packets p = packets_of(whole.files.at(name));
  if (p.empty()) return {};
  Packet& packet = p[below(random, p.size())];
  if (packet.records.empty()) return {};
  const uint32_t bit = 1u << below(random, 32);
  const size_t which = below(random, packet.head.records);
  size_t i = 0;
  packet.each([&](ev_header& h) {
    if (i++ == which) h.seq ^= bit;
  });
  packet.seal();
  Damaged d{whole, name + " with bit " + std::to_string(bit) + " of the number of record " + std::to_string(which) + " of packet " +
                       std::to_string(&packet - p.data()) + " flipped and sealed", Due::loss};
  d.trace.files[name] = file_of(p);
  return d;
}

// Any bit of any record.
Damaged record_bit_flipped(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  if (p.empty()) return {};
  Packet& packet = p[below(random, p.size())];
  if (packet.records.empty()) return {};
  const size_t at = below(random, packet.records.size());
  const unsigned bit = static_cast<unsigned>(below(random, 8));
  packet.records[at] = static_cast<char>(static_cast<unsigned char>(packet.records[at]) ^ 1u << bit);
  packet.head.records_checksum = trace::checksum_of(packet.records.data(), packet.records.size());
  packet.seal_head();
  Damaged d{whole, name + " with bit " + std::to_string(bit) + " of byte " + std::to_string(at) + " of the records of packet " +
                       std::to_string(&packet - p.data()) + " flipped and sealed", Due::forged};
  d.trace.files[name] = file_of(p);
  return d;
}

constexpr DamageKind rows[] = {
    {"clock off", true, clock_off},
    {"CPUs exchanged", true, cpus_exchanged},
    {"CPU renamed", true, cpu_renamed},
    {"CPU invented", true, cpu_invented},
    {"discarded set", true, discarded_set},
    {"records gone", true, records_gone},
    {"records gone, closed up", true, records_gone_closed},
    {"about thinned", true, about_thinned},
    {"adopted", true, adopted},
    {"reordered and sealed", true, reordered_sealed},
    {"head bit flipped", false, head_bit_flipped},
    {"number changed", false, number_changed},
    {"record bit flipped", false, record_bit_flipped},
};
}  // namespace

std::span<const DamageKind> forgeries() { return rows; }

}  // namespace mirrorscope::test
