-- the callbacks that took longest
SELECT trace, time, duration / 1000 AS us, function, task, tgid, reason FROM callbacks
WHERE duration IS NOT NULL ORDER BY duration DESC LIMIT 20
