-- callbacks that refused an invalidation
SELECT function, reason, count(*) AS refused FROM callbacks WHERE refused = 1 GROUP BY function, reason ORDER BY refused DESC
