// SPDX-License-Identifier: Apache-2.0
// Does libfabric's MR cache notice that an address leads to other memory now?
#include <rdma/fabric.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "caches/address_reuse.h"

namespace {

using namespace lab;

void good(const char* what, long result) {
  if (result) cannot_run(std::string("ofi_reuse: ") + what + ": " + fi_strerror(static_cast<int>(-result)));
}

// Two reliable datagram endpoints of one domain: ofi_rxm on the verbs provider, which caches.
class Ofi final : public Transport {
 public:
  Ofi() {
    fi_info* hints = fi_allocinfo();
    hints->caps = FI_MSG | FI_RMA;
    hints->ep_attr->type = FI_EP_RDM;
    hints->domain_attr->mr_mode = FI_MR_VIRT_ADDR | FI_MR_ALLOCATED | FI_MR_PROV_KEY;
    hints->domain_attr->control_progress = hints->domain_attr->data_progress = FI_PROGRESS_MANUAL;
    hints->fabric_attr->prov_name = strdup("verbs;ofi_rxm");
    hints->addr_format = FI_SOCKADDR_IN;
    good("fi_getinfo", fi_getinfo(FI_VERSION(1, 17), "10.99.0.1", nullptr, FI_SOURCE, hints, &info_));
    fi_freeinfo(hints);
    good("fi_fabric", fi_fabric(info_->fabric_attr, &fabric_, nullptr));
    good("fi_domain", fi_domain(fabric_, info_, &domain_, nullptr));
    for (End& end : ends_) open(end);
    introduce(ends_[0], ends_[1]);
    introduce(ends_[1], ends_[0]);
  }
  ~Ofi() override {
    for (End& end : ends_)
      for (fid* f : {&end.ep->fid, &end.cq->fid, &end.av->fid}) fi_close(f);
    fi_close(&domain_->fid);
    fi_close(&fabric_->fid);
    fi_freeinfo(info_);
  }

  void write(const char* from, char* to, std::size_t bytes) override {
    fid_mr* memory = nullptr;
    good("fi_mr_reg", fi_mr_reg(domain_, to, bytes, FI_REMOTE_WRITE, 0, 0, 0, &memory, nullptr));
    long posted;
    do {
      posted = fi_write(ends_[0].ep, from, bytes, nullptr, ends_[0].peer, reinterpret_cast<std::uint64_t>(to),
                        fi_mr_key(memory), nullptr);
      if (posted == -FI_EAGAIN) progress();
    } while (posted == -FI_EAGAIN);
    good("fi_write", posted);
    while (!progress()) {
    }
    good("fi_close", fi_close(&memory->fid));
  }

 private:
  struct End {
    fid_ep* ep = nullptr;
    fid_cq* cq = nullptr;
    fid_av* av = nullptr;
    fi_addr_t peer = FI_ADDR_UNSPEC;
  };

  void open(End& end) {
    good("fi_endpoint", fi_endpoint(domain_, info_, &end.ep, nullptr));
    fi_cq_attr queue{};
    queue.format = FI_CQ_FORMAT_CONTEXT;
    queue.size = 64;
    good("fi_cq_open", fi_cq_open(domain_, &queue, &end.cq, nullptr));
    fi_av_attr book{};
    book.type = FI_AV_TABLE;
    book.count = 2;
    good("fi_av_open", fi_av_open(domain_, &book, &end.av, nullptr));
    good("fi_ep_bind", fi_ep_bind(end.ep, &end.cq->fid, FI_TRANSMIT | FI_RECV));
    good("fi_ep_bind", fi_ep_bind(end.ep, &end.av->fid, 0));
    good("fi_enable", fi_enable(end.ep));
  }

  static void introduce(End& end, const End& other) {
    std::array<char, 128> name{};
    std::size_t length = name.size();
    good("fi_getname", fi_getname(&other.ep->fid, name.data(), &length));
    if (fi_av_insert(end.av, name.data(), 1, &end.peer, 0, nullptr) != 1)
      cannot_run("ofi_reuse: fi_av_insert took no address");
  }

  // Of both ends, since neither has a thread: did the writer's work complete?
  bool progress() {
    fi_cq_entry done{};
    fi_cq_read(ends_[1].cq, &done, 1);
    const ssize_t got = fi_cq_read(ends_[0].cq, &done, 1);
    if (got == -FI_EAVAIL) {
      fi_cq_err_entry error{};
      fi_cq_readerr(ends_[0].cq, &error, 0);
      good("a write", -error.err);
    }
    if (got < 0 && got != -FI_EAGAIN) good("fi_cq_read", got);
    return got == 1;
  }

  fi_info* info_ = nullptr;
  fid_fabric* fabric_ = nullptr;
  fid_domain* domain_ = nullptr;
  std::array<End, 2> ends_;
};

}  // namespace

int main(int argc, char** argv) {
  AddressReuse reuse;
  reuse.read_settings("ofi_reuse", "libfabric", argc, argv);
  Ofi ofi;
  return reuse.run(ofi);
}
