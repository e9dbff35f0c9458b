-- time in callbacks, by process and function
SELECT trace, tgid, process, function, count(*) AS calls, sum(duration) / 1000 AS total_us, max(duration) / 1000 AS max_us FROM callbacks
GROUP BY trace, tgid, function ORDER BY total_us DESC LIMIT 50
