// SPDX-License-Identifier: Apache-2.0
// Where each migration is between migrate_vma_setup() and migrate_vma_finalize() (mm/migrate_device.c).
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

// The migration of this task on these args, copied to facts as it was before the record.
Migration* Mirror::migration_of(Facts& f, uint64_t args) {
  for (Migration& m : f.task->migrations) {
    if (m.args != args) continue;
    f.has_migration = true;
    f.migration = m;
    return &m;
  }
  return nullptr;
}

// The mm is gone, and its pages with it.
void Mirror::drop_migrations(Task& t, const Mm& mm, Facts& f) {
  for (int i = t.migrations.count - 1; i >= 0; --i) {
    Migration& m = t.migrations.items[static_cast<size_t>(i)];
    if (m.mm != mm.ptr) continue;
    if (!m.finalized) f.unfinished.push(m);
    t.migrations.erase(&m);
    --migrations_;
  }
}

void Mirror::on(const ev_migrate_setup& e, Facts& f) {
  Call& c = *enter(e.h, f, e.args);
  c.start = e.start;
  c.end = e.end;
  if (Migration* m = migration_of(f, e.args)) {
    f.task->migrations.erase(m);
    --migrations_;
  }
}

void Mirror::on(const ev_migrate_setup_ret& e, Facts& f) {
  leave(e.h, f, e.args);
  mm_of(e.h, f);
  auto& migrations = f.task->migrations;
  if (Migration* m = migration_of(f, e.args)) {
    migrations.erase(m);
    --migrations_;
  }
  // nothing is collected or locked: pages and finalize may follow or not
  if (e.ret != 0 || e.cpages == 0) return;
  Migration fresh;
  fresh.args = e.args;
  fresh.mm = e.h.mm;
  fresh.setup = EventRef::of(e.h);
  fresh.src_hash = e.src_hash;
  fresh.cpages = e.cpages;
  fresh.sampled = e.sampled;
  // cpages counts holes too, and a hole has no page to lock
  fresh.locked = e.src_migrate > 0;
  for (Migration& m : migrations)
    if (m.finalized) {
      m = fresh;
      return;
    }
  if (migrations.push(fresh)) ++migrations_;
}

void Mirror::on(const ev_migrate_pages& e, Facts& f) {
  enter(e.h, f, e.args);
  if (Migration* m = migration_of(f, e.args)) m->pages = EventRef::of(e.h);
}

void Mirror::on(const ev_migrate_pages_ret& e, Facts& f) {
  leave(e.h, f, e.args);
  Migration* m = migration_of(f, e.args);
  if (!m) return;
  if (!m->pages) m->pages = EventRef::of(e.h);
  m->pages_done = true;
  m->dst_hash = e.dst_hash;
}

void Mirror::on(const ev_migrate_finalize& e, Facts& f) {
  enter(e.h, f, e.args);
  if (Migration* m = migration_of(f, e.args)) {
    m->finalized = EventRef::of(e.h);
  } else if (e.cpages && migrations_) {
    // what another task set up and handed over
    tasks_.each([&](Task& t) {
      for (Migration& other : t.migrations)
        if (other.args == e.args) other.finalized = EventRef::of(e.h);
    });
  }
}

void Mirror::on(const ev_migrate_finalize_ret& e, Facts& f) {
  leave(e.h, f, e.args);
  Migration* m = migration_of(f, e.args);
  if (m && !m->finalized) m->finalized = EventRef::of(e.h);  // its entry was not seen
}

}  // namespace mirrorscope
