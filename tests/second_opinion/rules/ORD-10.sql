-- inv_start inv_start_ret mm_exit_ret dev_map dev_unmap
WITH ends AS MATERIALIZED (
  SELECT mm, ctx, time, cpu FROM dev_ctx_end
  UNION ALL SELECT e.mm, o.ctx, e.time, e.cpu FROM mm_exit_ret e JOIN (SELECT DISTINCT mm, ctx FROM dev_map) o ON o.mm = e.mm),
-- what an object promises, from when it says so until it says something else or is another one
said AS MATERIALIZED (
  SELECT *, ifnull(lead(time) OVER (PARTITION BY mm, ctx ORDER BY time), 9223372036854775807) AS until
    FROM (SELECT mm, ctx, time, discipline, owner FROM dev_ctx UNION ALL SELECT mm, ctx, time, 'not_stated', '0x0' FROM ends)),
-- with which owner the look-ups for a notifier ask
owners AS MATERIALIZED (SELECT mm, sub, count(DISTINCT owner) AS number, max(owner) AS owner FROM range_fault WHERE owner <> '0x0' GROUP BY mm, sub),
-- for these drivers it is known that they unmap
touches AS MATERIALIZED (
  SELECT mm, ctx, sub, start, "end", time, cpu, 1 AS maps, write,
         driver IN ('ib_umem_odp', 'rxe_odp', 'mlx5', 'kvm', 'drm_gpusvm', 'xe_svm', 'nouveau') AS unmaps
    FROM dev_map WHERE start < "end" AND source <> 'buffer'
  UNION ALL SELECT mm, ctx, NULL, start, "end", time, cpu, 0, NULL, NULL FROM dev_unmap WHERE start < "end"
  UNION ALL SELECT mm, ctx, NULL, 0, 9223372036854775807, time, cpu, 0, NULL, NULL FROM ends),
-- between two points everything is mapped and unmapped together; 256 such pieces are a cell, so that few have to be compared
points AS (SELECT mm, ctx, start AS at FROM touches UNION SELECT mm, ctx, "end" FROM touches),
pieces AS MATERIALIZED (
  SELECT mm, ctx, at AS start, lead(at) OVER object AS "end", (row_number() OVER object - 1) / 256 AS cell
    FROM points WINDOW object AS (PARTITION BY mm, ctx ORDER BY at)),
cells AS MATERIALIZED (SELECT mm, ctx, cell, min(start) AS start, max("end") AS "end" FROM pieces GROUP BY mm, ctx, cell),
cell_touches AS MATERIALIZED (
  SELECT t.*, c.cell FROM cells c JOIN touches t ON t.mm = c.mm AND t.ctx = c.ctx AND t.start < c."end" AND t."end" > c.start),
history AS (
  SELECT p.mm, p.ctx, p.cell, p.start, p."end", t.sub, t.maps, t.write, t.unmaps, t.time AS since,
         lead(t.time) OVER piece AS until, lead(t.cpu) OVER piece AS until_cpu
    FROM cell_touches t JOIN pieces p ON p.mm = t.mm AND p.ctx = t.ctx AND p.cell = t.cell AND p.start >= t.start AND p."end" <= t."end"
  WINDOW piece AS (PARTITION BY p.mm, p.ctx, p.start ORDER BY t.time)),
-- of a piece: from a map of it to the next map or unmap
lives AS MATERIALIZED (SELECT * FROM history WHERE maps),
starts AS MATERIALIZED (SELECT mm, start, "end", time, until, cpu, reason, owner FROM inv_start_calls WHERE ret = 0),
cell_starts AS MATERIALIZED (
  SELECT s.*, c.ctx, c.cell FROM cells c JOIN starts s ON s.mm = c.mm AND s.start < c."end" AND s."end" > c.start)
SELECT s.until AS time, max(l.until IS NULL OR l.until > s.until) AS broken
  FROM cell_starts s JOIN lives l ON l.mm = s.mm AND l.ctx = s.ctx AND l.cell = s.cell
  LEFT JOIN said p ON p.mm = s.mm AND p.ctx = s.ctx AND p.time <= s.time AND p.until > s.time LEFT JOIN owners w ON w.mm = l.mm AND w.sub = l.sub
 WHERE l.start < s."end" AND l."end" > s.start AND l.since < s.time AND (l.until IS NULL OR l.until > s.time)
   AND iif(ifnull(p.discipline, 'not_stated') = 'not_stated', l.unmaps, p.discipline = 'unmap')
   -- of two CPUs' records the order is not known within 2 us
   AND NOT ifnull(l.until > s.until AND l.until <= s.until + 2000 AND l.until_cpu <> s.cpu, 0)
   -- a change of protection leaves what is read-only
   AND (l.write OR s.reason NOT IN ('protection_vma', 'protection_page', 'soft_dirty'))
   -- migrations and exclusive accesses of the object's own owner, or of who knows whose
   AND NOT (s.reason IN ('migrate', 'exclusive') AND s.owner <> '0x0'
            AND coalesce(nullif(p.owner, '0x0'), iif(w.number = 1, w.owner, NULL), s.owner) = s.owner)
 GROUP BY s.time, s.until, s.ctx
