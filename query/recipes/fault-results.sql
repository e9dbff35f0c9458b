-- what hmm_range_fault() returned, how often, how long it took
SELECT ret_text AS ret, count(*) AS attempts, avg(duration) / 1000 AS mean_us, max(duration) / 1000 AS max_us FROM fault_attempts
GROUP BY ret_text ORDER BY attempts DESC
