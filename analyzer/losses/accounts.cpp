// SPDX-License-Identifier: Apache-2.0
// How numbers and times are compared with what the recorder noted.
#include "analyzer/losses/accounts.h"

#include <algorithm>

namespace mirrorscope {

namespace {
// Numbers have 32 bits in a record; those compared here are less than 2^31 apart.
int64_t ahead(uint64_t a, uint64_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b)); }
}  // namespace

// A stream of which nothing has been read may begin anywhere, more than 2^31 behind its 0, too: its front was deleted.
int64_t StreamAccounts::to_come(const Cpu& c, uint64_t next) {
  return c.next == kNone || !c.last_time ? static_cast<int64_t>(next) : ahead(next, c.next);
}

StreamAccounts::Cpu& StreamAccounts::cpu(uint16_t number) {
  if (number >= cpus_.size()) {
    Cpu fresh;
    if (facts_.recorded) fresh.next = 0;  // bpf/emit.bpf.h: each CPU counts from 0
    cpus_.resize(number + size_t{1}, fresh);
  }
  return cpus_[number];
}

bool StreamAccounts::take(const ev_header& h, LossLog& losses) {
  Cpu& c = cpu(h.cpu);
  bool missing = false;
  if (c.next != kNone && c.next != h.seq) {
    const bool front = c.last_time == 0;
    // a number that comes again says that something is missing, not how much
    const int64_t many = std::max<int64_t>(1, to_come(c, h.seq));
    const uint64_t told = std::min(c.short_by, static_cast<uint64_t>(many));
    losses.add({c.last_time, h.time, static_cast<uint64_t>(many) - told,
                static_cast<uint32_t>(front && facts_.begins_in_middle ? MS_loss_deleted : MS_loss_gap), 0, h.cpu});
    c.missing += static_cast<uint64_t>(many);
    missing = true;
  } else if (c.short_by) {
    // said to be missing, and there it is: not the record is wrong but its time
    losses.take_back(MS_loss_stream_short, c.short_by);
    clock_is_wrong(c, h.cpu, losses);
  }
  c.short_by = 0;
  // All records that were counted are as old as the last of them, and the others are not older: this is one of another recording.
  if (c.account_next && (ahead(h.seq, c.account_next) < 0 ? h.time > c.account_time + kClockMargin : h.time + kClockMargin < c.account_time))
    clock_is_wrong(c, h.cpu, losses);
  if (c.noted != kNone) {
    const int64_t past = ahead(h.seq, c.noted);
    if (past == 0) compare(c, h.cpu, h.time, losses);
    if (past >= 0) c.noted = kNone;
  }
  if (!c.last_time) c.first_time = h.time;
  c.next = h.seq + 1u;
  c.last_time = h.time;
  see_what_is_plain(c);
  return missing;
}

// The same questions as take() asks of a record that has the number that should come.
void StreamAccounts::see_what_is_plain(Cpu& c) {
  c.plain_from = 0;
  c.plain_until = UINT64_MAX;
  if (!c.last_time || c.short_by) {
    c.plain_from = UINT64_MAX;
    c.plain_until = 0;
  } else if (c.noted != kNone) {
    c.plain_until = c.account_time > UINT64_MAX - kClockMargin ? UINT64_MAX : c.account_time + kClockMargin;
  } else if (c.account_next) {
    c.plain_from = c.account_time - std::min(c.account_time, kClockMargin);
  }
}

// The last record that an account counts is there: was it made when the recorder noted?
void StreamAccounts::compare(Cpu& c, uint16_t number, uint64_t time, LossLog& losses) {
  const uint64_t apart = time > c.noted_time ? time - c.noted_time : c.noted_time - time;
  if (apart > kClockMargin) clock_is_wrong(c, number, losses);
  c.found_until = c.noted_time;
}

// Since when is not known, so nothing that compares this CPU with another can be believed, before or after.
void StreamAccounts::clock_is_wrong(Cpu& c, uint16_t number, LossLog& losses) {
  if (c.clock_said) return;
  c.clock_said = true;
  losses.add({0, UINT64_MAX, 0, MS_loss_clock, 0, number});
}

// All records that the last account counts are older than `now`: where are they? Behind the last one that is there, if nobody has given the others
// new numbers; behind the last that was counted in any case.
bool StreamAccounts::overdue(Cpu& c, uint16_t number, uint64_t now, LossLog& losses) {
  if (!c.account_next) return false;
  const int64_t missing = to_come(c, c.account_next);
  if (missing <= 0 || static_cast<uint64_t>(missing) <= c.short_by) return false;
  losses.add({std::min(c.last_time, c.found_until), now, static_cast<uint64_t>(missing) - c.short_by, MS_loss_stream_short, 0, number});
  c.short_by = static_cast<uint64_t>(missing);
  return true;
}

bool StreamAccounts::take(const ev_cpu_account& e, LossLog& losses) {
  if (e.on_cpu >= MS_ABOUT_CPU) return false;
  const auto number = static_cast<uint16_t>(e.on_cpu);
  Cpu& c = cpu(number);
  const bool late = e.h.time > c.account_time + kClockMargin && overdue(c, number, e.h.time, losses);
  if (e.last) delivered_ += e.delivered;
  if (e.next) note(c, number, e, losses);
  see_what_is_plain(c);
  return late;
}

// How far the stream has come by then, and when.
void StreamAccounts::note(Cpu& c, uint16_t number, const ev_cpu_account& e, LossLog& losses) {
  c.account_next = e.next;
  c.account_time = e.last_time;
  c.noted = kNone;
  c.noted_time = e.last_time;
  const int64_t many = to_come(c, e.next);
  if (many > 0)
    c.noted = static_cast<uint32_t>(e.next - 1);
  else if (many == 0)
    compare(c, number, c.last_time, losses);
  else
    clock_is_wrong(c, number, losses);  // records that were made after the account stand before it
}

// A record that is lost takes a number; where no record follows it only the head of a packet says so.
void StreamAccounts::heads_say(uint16_t number, uint64_t discarded, LossLog& losses) {
  Cpu& c = cpu(number);
  if (c.next == kNone || discarded <= c.missing + c.short_by) return;
  losses.add({0, UINT64_MAX, discarded - c.missing - c.short_by, MS_loss_discarded, 0, number});
}

// Records of a CPU that the recorder never counted, or behind what it counted last.
bool StreamAccounts::uncounted(const Cpu& c, const End& end) {
  if (!c.last_time) return false;
  if (!c.account_next) return end.stopped || c.first_time + kClockMargin < end.accounted_until;
  return end.stopped && ahead(c.next, c.account_next) > 0;
}

void StreamAccounts::finish(const End& end, LossLog& losses) {
  for (size_t i = 0; i < cpus_.size(); ++i) {
    const auto number = static_cast<uint16_t>(i);
    // what a stream lacks at its end happened at the latest when it was counted
    overdue(cpus_[i], number, std::max(end.last_time, cpus_[i].account_time), losses);
    // whose records these are nobody knows, so nothing can be believed that was judged with them
    if (facts_.recorded && uncounted(cpus_[i], end)) losses.add({0, UINT64_MAX, 0, MS_loss_no_account, 0, number});
  }
}

}  // namespace mirrorscope
