// SPDX-License-Identifier: Apache-2.0
// What a query may not do: write, attach, load, configure.
#pragma once

#include <sqlite3.h>

#include <string>

namespace mirrorscope::query {

class Guard {
 public:
  // From now on; the Guard outlives the connection.
  void watch(sqlite3* db);
  // What we do ourselves it lets pass.
  void leave(sqlite3* db);
  // What was refused since it was last asked, empty: nothing.
  std::string refused();

 private:
  static int decide(void* self, int action, const char* first, const char* second, const char* database,
                    const char* inner);
  std::string refused_;
};

}  // namespace mirrorscope::query
