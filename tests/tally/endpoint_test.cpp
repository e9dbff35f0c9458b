// SPDX-License-Identifier: Apache-2.0
// Whether Prometheus gets its answer, whatever processes call themselves and whatever other clients do, and a browser's page gets none.
#include "tally/endpoint.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <vector>

#include "schema/shown.h"
#include "tally/metrics.h"

namespace mirrorscope {
namespace {

class Source final : public prometheus::Collectable {
 public:
  explicit Source(Tally tally) { metrics_.take(tally); }
  std::vector<prometheus::MetricFamily> Collect() const override { return metrics_.collect({}); }

 private:
  Metrics metrics_{100, "1", "k"};
};

Tally some(const std::vector<std::string>& names) {
  Tally tally;
  uint32_t tgid = 1;
  for (const std::string& name : names)
    for (const uint32_t kind : {MS_tally_invalidate, MS_tally_callback, MS_tally_pin}) {
      TallyRow row;
      row.tgid = tgid++;
      row.kind = kind;
      row.what = kind == MS_tally_pin ? "" : kind == MS_tally_callback ? shown(name) : "unmap";
      row.comm = shown(name);  // as Tallying names its rows
      row.calls = row.times.count = row.times.steps[3] = 7;
      tally.rows.push_back(row);
    }
  return tally;
}

class Client {
 public:
  explicit Client(int port, const std::string& bytes = "") {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    say(bytes);
  }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  void say(const std::string& bytes) const {
    if (bytes.empty()) return;
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // One byte; false if nobody is there any more.
  bool drip() const { return send(fd_, "x", 1, MSG_NOSIGNAL) == 1; }
  // Up to the end, or as far as it comes in so long.
  std::string answer(std::chrono::seconds at_most) const {
    const auto until = std::chrono::steady_clock::now() + at_most;
    std::string all;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      pollfd waits{fd_, POLLIN, 0};
      if (left.count() <= 0 || poll(&waits, 1, static_cast<int>(left.count())) <= 0) return all;
      char chunk[65536];
      const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
      if (got <= 0) return all;
      all.append(chunk, static_cast<size_t>(got));
    }
  }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

std::string request(const std::string& host) { return "GET /metrics HTTP/1.1\r\n" + (host.empty() ? host : "Host: " + host + "\r\n") + "\r\n"; }

class Served : public testing::Test {
 protected:
  void serve(const std::vector<std::string>& names, const std::string& address = "127.0.0.1:0") {
    source_ = std::make_shared<Source>(some(names));
    std::string why;
    endpoint_ = Endpoint::open(address, source_, why);
    ASSERT_TRUE(endpoint_) << why;
  }
  std::string scrape(const std::string& host = "127.0.0.1") const { return Client(endpoint_->port(), request(host)).answer(std::chrono::seconds(10)); }

  std::shared_ptr<Source> source_;
  std::unique_ptr<Endpoint> endpoint_;
};

TEST_F(Served, whatever_processes_call_themselves_promtool_reads_it) {
  serve({"a\xff\xfe\xc0\x80" "b", "\x1b[2J\x07", "x\ny{z=\"1\"} 2", "\"};evil 1\n#", "\\", "\\n", "\xc3", "\xe2\x80\xaegnp", "# HELP x", "plain", ""});
  const std::string answer = scrape();
  ASSERT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("process=\"plain\""), std::string::npos);
  EXPECT_NE(answer.find("process=\"a\\\\xff\\\\xfe\\\\xc0\\\\x80b\""), std::string::npos);
  std::FILE* promtool = popen("promtool check metrics", "w");
  ASSERT_TRUE(promtool);
  std::fputs(answer.c_str() + answer.find("\r\n\r\n") + 4, promtool);
  EXPECT_EQ(pclose(promtool), 0);
}

TEST_F(Served, clients_that_say_half_a_request_or_nothing_do_not_hold_it) {
  serve({"plain"});
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 100; ++i) held.push_back(std::make_unique<Client>(endpoint_->port(), i % 2 ? "GET /metrics HTTP/1.1\r\nHo" : ""));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(scrape().starts_with("HTTP/1.1 200 ")) << "within what Prometheus waits";
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
}

TEST_F(Served, three_that_hold_on_do_not_even_slow_it_down) {
  serve({"plain"});
  std::vector<std::unique_ptr<Client>> held;
  for (int i = 0; i < 3; ++i) held.push_back(std::make_unique<Client>(endpoint_->port(), "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(scrape().starts_with("HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  // and a byte now and then does not buy them more time: they are seen off
  for (int i = 0; i < 12; ++i) {
    usleep(400'000);
    for (const auto& client : held) client->drip();
  }
  for (const auto& client : held) EXPECT_FALSE(client->drip());
}

TEST_F(Served, a_page_whose_name_leads_here_is_refused) {
  serve({"plain"});
  const std::string port = std::to_string(endpoint_->port());
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "evil.example:9435", "10.0.0.1", "[::2]", "127.0.0.1:1:2",
                                  "localhost@evil.example", "0.0.0.0"}) {
    const std::string answer = scrape(host);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << host << ": " << answer;
    EXPECT_EQ(answer.find("mirrorscope_"), std::string::npos) << host;
  }
  for (const std::string& host : {std::string("127.0.0.1"), "127.0.0.1:" + port, "localhost:" + port, std::string("LocalHost"), std::string("[::1]:80"), std::string("127.8.7.6")})
    EXPECT_TRUE(scrape(host).starts_with("HTTP/1.1 200 ")) << host;
}

TEST_F(Served, an_address_of_the_network_is_asked_for_by_any_name) {
  serve({"plain"}, "0.0.0.0:0");
  EXPECT_TRUE(scrape("metrics.example:9435").starts_with("HTTP/1.1 200 "));
}

TEST_F(Served, an_address_that_is_taken_or_none_is_said) {
  serve({});
  std::string why;
  EXPECT_FALSE(Endpoint::open("127.0.0.1:" + std::to_string(endpoint_->port()), source_, why));
  EXPECT_FALSE(why.empty());
  EXPECT_FALSE(Endpoint::open("nonsense", source_, why));
}

TEST(Endpoint, knows_which_addresses_are_this_machine) {
  for (const char* all : {"127.0.0.1:9435", "[::1]:9435", "localhost:1", "127.0.0.1:1,[::1]:1"}) EXPECT_TRUE(is_loopback(all)) << all;
  for (const char* all : {"9435", "0.0.0.0:9435", "[::]:9435", "10.0.0.1:1", "127.0.0.1:1,10.0.0.1:1", "+9435", ""}) EXPECT_FALSE(is_loopback(all)) << all;
}

}  // namespace
}  // namespace mirrorscope
