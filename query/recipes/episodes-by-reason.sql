-- how long invalidations take, by reason
SELECT reason, count(*) AS episodes, avg(duration) / 1000 AS mean_us, max(duration) / 1000 AS max_us FROM episodes
WHERE duration IS NOT NULL GROUP BY reason ORDER BY max_us DESC
