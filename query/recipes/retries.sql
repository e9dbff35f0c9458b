-- range faults and how many of them collided, by process
SELECT trace, tgid, task, count(*) AS faults, sum(collided) AS collided, max(duration) / 1000 AS max_us FROM faults
GROUP BY trace, tgid ORDER BY collided DESC, faults DESC
