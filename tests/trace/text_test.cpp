// SPDX-License-Identifier: Apache-2.0
// A record as text, and back.
#include "trace/text/text.h"

#include "trace/text/errno_names.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

std::string reprinted(std::string_view line) {
  auto record = parse_record(line);
  return record ? to_text(record->header()) : record.error().message;
}

std::string error_of(std::string_view line) {
  auto record = parse_record(line);
  return record ? "" : record.error().message;
}

template <class Event>
Event parsed(std::string_view line) {
  auto record = parse_record(line);
  EXPECT_TRUE(record) << record.error().message;
  Event e{};
  if (record) std::memcpy(&e, record->bytes.data(), sizeof e);
  return e;
}

TEST(Text, EveryEventRoundTrips) {
  for (const EventInfo& e : catalog::events) {
    for (uint32_t seq = 0; seq < 50; seq++) {
      const AnyRecord r = record_of(e.id, static_cast<uint16_t>(seq % 3 == 0 ? 0xffff : seq), seq, uint64_t{1234567890} * seq);
      auto back = parse_record(to_text(r.header()));
      ASSERT_TRUE(back) << to_text(r.header()) << "\n" << back.error().message;
      EXPECT_EQ(back->bytes, r.bytes) << to_text(r.header());
    }
  }
}

TEST(Text, EveryLabelRoundTrips) {
  for (const EventInfo& e : catalog::events)
    for (const FieldInfo& f : e.fields) {
      if (f.labels == nullptr) continue;
      for (const EnumValue& v : f.labels->values) {
        const std::string pair = " " + std::string(f.name) + "=" + std::string(v.label);
        EXPECT_NE((reprinted(std::string(e.name) + pair) + " ").find(pair + " "), std::string::npos) << e.name << pair;
      }
    }
}

TEST(Text, OneLine) {
  EXPECT_EQ(
      reprinted("inv_start_ret start=0x1000 end=0x3000 reason=migrate seq=7 ret=-EAGAIN h.seq=4 time=12000345678 cpu=1 "
                "tid=5 tgid=6 mm=0xff"),
      "[12.000345678] cpu1 #4 5/6 inv_start_ret mm=0xff range=0x0 start=0x1000 end=0x3000 owner=0x0 seq=7 active=0 "
      "reason=migrate flags=0 has_itree=0 ret=-EAGAIN");
}

TEST(Text, WhatIsNotSaidIsZero) {
  const auto e = parsed<ev_dev_map>("dev_map start=4096");
  EXPECT_EQ(e.start, 4096u);
  EXPECT_EQ(e.end, 0u);
  EXPECT_EQ(e.h.time, 0u);
  EXPECT_EQ(e.h.id, EV_dev_map);
}

TEST(Text, SeqIsTheEventsWhereItHasOne) {
  const auto with = parsed<ev_inv_start>("inv_start seq=7 h.seq=3");
  EXPECT_EQ(with.seq, 7u);
  EXPECT_EQ(with.h.seq, 3u);
  EXPECT_EQ(parsed<ev_dev_unmap>("dev_unmap seq=9").h.seq, 9u);
}

TEST(Text, Numbers) {
  EXPECT_EQ(parsed<ev_inv_start>("inv_start start=0xffffffffffffffff stack=-1").start, UINT64_MAX);
  EXPECT_EQ(parsed<ev_inv_start>("inv_start stack=-1").stack, -1);
  EXPECT_EQ(parsed<ev_inv_start>("inv_start stack=-2147483648").stack, INT32_MIN);
  EXPECT_EQ(parsed<ev_pin_ret>("pin_ret ret=-14").ret, -14);
  EXPECT_EQ(parsed<ev_pin_ret>("pin_ret ret=-EFAULT").ret, -14);
  EXPECT_EQ(parsed<ev_pin_ret>("pin_ret ret=-9223372036854775808").ret, INT64_MIN);
  EXPECT_EQ(parsed<ev_inv_start>("inv_start reason=77").reason, 77u);
  EXPECT_EQ(parsed<ev_task_name>("task_name cpu=about").h.cpu, about_stream);
}

