-- interval notifiers that are inserted and not removed when the trace ends
SELECT trace, time, tgid, task, sub, invalidate_name AS callback, (last - start + 1) / 4096 AS pages FROM subs
WHERE until IS NULL AND ret = 0 ORDER BY pages DESC LIMIT 100
