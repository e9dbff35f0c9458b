-- sub_insert sub_insert_ret sub_remove_ret cb_enter cb_ret
WITH points AS MATERIALIZED (
  SELECT mm, sub, time, cpu, 'gone' AS what, NULL AS began FROM sub_remove_ret
  UNION ALL SELECT mm, sub, time, cpu, 'there', NULL FROM sub_insert
  UNION ALL SELECT mm, sub, time, cpu, 'there', NULL FROM sub_seen
  UNION ALL SELECT mm, sub, time, cpu, 'call', time FROM cb_enter_calls
  UNION ALL SELECT mm, sub, until, cpu, 'call', time FROM cb_enter_calls WHERE until IS NOT NULL),
known AS (
  SELECT *, max(time) FILTER (WHERE what = 'there') OVER before AS there, max(time) FILTER (WHERE what = 'gone') OVER before AS gone
    FROM points WINDOW before AS (PARTITION BY mm, sub ORDER BY time ROWS UNBOUNDED PRECEDING)),
-- of a CPU's own records the order is true, of two CPUs' it is not within 2 us
ends AS (SELECT mm, sub, time, cpu FROM points WHERE what = 'gone')
SELECT time, 0 AS broken FROM ends
UNION ALL
SELECT k.time, 1 FROM known k JOIN ends e ON e.mm = k.mm AND e.sub = k.sub AND e.time = k.gone
 WHERE k.what = 'call' AND k.gone > ifnull(k.there, 0) AND (k.began = k.time OR k.began < k.gone) AND (k.cpu = e.cpu OR k.time > k.gone + 2000)
