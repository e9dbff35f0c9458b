// SPDX-License-Identifier: Apache-2.0
// One pass over a trace for several engines, one thread each: whoever has nothing to judge reads ahead for all.
//
// Reading (checksums, merge, intake) is done once, in batches of pointers into packets, a list per engine in the order of time. A packet
// that the reader has moved on from belongs to the batch in which it did: no later one points into it, and batches are judged in order,
// so that its memory is free when every engine is done with that batch.
// There is no reader thread: the work of reading is less than that of judging, and would leave one thread idle.
#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "analyzer/engine/engine.h"
#include "trace/reading/merge.h"

namespace mirrorscope {

class SharedPass {
 public:
  // `read` is told of every batch: how many records and bytes it had. All arguments outlive the pass.
  using OnBatch = std::function<void(uint64_t records, uint64_t bytes)>;
  // `store` is the one that `merge` has.
  SharedPass(trace::Merge& merge, trace::BufferStore& store, std::span<const std::unique_ptr<Engine>> engines, OnBatch read);

  // To be run by as many threads as there are engines; returns when the engine has judged all that falls to it.
  void work(size_t shard);

 private:
  // Few enough that what was read for one thread is still in the cache when another one judges it.
  static constexpr size_t kRecords = 2048;
  static constexpr size_t kAhead = 8;
  // Of one engine; null: records were lost here.
  using List = std::vector<const ev_header*>;
  struct Batch {
    std::vector<List> lists;
    std::vector<trace::Buffer> packets;
  };

  bool read_batch(Batch& batch);
  void judge(Engine& engine, const List& list);
  bool room() const;

  trace::Merge& merge_;
  trace::BufferStore& store_;
  std::span<const std::unique_ptr<Engine>> engines_;
  Sharding sharding_;
  OnBatch read_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // the rest is guarded by mutex_; a batch belongs to its reader until read_count_ covers it, then to the engines
  std::array<Batch, kAhead> ring_;
  uint64_t read_count_ = 0;
  std::vector<uint64_t> judged_count_;  // by engine
  bool reading_ = false;                // somebody is
  bool at_end_ = false;
};

}  // namespace mirrorscope
