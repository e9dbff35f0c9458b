-- invalidations by reason
SELECT reason, count(*) AS invalidations, sum("end" - start) / 1024 AS kbytes FROM inv_start GROUP BY reason ORDER BY invalidations DESC
