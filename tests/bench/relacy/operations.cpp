// SPDX-License-Identifier: Apache-2.0
// operations random|full EXECUTIONS: two threads with five operations each, in Relacy; the peer of `explore_scaled operations`.
//
// A full search ends when it has seen everything; it begins again until there were so many executions. Prints how many there were.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <relacy/relacy.hpp>

struct Operations : rl::test_suite<Operations, 2> {
  rl::atomic<int> x, y;
  void before() {
    x($) = 0;
    y($) = 0;
  }
  void thread(unsigned) {
    for (int i = 0; i < 5; ++i) (i & 1 ? y : x).fetch_add(1, rl::memory_order_seq_cst);
  }
};

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: operations random|full EXECUTIONS\n"), 2;
  const unsigned long wanted = std::strtoul(argv[2], nullptr, 10);
  unsigned long executions = 0;
  while (executions < wanted) {
    std::ostringstream log;
    rl::test_params p;
    p.output_stream = p.progress_stream = &log;
    p.iteration_count = wanted;
    p.search_type = std::strcmp(argv[1], "full") ? rl::random_scheduler_type : rl::fair_full_search_scheduler_type;
    if (!rl::simulate<Operations>(p)) return 1;
    executions += p.stop_iteration;
  }
  std::printf("%lu\n", executions);
  return 0;
}
