// SPDX-License-Identifier: Apache-2.0
// A report as one file for a browser: no network, no other file.
#pragma once

#include <span>
#include <string>

#include "report/page/survey.h"
#include "report/render/format.h"

namespace mirrorscope {

// One survey per document, null for a merged result. `folder`: where the page will lie, which links to hosts' own pages begin from.
std::string to_page(std::span<const Document> documents, std::span<const Survey* const> surveys, const std::string& folder);
// The data in it, as JSON that may stand in a <script>: no character of it can end the element.
std::string page_data(std::span<const Document> documents, std::span<const Survey* const> surveys, const std::string& folder);

// What web/bundle.js made of web/: the page before and after the data.
extern const std::span<const std::string_view> page_before;
extern const std::span<const std::string_view> page_after;

}  // namespace mirrorscope
