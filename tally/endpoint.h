// SPDX-License-Identifier: Apache-2.0
// Metrics over HTTP, for Prometheus: whatever other clients do, and to no page of a browser.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <memory>
#include <string>
#include <string_view>

namespace mirrorscope {

class Endpoint {
 public:
  // "127.0.0.1:9435", "[::1]:9435", "9435" (every address); port 0: one that is free. Null if that cannot be listened on, and `why`
  // says the reason.
  static std::unique_ptr<Endpoint> open(const std::string& address, const std::shared_ptr<prometheus::Collectable>& source, std::string& why);

  int port() const { return exposer_.GetListeningPorts().at(0); }

 private:
  explicit Endpoint(const std::string& address);

  prometheus::Exposer exposer_;
};

// Does every address of "ADDRESS:PORT,..." reach this machine only?
bool is_loopback(std::string_view addresses);
// Does a Host header name this machine by a name that no one else can give it: localhost, 127.0.0.0/8 or [::1], with a port or without?
bool names_loopback(std::string_view host);

}  // namespace mirrorscope
