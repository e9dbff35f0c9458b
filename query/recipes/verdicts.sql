-- how many rules have which verdict
SELECT trace, verdict, count(*) AS rules, sum(broken) AS broken FROM rules GROUP BY trace, verdict ORDER BY trace, rules DESC
