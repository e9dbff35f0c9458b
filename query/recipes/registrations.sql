-- registrations by driver: how many, how large, how long they live
SELECT driver, count(*) AS made, sum(until IS NULL) AS alive, sum("end" - start) / 1048576 AS mbytes, avg(duration) / 1000000 AS mean_ms
FROM registrations GROUP BY driver ORDER BY made DESC
