// SPDX-License-Identifier: Apache-2.0
// How a function says that it failed: a value or an Error that says what was tried and what the system answered.
//
//   Result<File> open(const Path&);             auto file = open(path);
//   if (!file) return file.error();             file->read();
//   return fail(errno, "cannot open ", path);   // "cannot open /x: Permission denied"
#pragma once

#include <cstring>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

namespace mirrorscope {

// One sentence for a person, without a full stop; code is the errno behind it, 0 if there is none.
struct [[nodiscard]] Error {
  std::string message;
  int code = 0;
};

// The parts are written one after the other; if code is not 0, what errno means follows after ": ".
template <class... Parts>
Error fail(int code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  if (code != 0) text << ": " << std::strerror(code);
  return Error{std::move(text).str(), code};
}

// Either a T or an Error. Asking for the one that is not there is a bug of the caller.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : holds_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: return value;
  Result(Error error) : holds_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: return fail(...);

  bool ok() const { return holds_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return *std::get_if<0>(&holds_); }
  const T& operator*() const& { return *std::get_if<0>(&holds_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&holds_)); }
  T* operator->() { return std::get_if<0>(&holds_); }
  const T* operator->() const { return std::get_if<0>(&holds_); }
  const Error& error() const { return *std::get_if<1>(&holds_); }

 private:
  std::variant<T, Error> holds_;
};

// Success without a value: return {};
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: return fail(...);

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace mirrorscope