TEST(Text, CharsAndArrays) {
  EXPECT_STREQ(parsed<ev_task_name>("task_name comm=bash").comm, "bash");
  EXPECT_STREQ(parsed<ev_task_name>("task_name comm=\"a \\\"b\\\" \\\\\" task=3").comm, "a \"b\" \\");
  EXPECT_EQ(parsed<ev_task_name>("task_name comm=\"a \\\"b\\\" \\\\\" task=3").task, 3u);
  EXPECT_STREQ(parsed<ev_task_name>("task_name comm=\"\\x41\"").comm, "A");
  const auto s = parsed<ev_stack>("stack id=2 depth=3 frame=0x1,0x2,3");
  EXPECT_EQ(s.frame[0], 1u);
  EXPECT_EQ(s.frame[2], 3u);
  EXPECT_EQ(s.frame[3], 0u);
}

TEST(Text, Prefix) {
  const auto e = parsed<ev_dev_map>("  [1.000000002] cpu3 #4 5/6   dev_map\tstart=1");
  EXPECT_EQ(e.h.time, 1'000'000'002u);
  EXPECT_EQ(e.h.cpu, 3);
  EXPECT_EQ(e.h.seq, 4u);
  EXPECT_EQ(e.h.tid, 5u);
  EXPECT_EQ(e.h.tgid, 6u);
}

TEST(Text, Errors) {
  EXPECT_EQ(error_of(""), "column 1: the line ends, expected the name of an event");
  EXPECT_EQ(error_of("inv_begin start=1"), "column 1: 'inv_begin start=1' found, expected the name of an event");
  EXPECT_EQ(error_of("dereg begin=1"),
            "column 7: 'begin=1' found, expected a field of dereg: ctx, start, end, driver, dirty, time, cpu, seq, mm, "
            "tid, tgid");
  EXPECT_EQ(error_of("dereg start"), "column 12: the line ends, expected =");
  EXPECT_EQ(error_of("dereg start="),
            "column 13: the line ends, expected a number of 64 bit without a sign, decimal or 0x");
  EXPECT_EQ(error_of("dereg start=-1"),
            "column 13: '-1' found, expected a number of 64 bit without a sign, decimal or 0x");
  EXPECT_EQ(error_of("dereg start=0x"),
            "column 13: '0x' found, expected a number of 64 bit without a sign, decimal or 0x");
  EXPECT_EQ(error_of("dereg dirty=4294967296"),
            "column 13: '4294967296' found, expected a number of 32 bit without a sign, decimal or 0x");
  EXPECT_EQ(error_of("inv_start_ret ret=-EGAIN"),
            "column 19: '-EGAIN' found, expected a number of 32 bit or an error like -EAGAIN");
  EXPECT_EQ(error_of("dereg driver=rdma"),
            "column 14: 'rdma' found, expected one of none, ib_umem_odp, rxe_odp, ib_umem, rxe, model, reference, kvm, io_uring, vfio, "
            "drm_gpusvm, xe_userptr, amdgpu_userptr, kfd_userptr, kfd_svm, i915_userptr, hfi1, gntdev, amdxdna, mlx5, "
            "drm_pagemap, xe_svm, nouveau, hook");
  EXPECT_EQ(error_of("task_name comm=12345678901234567"),
            "column 16: '12345678901234567' found, expected text of at most 16 bytes");
  EXPECT_EQ(error_of("task_name comm=\"ba"), "column 19: the line ends, expected a closing quote");
  EXPECT_EQ(error_of("[1.5] cpu0 #1 1/1 dereg"),
            "column 2: '1.5] cpu0 #1 1/1 dereg' found, expected a time like 12.000345678]");
  EXPECT_EQ(error_of("[1.000000005] 0 #1 1/1 dereg"),
            "column 15: '0 #1 1/1 dereg' found, expected a CPU like cpu0, or about");
}

TEST(Text, ErrnoNames) {
  EXPECT_EQ(errno_name(11), "EAGAIN");
  EXPECT_EQ(errno_name(512), "ERESTARTSYS");
  EXPECT_EQ(errno_name(0), "");
  EXPECT_EQ(errno_name(4000), "");
  for (int i = 1; i < 600; i++) {
    if (!errno_name(i).empty()) {
      EXPECT_EQ(errno_named(errno_name(i)), i);
    }
  }
}

}  // namespace
}  // namespace mirrorscope::trace
