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

void Mirror::on(const ev_migrate_setup& e, Facts& f) {
  Call& c = *enter(e.h, f, e.args);
  c.start = e.start;
  c.end = e.end;
  migration_of(f, e.args);
}

void Mirror::on(const ev_migrate_setup_ret& e, Facts& f) {
  leave(e.h, f, e.args);
  Migration* m = migration_of(f, e.args);
  if (e.ret != 0 || e.cpages == 0) {
    // nothing is collected or locked: pages and finalize may follow or not
    if (m) f.task->migrations.erase(m);
    return;
  }
  Migration fresh;
  fresh.args = e.args;
  fresh.mm = e.h.mm;
  fresh.setup = EventRef::of(e.h);
  fresh.src_hash = e.src_hash;
  fresh.cpages = e.cpages;
  if (m)
    *m = fresh;
  else
    f.task->migrations.push(fresh);
}

void Mirror::on(const ev_migrate_pages& e, Facts& f) {
  enter(e.h, f, e.args);
  migration_of(f, e.args);
}

void Mirror::on(const ev_migrate_pages_ret& e, Facts& f) {
  leave(e.h, f, e.args);
  if (Migration* m = migration_of(f, e.args)) {
    m->pages_done = true;
    m->pages = EventRef::of(e.h);
    m->dst_hash = e.dst_hash;
  }
}

void Mirror::on(const ev_migrate_finalize& e, Facts& f) {
  enter(e.h, f, e.args);
  if (Migration* m = migration_of(f, e.args)) f.task->migrations.erase(m);
}

void Mirror::on(const ev_migrate_finalize_ret& e, Facts& f) { leave(e.h, f, e.args); }

}  // namespace mirrorscope
