// SPDX-License-Identifier: Apache-2.0
// How civetweb, the server inside prometheus-cpp, is told what it must not do.
#include "tally/endpoint.h"

#include <CivetServer.h>
#include <arpa/inet.h>
#include <strings.h>

#include <exception>
#include <vector>

namespace mirrorscope {

namespace {

// A connection takes a thread from its first byte on, or without one, until its request is there. It gets two seconds for that, and two for
// each piece of the answer: 32 threads then see off 16 idle connections a second, and Prometheus waits ten seconds for an answer.
std::vector<std::string> options_for(const std::string& address) {
  return {"listening_ports",  address, "num_threads",        "32",  "request_timeout_ms", "2000",
          "connection_queue", "256",   "enable_keep_alive",  "no",  "max_request_size",   "8192"};
}

// A page that somebody has open in a browser here can have its own name resolved to 127.0.0.1 and then read what we serve ("DNS
// rebinding"). The browser still says which name it asks for.
int refuse_other_hosts(mg_connection* connection) {
  const char* host = mg_get_header(connection, "Host");
  if (!host || names_loopback(host)) return 0;  // civetweb goes on
  mg_send_http_error(connection, 403, "%s", "This is served to this machine, by the name of localhost or 127.0.0.1.");
  return 403;
}

const CivetCallbacks& callbacks_for(const std::string& address) {
  static const CivetCallbacks any;
  static const CivetCallbacks local = [] {
    CivetCallbacks callbacks;
    callbacks.begin_request = refuse_other_hosts;
    return callbacks;
  }();
  return is_loopback(address) ? local : any;
}

bool is_loopback_host(std::string_view host) {
  std::string text(host);
  if (text.size() > 1 && text.front() == '[' && text.back() == ']') {
    in6_addr v6{};
    text = text.substr(1, text.size() - 2);
    return inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
  }
  in_addr v4{};
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  return strcasecmp(text.c_str(), "localhost") == 0 || strcasecmp(text.c_str(), "localhost.") == 0;
}

}  // namespace

bool names_loopback(std::string_view host) {
  const size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  const std::string_view port = end < host.size() ? host.substr(end) : std::string_view();
  if (!port.empty() && (port[0] != ':' || port.find_first_not_of("0123456789", 1) != std::string_view::npos)) return false;
  return is_loopback_host(host.substr(0, end));
}

bool is_loopback(std::string_view addresses) {
  for (;;) {
    const size_t comma = addresses.find(',');
    const std::string_view one = addresses.substr(0, comma);
    const size_t colon = one.rfind(':');
    if (colon == std::string_view::npos || !is_loopback_host(one.substr(0, colon))) return false;
    if (comma == std::string_view::npos) return true;
    addresses.remove_prefix(comma + 1);
  }
}

Endpoint::Endpoint(const std::string& address) : exposer_(options_for(address), &callbacks_for(address)) {}

std::unique_ptr<Endpoint> Endpoint::open(const std::string& address, const std::shared_ptr<prometheus::Collectable>& source, std::string& why) {
  try {
    std::unique_ptr<Endpoint> endpoint(new Endpoint(address));
    endpoint->exposer_.RegisterCollectable(source);
    return endpoint;
  } catch (const std::exception& error) {
    why = error.what();
    return nullptr;
  }
}

}  // namespace mirrorscope
