-- the invalidations that took longest from start to end
SELECT trace, time, duration / 1000 AS us, task, tgid, tid, reason, ("end" - start) / 4096 AS pages, mm FROM episodes
WHERE duration IS NOT NULL ORDER BY duration DESC LIMIT 20
