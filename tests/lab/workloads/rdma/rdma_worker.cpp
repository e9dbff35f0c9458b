// SPDX-License-Identifier: Apache-2.0
// What traffic runs through the memory regions, and how is its data judged?
#include "rdma/rdma_worker.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace lab {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto stall_after = std::chrono::seconds(20);
constexpr std::uint64_t receive_bit = 0x80;
constexpr std::uint64_t poison = 0x5151515151515151ull;  // a sink that was never written to cannot look right

constexpr const char* kind_names[] = {"write", "read", "send", "fetch_add", "compare_swap", "store_then_read"};

std::string status_name(ibv_wc_status s) {
  std::string n = ibv_wc_status_str(s);
  std::replace(n.begin(), n.end(), ' ', '_');
  return n;
}

}  // namespace

RdmaWorker::RdmaWorker(const Traffic& traffic, unsigned index, Rng rng, Beat& beat)
    : traffic_(traffic),
      index_(index),
      rng_(rng),
      beat_(beat),
      link_(traffic.device),
      local_(reinterpret_cast<std::uint64_t*>(traffic.arena.regions()[0].all.at) +
             std::size_t{index} * 2 * batch_size * extent_words),
      completions_(traffic.tally.at("rdma", "completions")),
      checked_words_(traffic.tally.at("verify", "words")),
      recoveries_(traffic.tally.at("rdma", "recoveries")),
      stalls_(traffic.tally.at("rdma", "stalls")),
      unexpected_errors_(traffic.tally.at("rdma", "unexpected_errors")),
      post_failed_(traffic.tally.at("rdma", "post_failed")) {
  for (int k = 0; k < int(Kind::kinds); k++) by_kind_[k] = &traffic.tally.at("rdma", kind_names[k]);
  auto& regions = traffic_.arena.regions();
  for (std::size_t i = 1; i < regions.size(); i++)
    places_.push_back({&regions[i], std::vector<Versions>(regions[i].all.len / extent_size), {}});
}

Problem RdmaWorker::open() { return link_.create(); }

void RdmaWorker::run(const std::atomic<bool>& stop) {
  Watchdog::adopt(beat_);
  while (!stop) batch();
  beat_.done();
}

void RdmaWorker::batch() {
  Place& place = places_[rng_.below(places_.size())];
  const auto first = first_stamped + index_;
  const auto owned = (place.versions.size() - first + traffic_.workers - 1) / traffic_.workers;
  const auto start = rng_.below(owned);
  unexpected_ = place.region->zone == Zone::keep;
  batch_no_++;
  ops_.clear();
  beat_.doing("preparing a batch");
  for (unsigned slot = 0; slot < batch_size; slot++)
    ops_.push_back(prepare(place, first + (start + slot) % owned * traffic_.workers, slot));

  ibv_mr* mr = traffic_.standing[place.region->id];
  ibv_mr* own = nullptr;
  if (traffic_.churn_every && rng_.one_in(traffic_.churn_every)) {
    beat_.doing("registering memory for one batch");
    own = traffic_.device.register_memory(place.region->all.at, place.region->all.len, traffic_.on_demand);
    traffic_.tally.at("mr", own ? "registered" : "register_failed")++;
  }
  beat_.doing("posting");
  const bool fine = post(place, own ? own : mr) && collect();
  if (!fine) recover();  // before judging: after it nothing of this batch can still arrive
  beat_.doing("judging data");
  for (unsigned slot = 0; slot < batch_size; slot++) settle(place, ops_[slot], slot);
  settle_counter(place);
  if (!own) return;
  beat_.doing("deregistering");
  ibv_dereg_mr(own);
  traffic_.tally.at("mr", "deregistered")++;
}

