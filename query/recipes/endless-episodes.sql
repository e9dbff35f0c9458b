-- invalidations whose end is not in the trace
SELECT trace, time, task, tgid, tid, reason, mm FROM episodes WHERE until IS NULL ORDER BY time LIMIT 100
