-- invalidations by reason, and how much they cover; one up to the end of the address space has no size
SELECT reason, count(*) AS invalidations, sum("end" - start) FILTER (WHERE "end" < 9223372036854775807) / 1024 AS kbytes
FROM inv_start GROUP BY reason ORDER BY invalidations DESC
