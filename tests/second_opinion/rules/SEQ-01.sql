-- cb_ret range_fault
WITH subs AS MATERIALIZED (SELECT mm, sub, fn FROM cb_ret UNION SELECT mm, sub, invalidate FROM sub_insert_ret WHERE ret = 0),
faults AS MATERIALIZED (SELECT mm, sub, owner, time FROM range_fault),
-- drivers that look pages up
readers AS MATERIALIZED (SELECT s.mm, s.fn, min(f.time) AS since FROM faults f JOIN subs s ON s.mm = f.mm AND s.sub = f.sub GROUP BY s.mm, s.fn),
-- with which owner they ask
owners AS MATERIALIZED (SELECT mm, sub, count(DISTINCT owner) AS number, max(owner) AS owner FROM faults WHERE owner <> '0x0' GROUP BY mm, sub)
SELECT c.time, c.sub_seq <> c.cur_seq AS broken
  FROM cb_ret c LEFT JOIN readers r ON r.mm = c.mm AND r.fn = c.fn LEFT JOIN owners o ON o.mm = c.mm AND o.sub = c.sub
 WHERE c.ret = 1 AND c.reason <> 'release'
   -- migrations and exclusive accesses of the driver's own owner, or of who knows whose
   AND NOT (c.reason IN ('migrate', 'exclusive') AND c.owner <> '0x0' AND (o.number IS NULL OR o.number > 1 OR o.owner = c.owner))
   -- gntdev_mmu.c, radeon_mn.c and hfi1's tid_rb have no read side; amdgpu's of kfd may wait for a CRIU restore; hfi1's cover looks at munmap only
   AND c.fn_name NOT LIKE 'gntdev_invalidate%' AND c.fn_name NOT LIKE 'radeon_mn_invalidate%' AND c.fn_name NOT LIKE 'tid_rb_invalidate%'
   AND c.fn_name NOT LIKE 'amdgpu_hmm_invalidate_hsa%' AND (c.fn_name NOT LIKE 'tid_cover_invalidate%' OR c.reason = 'unmap')
   AND (r.since < c.time OR c.fn_name LIKE 'tid_cover_invalidate%' OR c.fn_name LIKE 'i915_gem_userptr_invalidate%')
