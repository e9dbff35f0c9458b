-- how long each callback takes
SELECT function, kind, count(*) AS calls, avg(duration) / 1000 AS mean_us, max(duration) / 1000 AS max_us FROM callbacks
GROUP BY function, kind ORDER BY max_us DESC
