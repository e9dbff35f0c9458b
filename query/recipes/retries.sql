-- lookups by hmm_range_fault() by process: how many collided with an invalidation, how often one was tried at most
SELECT trace, tgid, process, count(*) AS faults, sum(attempts) AS attempts, sum(collided > 0) AS retried, max(attempts) AS most_attempts,
  max(duration) / 1000 AS max_us FROM faults
GROUP BY trace, tgid ORDER BY retried DESC, faults DESC
