-- sub_insert_ret sub_remove_ret range_fault range_fault_ret
WITH points AS MATERIALIZED (
  SELECT mm, sub, time, tid, 'gone' AS what, NULL AS fits FROM sub_remove_ret
  UNION ALL SELECT mm, sub, time, tid, 'there', NULL FROM sub_insert
  UNION ALL SELECT mm, sub, time, tid, 'there', NULL FROM sub_insert_ret WHERE ret = 0
  UNION ALL SELECT mm, sub, time, tid, 'fault', start < "end" AND start % 4096 = 0 AND "end" % 4096 = 0 AND start >= sub_start AND "end" - 1 <= sub_last
              FROM range_fault),
known AS (
  SELECT *, max(time) FILTER (WHERE what = 'there') OVER before AS there, max(time) FILTER (WHERE what = 'gone') OVER before AS gone
    FROM points WINDOW before AS (PARTITION BY mm, sub ORDER BY time ROWS UNBOUNDED PRECEDING))
SELECT time, NOT fits OR (gone IS NOT NULL AND gone > ifnull(there, 0) AND time > gone + 2000) AS broken FROM known WHERE what = 'fault'
