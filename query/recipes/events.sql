-- how many records of each event there are
SELECT event, count(*) AS records FROM events GROUP BY event ORDER BY records DESC
