-- what drivers' callbacks took: interval notifiers' invalidate and mmu_notifiers' invalidate_range_start
SELECT trace, host, time, until, duration, cpu, tgid, process, tid, task, mm, 'interval' AS kind, fn_name AS function, fn, sub, range, start, "end", reason, flags & 1 AS blockable, ret = 0 AS refused
  FROM cb_enter_calls
UNION ALL
SELECT trace, host, time, until, duration, cpu, tgid, process, tid, task, mm, 'mmu' AS kind, fn_name AS function, fn, sub, range, start, "end", reason, flags & 1 AS blockable, ret <> 0 AS refused
  FROM hl_start_calls