RdmaWorker::Op RdmaWorker::prepare(Place& place, std::size_t extent, unsigned slot) {
  static constexpr Kind deck[] = {Kind::write, Kind::write,     Kind::write,        Kind::read,       Kind::read,
                                  Kind::send,  Kind::fetch_add, Kind::compare_swap, Kind::store_read, Kind::store_read};
  Op op{deck[rng_.below(std::size(deck))], extent, 0, 0};
  if (op.kind == Kind::compare_swap && !place.atomic.known) op.kind = Kind::fetch_add;
  auto& v = place.versions[extent];
  switch (op.kind) {
    case Kind::write:
    case Kind::send:
      op.version = ++v.hi;  // until it has succeeded the old one may be there as well
      stamp(source(slot), place, extent, op.version);
      op.received = op.kind == Kind::write;
      break;
    case Kind::store_read:
      op.version = ++v.hi;
      if (store_by_cpu(place, extent, op.version)) v.lo = op.version;
      [[fallthrough]];
    case Kind::read:
      std::fill_n(sink(slot), traffic_.transfer / 8, poison);
      break;
    case Kind::fetch_add:
    case Kind::compare_swap:
      op.expected = place.atomic.value++;
      place.atomic.issued++;
      *sink(slot) = poison;
      break;
    case Kind::kinds:
      break;
  }
  return op;
}

bool RdmaWorker::post(Place& place, const ibv_mr* mr) {
  const auto local_key = traffic_.standing[0]->lkey;
  for (unsigned slot = 0; slot < batch_size; slot++) {
    const Op& op = ops_[slot];
    const auto target = std::uint64_t(place.region->all.at) + op.extent * extent_size;
    const bool incoming = op.kind == Kind::read || op.kind == Kind::store_read;
    const bool atomic = op.kind == Kind::fetch_add || op.kind == Kind::compare_swap;
    ibv_sge sge{std::uint64_t(incoming || atomic ? sink(slot) : source(slot)),
                std::uint32_t(atomic ? 8 : traffic_.transfer), local_key};
    ibv_send_wr wr{}, *bad = nullptr;
    wr.wr_id = batch_no_ << 8 | slot;
    wr.sg_list = &sge;
    wr.num_sge = 1;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.opcode = incoming ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE;
    if (op.kind == Kind::fetch_add) wr.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD;
    if (op.kind == Kind::compare_swap) wr.opcode = IBV_WR_ATOMIC_CMP_AND_SWP;
    if (atomic) {
      wr.wr.atomic.remote_addr = atomic_at(place);
      wr.wr.atomic.rkey = mr->rkey;
      wr.wr.atomic.compare_add = op.kind == Kind::fetch_add ? 1 : op.expected;
      wr.wr.atomic.swap = op.expected + 1;
    } else {
      wr.wr.rdma.remote_addr = target;
      wr.wr.rdma.rkey = mr->rkey;
    }
    if (op.kind == Kind::send) {
      wr.opcode = IBV_WR_SEND;
      ibv_sge into{target, std::uint32_t(traffic_.transfer), mr->lkey};
      ibv_recv_wr receive{}, *bad_receive = nullptr;
      receive.wr_id = wr.wr_id | receive_bit;
      receive.sg_list = &into;
      receive.num_sge = 1;
      if (ibv_post_recv(link_.responder(), &receive, &bad_receive)) return post_failed_++, false;
    }
    if (ibv_post_send(link_.requester(), &wr, &bad)) return post_failed_++, false;
  }
  return true;
}

// Waits for every completion of the batch. false: something failed or never came, and the link needs recovery.
bool RdmaWorker::collect() {
  const auto deadline = Clock::now() + stall_after;
  for (;;) {
    if (std::all_of(ops_.begin(), ops_.end(), [](const Op& op) { return op.completed && op.received; })) return true;
    ibv_wc wcs[16];
    beat_.doing("waiting for completions");
    const int n = link_.wait(wcs, 16, 1000);
    if (n < 0 || Clock::now() > deadline) return stalls_++, false;
    for (int i = 0; i < n; i++) {
      const auto& wc = wcs[i];
      if (wc.wr_id >> 8 != batch_no_) continue;
      if (wc.status != IBV_WC_SUCCESS) {
        traffic_.tally.at("completion_error", status_name(wc.status))++;
        unexpected_errors_ += unexpected_;
        return false;
      }
      Op& op = ops_[wc.wr_id & (batch_size - 1)];
      completions_++;
      (wc.wr_id & receive_bit ? op.received : op.completed) = true;
    }
  }
}

// What is known about memory after the operation; only then is the data judged.
void RdmaWorker::settle(Place& place, Op& op, unsigned slot) {
  const bool whole = op.completed && op.received;
  if (whole) (*by_kind_[int(op.kind)])++;
  switch (op.kind) {
    case Kind::write:
    case Kind::send:
      if (!whole) return;
      place.versions[op.extent] = {op.version, op.version};
      if (rng_.one_in(2)) check_by_cpu(place, op.extent);
      return;
    case Kind::read:
    case Kind::store_read:
      if (whole) check(place, op.extent, sink(slot), "RDMA READ");
      return;
    case Kind::fetch_add:
    case Kind::compare_swap:
      if (whole) settle_atomic(place, op, *sink(slot));
      return;
    case Kind::kinds:
      return;
  }
}

