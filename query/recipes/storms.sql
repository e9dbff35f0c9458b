-- tenths of a second with the most invalidations of one process
SELECT trace, time / 100000000 / 10.0 AS second, tgid, process, count(*) AS invalidations FROM inv_start
GROUP BY trace, time / 100000000, tgid ORDER BY invalidations DESC LIMIT 20
