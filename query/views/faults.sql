-- lookups by hmm_range_fault(), retries included: a task's attempts at one range, up to the first one that does not collide
SELECT trace, host, min(time) AS time, max(until) AS until, max(until) - min(time) AS duration, tgid, process, tid, task, mm, sub, start, "end",
       count(*) AS attempts, count(*) FILTER (WHERE collided) AS collided,
       CASE WHEN sum(ret IS NULL) > 0 THEN NULL ELSE ifnull(sum(ret) FILTER (WHERE NOT collided), -16) END AS ret
  FROM (SELECT *, sum(begins) OVER (PARTITION BY trace, tgid, tid, sub, start, "end" ORDER BY time ROWS UNBOUNDED PRECEDING) AS number
          FROM (SELECT *, lag(ret) OVER (PARTITION BY trace, tgid, tid, sub, start, "end" ORDER BY time) IS NOT -16 AS begins FROM fault_attempts))
 GROUP BY trace, host, tgid, tid, sub, start, "end", number
