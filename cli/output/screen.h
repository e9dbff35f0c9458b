// SPDX-License-Identifier: Apache-2.0
// A terminal that is redrawn line by line and gives single keys; as it was before when this is gone. At most one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "trace/result.h"

namespace mirrorscope::cli {

class Screen {
 public:
  static Result<Screen> open();

  // Lines that do not fit are cut; `bottom` stands in the last line. Lines that begin with a column title are shown in reverse.
  void draw(const std::vector<std::string>& lines, const std::string& bottom);
  // A key that was pressed; 0 if none.
  int key();
  size_t height() const;

 private:
  struct Restore {
    void operator()(void* screen) const;
  };
  explicit Screen(void* screen) : screen_(screen) {}
  std::unique_ptr<void, Restore> screen_;
};

}  // namespace mirrorscope::cli
