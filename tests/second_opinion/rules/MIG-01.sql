-- mm_exit_ret migrate_setup migrate_setup_ret migrate_pages migrate_finalize migrate_finalize_ret
WITH setups AS MATERIALIZED (SELECT tid, args, time FROM migrate_setup),
-- from a setup that collected pages to the next one of the task for the same struct
spans AS MATERIALIZED (
  SELECT mm, tid, args, time AS since,
         (SELECT min(time) FROM setups n WHERE n.tid = s.tid AND n.args = s.args AND n.time > s.time) AS again
    FROM migrate_setup_ret s WHERE ret = 0 AND cpages > 0 AND src_migrate > 0),
steps AS MATERIALIZED (
  SELECT tid, args, time, 'pages' AS what FROM migrate_pages
  UNION ALL SELECT tid, args, time, 'finalize' FROM migrate_finalize
  UNION ALL SELECT tid, args, time, 'finalized' FROM migrate_finalize_ret),
taken AS MATERIALIZED (
  SELECT s.span, s.since, s.again, s.mm, p.time, p.what, p.tid = s.tid AS own,
         row_number() OVER (PARTITION BY s.span, p.what, p.tid = s.tid ORDER BY p.time) AS number
    FROM (SELECT *, row_number() OVER () AS span FROM spans) s
    JOIN steps p ON p.args = s.args AND p.time > s.since AND (s.again IS NULL OR p.time < s.again)),
finals AS (SELECT span, min(time) AS time FROM taken WHERE what = 'finalize' AND own GROUP BY span),
ended AS (SELECT mm, min(time) AS time FROM mm_exit_ret GROUP BY mm)
-- finished once
SELECT time, 0 AS broken FROM finals
UNION ALL
-- one step too many
SELECT t.time, 1 FROM taken t LEFT JOIN finals f USING (span)
 WHERE t.own AND (t.what = 'finalize' AND t.number > 1 OR t.what = 'pages' AND (t.number > 1 OR t.time > f.time))
UNION ALL
-- never finished, by nobody: seen when it is set up again, or the address space goes
SELECT coalesce(s.again, e.time), 1 FROM (SELECT *, row_number() OVER () AS span FROM spans) s LEFT JOIN ended e ON e.mm = s.mm AND e.time > s.since
 WHERE coalesce(s.again, e.time) IS NOT NULL AND NOT EXISTS (SELECT 1 FROM taken t WHERE t.span = s.span AND t.what IN ('finalize', 'finalized'))
