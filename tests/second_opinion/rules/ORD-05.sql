-- inv_start inv_start_ret inv_end cb_enter mm_release mm_release_ret
WITH starts AS MATERIALIZED (SELECT mm, tid, range, start, "end", time, until FROM inv_start_calls),
releases AS MATERIALIZED (SELECT mm, tid, time, until FROM mm_release_calls),
-- a task whose first record is a callback was inside something when recording began
seen AS MATERIALIZED (SELECT tid, min(time) AS first FROM events WHERE cpu >= 0 AND event NOT IN ('cb_enter', 'cb_ret') GROUP BY tid)
SELECT c.time, c.start > c.sub_last OR c."end" <= c.sub_start OR NOT (
    EXISTS (SELECT 1 FROM starts s WHERE s.tid = c.tid AND s.range = c.range AND s.mm = c.mm AND s.start = c.start AND s."end" = c."end"
              AND s.time < c.time AND (s.until IS NULL OR s.until > c.time)) OR
    EXISTS (SELECT 1 FROM releases r WHERE r.tid = c.tid AND r.mm = c.mm AND r.time < c.time AND (r.until IS NULL OR r.until > c.time))) AS broken
  FROM cb_enter c JOIN seen ON seen.tid = c.tid AND seen.first < c.time
