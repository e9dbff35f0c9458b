// SPDX-License-Identifier: Apache-2.0
// Does UCX's registration cache notice that an address leads to other memory now?
#include <ucp/api/ucp.h>

#include <cstdio>

#include "caches/address_reuse.h"

namespace {

using namespace lab;

void good(const char* what, ucs_status_t status) {
  if (status != UCS_OK) cannot_run(std::string("ucx_reuse: ") + what + ": " + ucs_status_string(status));
}

// A worker that is connected with itself, and so through the device that UCX_TLS and UCX_NET_DEVICES name.
class Ucx final : public Transport {
 public:
  Ucx() {
    ucp_params_t params{};
    params.field_mask = UCP_PARAM_FIELD_FEATURES;
    params.features = UCP_FEATURE_RMA;
    ucp_config_t* config = nullptr;
    good("ucp_config_read", ucp_config_read(nullptr, nullptr, &config));
    good("ucp_init", ucp_init(&params, config, &context_));
    ucp_config_release(config);
    ucp_worker_params_t single{};
    good("ucp_worker_create", ucp_worker_create(context_, &single, &worker_));
    ucp_address_t* address = nullptr;
    size_t length = 0;
    good("ucp_worker_get_address", ucp_worker_get_address(worker_, &address, &length));
    ucp_ep_params_t peer{};
    peer.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS;
    peer.address = address;
    good("ucp_ep_create", ucp_ep_create(worker_, &peer, &ep_));
    ucp_worker_release_address(worker_, address);
  }
  ~Ucx() override {
    const ucp_request_param_t how{};
    wait("ucp_ep_close_nbx", ucp_ep_close_nbx(ep_, &how));
    ucp_worker_destroy(worker_);
    ucp_cleanup(context_);
  }

  void write(const char* from, char* to, std::size_t bytes) override {
    ucp_mem_map_params_t what{};
    what.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH;
    what.address = to;
    what.length = bytes;
    ucp_mem_h memory = nullptr;
    good("ucp_mem_map", ucp_mem_map(context_, &what, &memory));
    void* packed = nullptr;
    size_t length = 0;
    good("ucp_rkey_pack", ucp_rkey_pack(context_, memory, &packed, &length));
    ucp_rkey_h key = nullptr;
    good("ucp_ep_rkey_unpack", ucp_ep_rkey_unpack(ep_, packed, &key));
    ucp_rkey_buffer_release(packed);

    const ucp_request_param_t how{};
    wait("ucp_put_nbx", ucp_put_nbx(ep_, from, bytes, reinterpret_cast<std::uintptr_t>(to), key, &how));
    wait("ucp_ep_flush_nbx", ucp_ep_flush_nbx(ep_, &how));
    ucp_rkey_destroy(key);
    good("ucp_mem_unmap", ucp_mem_unmap(context_, memory));
  }

 private:
  void wait(const char* what, ucs_status_ptr_t request) {
    if (!request) return;
    if (UCS_PTR_IS_ERR(request)) good(what, UCS_PTR_STATUS(request));
    ucs_status_t status;
    while ((status = ucp_request_check_status(request)) == UCS_INPROGRESS) ucp_worker_progress(worker_);
    ucp_request_free(request);
    good(what, status);
  }

  ucp_context_h context_ = nullptr;
  ucp_worker_h worker_ = nullptr;
  ucp_ep_h ep_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  AddressReuse reuse;
  reuse.read_settings("ucx_reuse", "UCX", argc, argv);
  Ucx ucx;
  return reuse.run(ucx);
}
