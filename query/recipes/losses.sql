-- which records are missing, and why
SELECT trace, cause, event, count, repaired, says FROM losses ORDER BY count DESC
