-- inv_start mm_release reg dereg vma_map vma_unmap vma_remap vma_discard
WITH RECURSIVE ends AS MATERIALIZED (SELECT mm, time FROM mm_release UNION ALL SELECT mm, time FROM mm_exit),
promises AS MATERIALIZED (SELECT mm, ctx, time, discipline FROM dev_ctx),
buffers AS MATERIALIZED (SELECT DISTINCT mm, ctx FROM dev_map WHERE source = 'buffer'),
-- whose pages are pinned: no notifier watches them, and they are the process's own
pinned AS MATERIALIZED (
  SELECT row_number() OVER () AS number, r.mm, r.ctx, r.start, r."end", r.time,
         min(ifnull(r.until, 9223372036854775807), ifnull((SELECT min(e.time) FROM ends e WHERE e.mm = r.mm AND e.time > r.time), 9223372036854775807)) AS until
    FROM registrations r
   WHERE r.sub = '0x0' AND r.start < r."end" AND NOT EXISTS (SELECT 1 FROM buffers b WHERE b.mm = r.mm AND b.ctx = r.ctx)
     AND ifnull((SELECT discipline FROM promises p WHERE p.mm = r.mm AND p.ctx = r.ctx AND p.time < r.time ORDER BY p.time DESC LIMIT 1), 'pin')
         IN ('pin', 'not_stated')),
-- after these the addresses lead elsewhere. MADV_FREE (8) leaves what is pinned: try_to_unmap_one() finds one reference too many
takes AS MATERIALIZED (
  SELECT mm, tid, start, "end", time, 'unmap' AS what FROM inv_start WHERE reason = 'unmap'
  UNION ALL SELECT mm, tid, start, "end", time, 'unmap' FROM vma_unmap WHERE start < "end"
  UNION ALL SELECT mm, tid, start, "end", time, 'unmap' FROM vma_remap
  UNION ALL SELECT mm, tid, start, "end", time, iif(flags & 136, 'share', 'replace') FROM vma_map
  UNION ALL SELECT mm, tid, start, "end", time, iif(advice = 9, 'punch', 'discard') FROM vma_discard WHERE advice <> 8),
-- an mm of which nothing is heard has no probe that would tell
heard AS MATERIALIZED (
  SELECT mm, min(time) AS time FROM (SELECT mm, time FROM takes UNION ALL SELECT mm, time FROM inv_start UNION ALL SELECT mm, time FROM mm_release) GROUP BY mm),
hits AS MATERIALIZED (
  SELECT p.number, p.time AS since, t.mm, t.tid, max(t.start, p.start) AS start, min(t."end", p."end") AS "end", t.time, t.what
    FROM pinned p JOIN takes t ON t.mm = p.mm WHERE t.start < p."end" AND t."end" > p.start AND t.time > p.time AND t.time < p.until),
-- what a mapping is said to be, until it is said anew or goes; moves take it along, there and back
changes AS MATERIALIZED (SELECT mm, start, "end", time FROM vma_unmap WHERE start < "end" UNION ALL SELECT mm, start, "end", time FROM vma_map),
moves AS MATERIALIZED (SELECT mm, start, "end", to_start, time FROM vma_remap),
carried AS (
  SELECT mm, start, "end", time, 0 AS before, flags & 136 <> 0 AS shared FROM vma_map
  UNION ALL
  SELECT m.mm, m.to_start + max(k.start, m.start) - m.start, m.to_start + min(k."end", m."end") - m.start, m.time, k.time, k.shared
    FROM carried k JOIN moves m ON m.mm = k.mm AND k.start < m."end" AND k."end" > m.start AND k.time < m.time
   WHERE NOT EXISTS (SELECT 1 FROM changes c WHERE c.mm = k.mm AND c.time > k.time AND c.time < m.time
                       AND c.start <= max(k.start, m.start) AND c."end" >= min(k."end", m."end"))),
kinds AS MATERIALIZED (SELECT * FROM carried UNION ALL SELECT mm, start, "end", time, 0, 0 FROM vma_unmap WHERE start < "end"),
-- of a registration what lies between two points is taken together
points AS (
  SELECT number, start AS at FROM hits UNION SELECT number, "end" FROM hits
  UNION SELECT p.number, max(k.start, p.start) FROM pinned p JOIN kinds k ON k.mm = p.mm AND k.start < p."end" AND k."end" > p.start AND k.time < p.time
  UNION SELECT p.number, min(k."end", p."end") FROM pinned p JOIN kinds k ON k.mm = p.mm AND k.start < p."end" AND k."end" > p.start AND k.time < p.time),
pieces AS MATERIALIZED (SELECT number, at AS start, lead(at) OVER (PARTITION BY number ORDER BY at) AS "end" FROM points),
taken AS MATERIALIZED (
  SELECT h.*, p.start AS piece,
         ifnull((SELECT k.shared FROM kinds k WHERE k.mm = h.mm AND k.start <= p.start AND k."end" >= p."end" AND k.time < h.since
                  ORDER BY k.time DESC, k.before DESC LIMIT 1), 0) AS shared
    FROM hits h JOIN pieces p ON p.number = h.number AND p.start >= h.start AND p."end" <= h."end"),
-- shared memory is still the file's, unless the file loses it or other memory takes its place; private memory goes by an unmap, and mprotect() says
-- the mapping anew that stays (mprotect_fixup(), perf_event_mmap()); what is gone cannot go again
gone AS MATERIALIZED (
  SELECT number, piece, tid, min(time) AS time FROM taken WHERE iif(shared, what IN ('punch', 'replace'), what NOT IN ('replace', 'share')) GROUP BY number, piece),
-- a cache's regions, and the registrations behind them
regions AS MATERIALIZED (
  SELECT p.number, i.mm, i.cache, i.region, i.time FROM ucache_insert i JOIN pinned p ON p.mm = i.mm AND p.time < i.time AND p.until > i.time
   WHERE i.ctx = p.ctx OR i.ctx = '0x0' AND i.start < p."end" AND i."end" > p.start),
given_up AS MATERIALIZED (
  SELECT r.number, e.tid, min(e.time) AS time FROM regions r
    JOIN (SELECT mm, tid, cache, region, time FROM ucache_evict UNION ALL SELECT mm, tid, cache, NULL, time FROM ucache_end) e
      ON e.mm = r.mm AND e.cache = r.cache AND ifnull(e.region, r.region) = r.region AND e.time > r.time
   GROUP BY r.number, e.tid),
judged AS MATERIALIZED (
  SELECT p.number, p.until, g.time, max(u.time < g.time) AS before, max(u.time > g.time AND u.tid <> g.tid) AS after
    FROM pinned p LEFT JOIN gone g USING (number) LEFT JOIN given_up u USING (number)
   WHERE EXISTS (SELECT 1 FROM heard h WHERE h.mm = p.mm AND h.time <= p.until)
   GROUP BY p.number, g.piece)
-- a cache gave it up before, or another task of it is told by the userfaultfd and gives it up then
SELECT ifnull(min(time) FILTER (WHERE NOT ifnull(before OR after, 0)), until) AS time, max(time IS NOT NULL AND NOT ifnull(before OR after, 0)) AS broken
  FROM judged GROUP BY number HAVING broken OR until < 9223372036854775807 AND NOT ifnull(max(before), 0)
