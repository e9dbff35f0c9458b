-- inv_start inv_start_ret inv_end inv_end_ret itree_end itree_end_ret mm_exit_ret
WITH steps AS MATERIALIZED (
  -- a start that failed is not ended
  SELECT mm, tgid, tid, range, start, "end", time, 1 AS opens FROM inv_start_calls WHERE ret IS NULL OR ret = 0
  UNION ALL SELECT mm, tgid, tid, range, start, "end", time, -1 FROM inv_end),
-- how deep in its task: an end is as deep as the start that it belongs to, innermost first
deep AS (SELECT *, sum(opens) OVER (PARTITION BY tgid, tid ORDER BY time ROWS UNBOUNDED PRECEDING) + (opens < 0) AS level FROM steps),
pairs AS MATERIALIZED (
  SELECT *, lag(opens) OVER level AS before, lag(range) OVER level = range AND lag(start) OVER level = start AND lag("end") OVER level = "end" AS fits,
         lag(opens) OVER struct AS struct_before, lag(start) OVER struct = start AND lag("end") OVER struct = "end" AS struct_fits,
         lead(time) OVER struct AS struct_again
    FROM deep WINDOW level AS (PARTITION BY tgid, tid, level ORDER BY time), struct AS (PARTITION BY tgid, tid, range ORDER BY time))
-- ended, by the end of its own range
SELECT time, NOT fits AS broken FROM pairs WHERE opens < 0 AND before = 1
UNION ALL
-- an end that nothing was open for was begun before recording, unless the same one has ended before
SELECT time, 1 FROM pairs WHERE opens < 0 AND ifnull(before, -1) < 0 AND struct_before = -1 AND struct_fits
UNION ALL
-- begun again, and not ended
SELECT time, 1 FROM pairs WHERE opens > 0 AND struct_before = 1
UNION ALL
-- not ended when the address space goes
SELECT e.time, 1 FROM mm_exit_ret e JOIN pairs p ON p.mm = e.mm WHERE p.opens > 0 AND p.time < e.time AND p.struct_again IS NULL
