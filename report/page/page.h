// SPDX-License-Identifier: Apache-2.0
// A report as one file for a browser: no network, no other file.
#pragma once

#include <span>
#include <string>

#include "report/compare/compare.h"
#include "report/page/survey.h"
#include "report/render/format.h"

namespace mirrorscope {

// What the page is told besides its traces.
struct PageContext {
  std::string folder;                    // where the page will lie, which links to hosts' own pages begin from
  const Comparison* comparison = nullptr;  // with the runs before, null if there are none
  ComparisonText sides{};                // of the comparison
};

// One survey per document, null for a merged result.
std::string to_page(std::span<const Document> documents, std::span<const Survey* const> surveys, const PageContext& context);
// The data in it, as JSON that may stand in a <script>: no character of it can end the element.
std::string page_data(std::span<const Document> documents, std::span<const Survey* const> surveys, const PageContext& context);

// What web/bundle.js made of web/: the page before and after the data.
extern const std::span<const std::string_view> page_before;
extern const std::span<const std::string_view> page_after;

}  // namespace mirrorscope