void RdmaWorker::settle_atomic(Place& place, const Op& op, std::uint64_t returned) {
  auto& a = place.atomic;
  const bool lossy = place.region->zone == Zone::wild;
  checked_words_++;
  if (lossy ? returned > a.issued : a.known && returned != op.expected) {
    char text[160];
    std::snprintf(text, sizeof text, "region %u, counter of worker %u: atomic returned %#llx, expected %llu",
                  place.region->id, index_, static_cast<unsigned long long>(returned),
                  static_cast<unsigned long long>(op.expected));
    traffic_.tally.mismatch(text);
  }
  if (!a.known) a.value = returned + 1;
}

// The counter is known again when every atomic of a batch came back, unknown when one did not: it may have happened or
// not.
void RdmaWorker::settle_counter(Place& place) {
  bool any = false, all = true;
  for (const auto& op : ops_) {
    if (op.kind != Kind::fetch_add && op.kind != Kind::compare_swap) continue;
    any = true;
    all = all && op.completed;
  }
  if (any) place.atomic.known = all;
}

void RdmaWorker::check(Place& place, std::size_t extent, const std::uint64_t* words, const char* through) {
  const auto first = extent * extent_words;
  const auto v = place.versions[extent];
  const auto& r = *place.region;
  const auto n = traffic_.transfer / 8;
  checked_words_ += n;
  const auto bad = stamp_check(words, n, r.id, first, v, r.zone == Zone::wild);
  if (bad == n) return;
  char text[240];
  std::snprintf(text, sizeof text, "region %u (zone %d) offset %#zx by %s: found %#llx, allowed %#llx..%#llx%s", r.id,
                int(r.zone), (first + bad) * 8, through, static_cast<unsigned long long>(words[bad]),
                static_cast<unsigned long long>(stamp_word(r.id, first + bad, v.lo)),
                static_cast<unsigned long long>(stamp_word(r.id, first + bad, v.hi)),
                r.zone == Zone::wild ? " or older or 0" : "");
  traffic_.tally.mismatch(text);
}

void RdmaWorker::stamp(std::uint64_t* words, const Place& place, std::size_t extent, std::uint16_t version) const {
  stamp_fill(words, traffic_.transfer / 8, place.region->id, extent * extent_words, version);
}

// process_vm_readv on ourselves: a hole or a missing permission is an error code there, not a signal.
void RdmaWorker::check_by_cpu(Place& place, std::size_t extent) {
  std::uint64_t words[extent_words];
  iovec to{words, traffic_.transfer}, from{place.region->all.at + extent * extent_size, traffic_.transfer};
  if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == ssize_t(traffic_.transfer))
    check(place, extent, words, "CPU");
  else
    traffic_.tally.at("verify", "cpu_read_refused")++;
}

// What the process writes itself is what a stale translation of the device would miss.
bool RdmaWorker::store_by_cpu(Place& place, std::size_t extent, std::uint16_t version) {
  auto* at = reinterpret_cast<std::uint64_t*>(place.region->all.at) + extent * extent_words;
  if (place.region->zone == Zone::keep) {
    stamp(at, place, extent, version);
    return true;
  }
  std::uint64_t words[extent_words];
  stamp(words, place, extent, version);
  iovec from{words, traffic_.transfer}, to{at, traffic_.transfer};
  return process_vm_writev(getpid(), &from, 1, &to, 1, 0) == ssize_t(traffic_.transfer);
}

void RdmaWorker::recover() {
  beat_.doing("recovering the queue pairs");
  recoveries_++;
  if (auto p = link_.recover()) {
    std::fprintf(stderr, "worker %u cannot re-establish its queue pairs: %s\n", index_, p->c_str());
    std::_Exit(exit_wrong);
  }
}

void RdmaWorker::final_sweep() {
  for (auto& place : places_)
    for (auto e = first_stamped + index_; e < place.versions.size(); e += traffic_.workers) check_by_cpu(place, e);
}

}  // namespace lab
