// SPDX-License-Identifier: Apache-2.0
// Who reads, who judges and who waits.
#include "verify/shared_pass.h"

#include <algorithm>

namespace mirrorscope {

SharedPass::SharedPass(trace::Merge& merge, trace::BufferStore& store, std::span<const std::unique_ptr<Engine>> engines, OnBatch read)
    : merge_(merge), store_(store), engines_(engines), sharding_(static_cast<uint32_t>(engines.size())), read_(std::move(read)), judged_count_(engines.size()) {
  for (Batch& batch : ring_) batch.lists.resize(engines.size());
}

void SharedPass::work(size_t shard) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (judged_count_[shard] < read_count_) {
      const List& list = ring_[judged_count_[shard] % kAhead].lists[shard];
      lock.unlock();
      judge(*engines_[shard], list);
      lock.lock();
      ++judged_count_[shard];
    } else if (at_end_) {
      return;
    } else if (!reading_ && room()) {
      // as far as there is room: the others have something to do for a while when it is our turn to judge
      reading_ = true;
      while (!at_end_ && room()) {
        Batch& batch = ring_[read_count_ % kAhead];
        lock.unlock();
        const bool more = read_batch(batch);
        lock.lock();
        ++read_count_;
        at_end_ = !more;
        changed_.notify_all();
      }
      reading_ = false;
    } else {
      changed_.wait(lock);
      continue;
    }
    changed_.notify_all();
  }
}

// Is there a batch that every engine is done with?
bool SharedPass::room() const {
  return read_count_ - *std::min_element(judged_count_.begin(), judged_count_.end()) < kAhead;
}

bool SharedPass::read_batch(Batch& batch) {
  for (List& list : batch.lists) list.clear();
  store_.give_back(batch.packets);
  Intake& intake = engines_.front()->intake();
  uint64_t bytes = 0;
  size_t n = 0;
  const ev_header* record = nullptr;
  while (n < kRecords && (record = merge_.next())) {
    ++n;
    bytes += record_sizes[record->id];
    const Intake::Order order = intake.take(*record);
    if (order.forget) [[unlikely]]
      for (List& list : batch.lists) list.push_back(nullptr);
    if (!order.judge) continue;
    const uint32_t shard = sharding_.of(*record);
    if (shard != Sharding::every) {
      batch.lists[shard].push_back(record);
    } else {
      for (List& list : batch.lists) list.push_back(record);
    }
  }
  batch.packets = store_.left();
  read_(n, bytes);
  return record != nullptr;
}

void SharedPass::judge(Engine& engine, const List& list) {
  constexpr size_t kPrefetch = 8;
  for (size_t i = 0; i < list.size(); ++i) {
    // another thread may have read it, into its own cache; an address without a record behind it is nothing to fetch, and no error
    if (i + kPrefetch < list.size()) {
      const auto ahead = reinterpret_cast<uintptr_t>(list[i + kPrefetch]);
      __builtin_prefetch(reinterpret_cast<const void*>(ahead));
      __builtin_prefetch(reinterpret_cast<const void*>(ahead + 64));
    }
    if (list[i])
      engine.judge(*list[i]);
    else
      engine.forget();
  }
}

}  // namespace mirrorscope
