-- findings of check, by rule
SELECT trace, rule, name, level, verdict, count(*) AS findings, min(time) AS first FROM findings GROUP BY trace, rule ORDER BY findings DESC
