// SPDX-License-Identifier: Apache-2.0
// How does one process talk to itself through an RDMA device, and come back after an error?
#include "rdma/verbs.h"

#include <poll.h>

#include <atomic>
#include <cerrno>

#include "rng.h"

namespace lab {

namespace {

constexpr std::uint8_t port = 1;
constexpr unsigned access_flags =
    IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_ATOMIC;

// A packet sent before a reset may still be on its way: a fresh start number makes it fall outside the new window.
std::uint32_t next_psn() {
  static std::atomic<std::uint64_t> calls{1};
  return std::uint32_t(Rng{calls++}.next() & 0xffffff);
}

bool to_init(ibv_qp* qp) {
  ibv_qp_attr a{};
  a.qp_state = IBV_QPS_INIT;
  a.port_num = port;
  a.qp_access_flags = access_flags;
  return !ibv_modify_qp(qp, &a, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
}

bool to_rtr(ibv_qp* qp, const ibv_qp* peer, std::uint32_t psn, const RdmaDevice& d) {
  ibv_qp_attr a{};
  a.qp_state = IBV_QPS_RTR;
  a.path_mtu = d.mtu();
  a.dest_qp_num = peer->qp_num;
  a.rq_psn = psn;
  a.max_dest_rd_atomic = 8;
  a.min_rnr_timer = 1;
  a.ah_attr.is_global = 1;
  a.ah_attr.grh.dgid = d.gid();
  a.ah_attr.grh.sgid_index = std::uint8_t(d.gid_index());
  a.ah_attr.grh.hop_limit = 1;
  a.ah_attr.port_num = port;
  return !ibv_modify_qp(qp, &a,
                        IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
                            IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
}

bool to_rts(ibv_qp* qp, std::uint32_t psn) {
  ibv_qp_attr a{};
  a.qp_state = IBV_QPS_RTS;
  a.timeout = 17;  // 0.5 s: a page that comes back from swap in an emulated machine is slow, not lost
  a.retry_cnt = 7;
  a.rnr_retry = 7;
  a.sq_psn = psn;
  a.max_rd_atomic = 8;
  return !ibv_modify_qp(
      qp, &a,
      IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

}  // namespace

RdmaDevice::~RdmaDevice() {
  if (pd_) ibv_dealloc_pd(pd_);
  if (context_) ibv_close_device(context_);
}

Problem RdmaDevice::open(const std::string& name, int gid_index, bool want_odp) {
  int n = 0;
  ibv_device** list = ibv_get_device_list(&n);
  for (int i = 0; list && i < n && !context_; i++)
    if (name == ibv_get_device_name(list[i])) context_ = ibv_open_device(list[i]);
  if (list) ibv_free_device_list(list);
  if (!context_)
    return "there is no usable RDMA device " + name + " (" + std::to_string(n) +
           " devices seen); make one: rdma link add rxe0 type rxe netdev IFACE";
  ibv_port_attr attr{};
  if (ibv_query_port(context_, port, &attr) || attr.state != IBV_PORT_ACTIVE)
    return "port 1 of " + name + " is not active: is its network device up?";
  mtu_ = attr.active_mtu;
  if (!find_gid(gid_index)) return name + " has no RoCE v2 address: give its network device an IP address";
  ibv_device_attr_ex ex{};
  if (!ibv_query_device_ex(context_, nullptr, &ex)) {
    const auto rc = ex.odp_caps.per_transport_caps.rc_odp_caps;
    odp_ = (ex.odp_caps.general_caps & IBV_ODP_SUPPORT) && (rc & IBV_ODP_SUPPORT_READ) && (rc & IBV_ODP_SUPPORT_WRITE);
  }
  if (want_odp && !odp_)
    return name + " has no on-demand paging on this kernel (Soft-RoCE has it from 6.15 on): use --pinned";
  pd_ = ibv_alloc_pd(context_);
  return pd_ ? Problem{} : sys_problem("allocating a protection domain on " + name, errno);
}

// An address of IPv4 form first: a link-local one may still be in duplicate address detection.
bool RdmaDevice::find_gid(int wanted) {
  ibv_gid_entry entries[64];
  const auto n = ibv_query_gid_table(context_, entries, 64, 0);
  for (const bool v4 : {true, false})
    for (long i = 0; i < n; i++) {
      const auto& e = entries[i];
      const bool is_v4 = e.gid.raw[10] == 0xff && e.gid.raw[11] == 0xff;
      const bool fits = wanted >= 0 ? int(e.gid_index) == wanted : e.gid_type == IBV_GID_TYPE_ROCE_V2 && is_v4 == v4;
      if (e.port_num != port || !fits) continue;
      gid_ = e.gid;
      gid_index_ = int(e.gid_index);
      return true;
    }
  return false;
}

ibv_mr* RdmaDevice::register_memory(void* at, std::size_t len, bool on_demand) const {
  return ibv_reg_mr(pd_, at, len, access_flags | (on_demand ? unsigned(IBV_ACCESS_ON_DEMAND) : 0u));
}

Loopback::~Loopback() {
  drop_ends();
  if (cq_) ibv_destroy_cq(cq_);
  if (channel_) ibv_destroy_comp_channel(channel_);
}

Problem Loopback::create() {
  channel_ = ibv_create_comp_channel(device_.context());
  if (!channel_) return sys_problem("creating a completion channel", errno);
  cq_ = ibv_create_cq(device_.context(), 4 * queue_depth, nullptr, channel_, 0);
  if (!cq_) return sys_problem("creating a completion queue", errno);
  if (auto p = make_ends()) return p;
  return connect();
}

Problem Loopback::make_ends() {
  for (auto& end : ends_) {
    ibv_qp_init_attr init{};
    init.send_cq = init.recv_cq = cq_;
    init.qp_type = IBV_QPT_RC;
    init.cap.max_send_wr = init.cap.max_recv_wr = queue_depth;
    init.cap.max_send_sge = init.cap.max_recv_sge = 1;
    end = ibv_create_qp(device_.pd(), &init);
    if (!end) return sys_problem("creating a queue pair", errno);
  }
  return {};
}

Problem Loopback::connect() {
  const std::uint32_t psn[2] = {next_psn(), next_psn()};
  for (int i = 0; i < 2; i++) {
    auto *self = ends_[i], *peer = ends_[1 - i];
    if (!to_init(self) || !to_rtr(self, peer, psn[1 - i], device_) || !to_rts(self, psn[i]))
      return sys_problem("connecting a queue pair", errno);
  }
  return {};
}

void Loopback::drop_ends() {
  for (auto& end : ends_) {
    if (end) ibv_destroy_qp(end);
    end = nullptr;
  }
}

Problem Loopback::recover() {
  ibv_qp_attr reset{};
  reset.qp_state = IBV_QPS_RESET;
  bool reused = ++recoveries_ % 4 != 0;  // both ways back are worth running
  for (auto* end : ends_) reused = reused && end && !ibv_modify_qp(end, &reset, IBV_QP_STATE);
  if (!reused) drop_ends();
  ibv_wc stale[16];
  while (ibv_poll_cq(cq_, 16, stale) > 0) {
  }
  if (reused && !connect()) return {};
  drop_ends();
  if (auto p = make_ends()) return p;
  return connect();
}

int Loopback::wait(ibv_wc* into, int most, int timeout_ms) {
  int n = ibv_poll_cq(cq_, most, into);
  if (n) return n;
  if (ibv_req_notify_cq(cq_, 0)) return -1;
  // What arrived between the poll and the request raises no event.
  n = ibv_poll_cq(cq_, most, into);
  if (n) return n;
  pollfd p{channel_->fd, POLLIN, 0};
  if (poll(&p, 1, timeout_ms) <= 0) return 0;
  ibv_cq* which = nullptr;
  void* cookie = nullptr;
  if (ibv_get_cq_event(channel_, &which, &cookie)) return -1;
  ibv_ack_cq_events(which, 1);
  return ibv_poll_cq(cq_, most, into);
}

}  // namespace lab
