-- sub_insert_ret sub_remove_ret read_begin read_begin_ret range_fault range_fault_ret
WITH points AS MATERIALIZED (
  SELECT mm, sub, tgid, tid, time, 'read' AS what, ret AS value FROM read_begin_ret
  UNION ALL SELECT mm, sub, tgid, tid, time, 'fault', notifier_seq FROM range_fault
  UNION ALL SELECT mm, sub, tgid, tid, time, 'busy', NULL FROM range_fault_ret WHERE ret = -16),
-- of the task: when it read the last time, and when it was told to read anew
known AS (
  SELECT *, max(time) FILTER (WHERE what = 'read') OVER before AS read, max(time) FILTER (WHERE what = 'busy') OVER before AS busy
    FROM points WINDOW before AS (PARTITION BY mm, sub, tgid, tid ORDER BY time ROWS UNBOUNDED PRECEDING)),
-- what was read of a notifier that is gone says nothing of the next one at its address
gone AS MATERIALIZED (SELECT mm, sub, time FROM sub_remove_ret),
reads AS MATERIALIZED (SELECT mm, sub, tgid, tid, time, value FROM points WHERE what = 'read')
SELECT k.time, k.busy > k.read OR r.value <> k.value AS broken
  FROM known k JOIN reads r ON r.mm = k.mm AND r.sub = k.sub AND r.tid = k.tid AND r.time = k.read
 WHERE k.what = 'fault'
   AND NOT EXISTS (SELECT 1 FROM gone g WHERE g.mm = k.mm AND g.sub = k.sub AND g.time BETWEEN k.read AND k.time)
   -- what another task has read, and what nobody was seen to read, may have been handed over: wrong is what the task itself read before
   AND (r.value = k.value OR (
     EXISTS (SELECT 1 FROM reads o WHERE o.mm = k.mm AND o.sub = k.sub AND o.value = k.value AND o.tid = k.tid AND o.time < k.time) AND
     NOT EXISTS (SELECT 1 FROM reads o WHERE o.mm = k.mm AND o.sub = k.sub AND o.value = k.value AND o.tid <> k.tid AND o.time < k.time)))
