-- sub_insert_ret sub_remove_ret read_begin_ret range_fault_ret dev_map
WITH faults AS MATERIALIZED (SELECT mm, sub, tid, time, notifier_seq, start, "end" FROM range_fault_ret WHERE ret = 0),
maps AS MATERIALIZED (SELECT mm, ctx, sub, tid, time, start, "end", seq, sub_seq, source FROM dev_map WHERE sub <> '0x0' AND sub_seq <> 0),
promises AS MATERIALIZED (SELECT mm, ctx, time, discipline <> 'unmap' OR wide = 1 AS other FROM dev_ctx),
-- the last lookup of the task for what it maps
looked AS MATERIALIZED (
  SELECT m.*, (SELECT max(f.time) FROM faults f WHERE f.sub = m.sub AND f.tid = m.tid AND f.mm = m.mm AND f.time < m.time AND f.start <= m.start AND f."end" >= m."end") AS at
    FROM maps m WHERE m.source <> 'exclusive'
      -- who pins, or gates its work later, or checks range by range, has another rule; an address of an object that ended serves another one
      AND NOT ifnull((SELECT p.other FROM promises p WHERE p.ctx = m.ctx AND p.time <= m.time ORDER BY p.time DESC LIMIT 1), 0))
SELECT m.time, CASE WHEN m.seq <> 0 THEN m.seq <> m.sub_seq OR ifnull(f.notifier_seq <> m.seq, 0) ELSE f.notifier_seq <> m.sub_seq END AS broken
  FROM looked m LEFT JOIN faults f ON f.sub = m.sub AND f.tid = m.tid AND f.mm = m.mm AND f.time = m.at
 WHERE m.seq <> 0 OR (m.at IS NOT NULL
   -- what the lookup gave was mapped before: this one is made from what is there
   AND NOT EXISTS (SELECT 1 FROM maps b WHERE b.sub = m.sub AND b.tid = m.tid AND b.mm = m.mm AND b.time > m.at AND b.time < m.time
                     AND b.start < m."end" AND b."end" > m.start))
