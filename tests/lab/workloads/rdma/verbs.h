// SPDX-License-Identifier: Apache-2.0
// How does one process talk to itself through an RDMA device, and come back after an error?
#pragma once

#include <infiniband/verbs.h>

#include <cstdint>
#include <string>

#include "cli.h"

namespace lab {

class RdmaDevice {
 public:
  RdmaDevice() = default;
  RdmaDevice(const RdmaDevice&) = delete;
  RdmaDevice& operator=(const RdmaDevice&) = delete;
  ~RdmaDevice();

  // gid_index < 0: the first RoCE v2 address of the port.
  Problem open(const std::string& name, int gid_index, bool want_odp);

  // on_demand: pages are looked up at access (interval notifier); otherwise they are pinned now. null: errno says why.
  ibv_mr* register_memory(void* at, std::size_t len, bool on_demand) const;

  ibv_context* context() const { return context_; }
  ibv_pd* pd() const { return pd_; }
  const ibv_gid& gid() const { return gid_; }
  int gid_index() const { return gid_index_; }
  ibv_mtu mtu() const { return mtu_; }
  std::size_t packet_bytes() const { return 128u << mtu_; }  // IBV_MTU_256 is 1
  bool odp() const { return odp_; }

 private:
  bool find_gid(int wanted);
  ibv_context* context_ = nullptr;
  ibv_pd* pd_ = nullptr;
  ibv_gid gid_{};
  int gid_index_ = -1;
  ibv_mtu mtu_ = IBV_MTU_1024;
  bool odp_ = false;
};

// Two RC queue pairs of this process, connected to each other; completions of both arrive in one queue.
class Loopback {
 public:
  explicit Loopback(const RdmaDevice& device) : device_(device) {}
  Loopback(const Loopback&) = delete;
  Loopback& operator=(const Loopback&) = delete;
  ~Loopback();

  Problem create();
  // After an error or a stall: both ends through RESET to RTS again, or, when that is refused or it is their turn, two
  // new ones.
  Problem recover();

  ibv_qp* requester() const { return ends_[0]; }
  ibv_qp* responder() const { return ends_[1]; }

  // Completions, or 0 when none came within timeout_ms (or a stale event ended the wait early); < 0: the queue itself
  // failed.
  int wait(ibv_wc* into, int most, int timeout_ms);

 private:
  Problem make_ends();
  Problem connect();
  void drop_ends();
  const RdmaDevice& device_;
  ibv_comp_channel* channel_ = nullptr;
  ibv_cq* cq_ = nullptr;
  ibv_qp* ends_[2] = {nullptr, nullptr};
  unsigned recoveries_ = 0;
};

constexpr int queue_depth = 64;

}  // namespace lab
